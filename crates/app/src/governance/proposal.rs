use codec::{Decode, DecodeError, Encode, Reader, record};
use ledger::Account;
use types::Height;

use super::Parameter;

/// A parameter and the value that it shall have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The parameter.
    pub parameter: Parameter,
    /// Its new value.
    pub value: u64,
}
record!(Setting { parameter: Parameter, value: u64 });

/// What somebody says to a proposal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Choice {
    /// For it.
    Approve = 0,
    /// Against it.
    Reject = 1,
    /// Neither; counts for the quorum only.
    Abstain = 2,
}

impl Choice {
    /// All choices, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Approve, Self::Reject, Self::Abstain];
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Abstain => "abstain",
        }
    }
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// It can be voted on until its deadline, and waits to be applied behind it.
    Open = 0,
    /// Approved, and in force.
    Enacted = 1,
    /// Too little of the stake for or against was for it.
    Rejected = 2,
    /// Too little stake took part.
    NoQuorum = 3,
}

impl Status {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Open, Self::Enacted, Self::Rejected, Self::NoQuorum];
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Enacted => "ENACTED",
            Self::Rejected => "REJECTED",
            Self::NoQuorum => "NO_QUORUM",
        }
    }
}

/// Stake by what it said, in stake units.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// For the proposal.
    pub approve: u64,
    /// Against it.
    pub reject: u64,
    /// Neither.
    pub abstain: u64,
    /// All stake that might have voted.
    pub total: u64,
}
record!(Tally { approve: u64, reject: u64, abstain: u64, total: u64 });

impl Tally {
    /// The outcome under thresholds in basis points, in whole numbers.
    #[must_use]
    pub fn status(&self, quorum_bp: u64, approval_bp: u64) -> Status {
        let [approve, reject, abstain, total] =
            [self.approve, self.reject, self.abstain, self.total].map(u128::from);
        let reaches = |part: u128, of: u128, bp: u64| part * 10_000 >= of * u128::from(bp);
        if total == 0 || !reaches(approve + reject + abstain, total, quorum_bp) {
            Status::NoQuorum
        } else if approve > 0 && reaches(approve, approve + reject, approval_bp) {
            Status::Enacted
        } else {
            Status::Rejected
        }
    }
}

/// A proposal as all validators hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Who proposed it.
    pub proposer: Account,
    /// What it is about, for people.
    pub title: String,
    /// Why, for people.
    pub text: String,
    /// What it changes.
    pub settings: Vec<Setting>,
    /// The block in which it was made.
    pub opened: Height,
    /// The last block in which it can be voted on.
    pub deadline: Height,
    /// The quorum that it needs, as it was agreed when it was made, in basis points.
    pub quorum_bp: u64,
    /// The approval that it needs, likewise.
    pub approval_bp: u64,
    /// What became of it.
    pub status: Status,
    /// How the stake voted; all zero but the total while it is open.
    pub tally: Tally,
}
record!(Proposal {
    proposer: Account, title: String, text: String, settings: Vec<Setting>, opened: Height, deadline: Height,
    quorum_bp: u64, approval_bp: u64, status: Status, tally: Tally,
});

/// A hub's place in a vote, as it stood when the proposal was made: what moves later changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// The hub.
    pub account: Account,
    /// Its bonded stake, in stake units.
    pub stake: u64,
    /// Whom it follows where it does not vote.
    pub follows: Option<Account>,
}
record!(Seat { account: Account, stake: u64, follows: Option<Account> });

macro_rules! byte_enum {
    ($($name:ident, $what:literal);+) => {$(
        impl Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                out.push(*self as u8);
            }
        }
        impl Decode for $name {
            const BYTES_MIN: usize = 1;
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let number = reader.byte()?;
                let known = Self::ALL.into_iter().find(|value| *value as u8 == number);
                known.ok_or(DecodeError::NotCanonical { what: $what })
            }
        }
    )+};
}
byte_enum!(Choice, "a choice is 0 to 2"; Status, "a proposal's status is 0 to 3");

//! What joint accounts and their proposals are.

use std::collections::BTreeSet;

use codec::{Bytes, Decode, DecodeError, Encode, Reader, record, tagged};
use ledger::{Account, Operation, Outcome};
use types::{Digest, Height};

/// Most members of a joint account.
pub const MEMBERS_MAX: usize = 32;

/// Who may act for a joint account: k of n.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// k: so many members have to approve.
    pub threshold: u16,
    /// The n members, by ascending account, each once.
    pub members: Vec<Account>,
}
record!(Rule { threshold: u16, members: Vec<Account> });

impl Rule {
    /// A rule of k and the members, in whatever order they come.
    #[must_use]
    pub fn new(threshold: u16, members: impl IntoIterator<Item = Account>) -> Self {
        let members: BTreeSet<Account> = members.into_iter().collect();
        Self { threshold, members: members.into_iter().collect() }
    }
    /// Whether there are 2 to [`MEMBERS_MAX`] members in order, each once, and 1 to n of them are enough.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        (2..=MEMBERS_MAX).contains(&self.members.len())
            && self.members.is_sorted_by(|a, b| a < b)
            && (1..=self.members.len()).contains(&usize::from(self.threshold))
    }
    /// The address of the joint account that this rule opens. No key's account has it: that would take a key whose
    /// public half is this digest.
    #[must_use]
    pub fn address(&self) -> Account {
        Account(*crypto::hash("unisono-joint-account", &self.to_bytes()).as_bytes())
    }
    /// Whether an account is a member.
    #[must_use]
    pub fn has(&self, account: &Account) -> bool {
        self.members.binary_search(account).is_ok()
    }
    /// Whether these approvals are enough.
    #[must_use]
    pub fn is_met(&self, approvals: &BTreeSet<Account>) -> bool {
        let members = approvals.iter().filter(|account| self.has(account));
        members.count() >= usize::from(self.threshold)
    }
}

/// A joint account as all validators hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Joint {
    /// Who may act for it now.
    pub rule: Rule,
    /// The block in which it was opened.
    pub opened: Height,
    /// The number of its next proposal.
    pub next: u64,
    /// The numbers of its open proposals, ascending.
    pub open: Vec<u64>,
}
record!(Joint { rule: Rule, opened: Height, next: u64, open: Vec<u64> });

/// An operation of another application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What is asked of which application.
    pub operation: Operation,
    /// Its argument.
    pub payload: Bytes,
}
record!(Call { operation: Operation, payload: Bytes });

/// What a joint account does once enough members have approved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// An operation, with the joint account as its sender.
    Call(Call),
    /// Other members, or another number of them. All other open proposals are void by it.
    Rule(Rule),
}
tagged!(Action { 1 => Call, 2 => Rule });

impl Action {
    /// What is approved, in 32 bytes: it stays when the action itself is forgotten.
    #[must_use]
    pub fn digest(&self) -> Digest {
        crypto::hash("unisono-joint-action", &self.to_bytes())
    }
}

/// What became of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It can be approved until it expires.
    Open,
    /// Enough members have approved, and this came of it.
    Done(Outcome),
    /// All approvals were taken back.
    Withdrawn,
    /// It was cleared away behind its last block.
    Expired,
    /// The members changed.
    Void,
}

impl Status {
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Done(outcome) => outcome.label(),
            Self::Withdrawn => "WITHDRAWN",
            Self::Expired => "EXPIRED",
            Self::Void => "VOID",
        }
    }
}

impl Encode for Status {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Open => out.push(0),
            Self::Done(outcome) => {
                out.push(1);
                outcome.encode(out);
            }
            Self::Withdrawn => out.push(2),
            Self::Expired => out.push(3),
            Self::Void => out.push(4),
        }
    }
}
impl Decode for Status {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.byte()? {
            0 => Self::Open,
            1 => Self::Done(Outcome::decode(reader)?),
            2 => Self::Withdrawn,
            3 => Self::Expired,
            4 => Self::Void,
            tag => return Err(DecodeError::UnknownTag { of: "Status", tag }),
        })
    }
}

/// A proposal as all validators hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Who proposed it.
    pub proposer: Account,
    /// The digest of what it does.
    pub digest: Digest,
    /// What it does, as long as it is open.
    pub action: Option<Action>,
    /// Who has approved it.
    pub approvals: BTreeSet<Account>,
    /// The last block in which it can be approved.
    pub expires: Height,
    /// What became of it.
    pub status: Status,
}
record!(Proposal {
    proposer: Account, digest: Digest, action: Option<Action>, approvals: BTreeSet<Account>, expires: Height,
    status: Status,
});

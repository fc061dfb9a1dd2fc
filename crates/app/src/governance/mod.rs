//! Application 7: governance. The hubs change the agreed parameters by proposals, weighed by bonded stake.
//!
//! A proposal freezes who may vote with how much stake, and who follows whom, at the moment it is made; its deadline is
//! a height. Behind the deadline anybody may have it applied, once: what is approved is in force for everybody from
//! there on.

mod count;
mod parameters;
mod proposal;
mod rules;

use std::collections::BTreeMap;

use codec::{Decode, record};
use ledger::{Account, AppId, Outcome, Refusal, StateTree, TxView};
use types::Height;

use crate::argument::{Argument, argument, entries, is_name, kept};
use crate::{App, BlockContext, Event, conclude};

pub use ledger::kinds::GOVERNANCE;
pub(crate) use parameters::parameter;
pub use parameters::{FEE_MAX, FeeRule, Parameter, key as parameter_key, set, value};
pub use proposal::{Choice, Proposal, Seat, Setting, Status, Tally};

/// Longest title, in bytes.
pub const TITLE_BYTES_MAX: usize = 128;
/// Longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 4 * 1024;
/// Most parameters that one proposal changes.
pub const SETTINGS_MAX: usize = 16;
/// Most blocks between a proposal and its deadline.
pub const VOTING_BLOCKS_MAX: u64 = 100_000;
/// Most proposals open at once.
pub const OPEN_MAX: usize = 64;
/// Most of them by one proposer.
pub const OPEN_PER_PROPOSER_MAX: usize = 3;
/// Longest chain of delegations.
pub const DELEGATION_DEPTH_MAX: usize = 32;
/// So many of the latest proposals are kept; receipts prove the older ones.
pub const PROPOSALS_KEPT_MAX: u64 = 1_024;

/// What can be asked of governance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum Verb {
    /// Propose a change; the argument is a [`Propose`].
    Propose = 1,
    /// Vote, or vote anew; the argument is a [`Vote`].
    Vote = 2,
    /// Follow somebody in the votes on proposals yet to be made; the argument is a [`Delegate`].
    Delegate = 3,
    /// Count the votes behind the deadline, and put what is approved in force; the argument is an [`Apply`].
    Apply = 4,
}

impl Verb {
    /// All verbs, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Propose, Self::Vote, Self::Delegate, Self::Apply];
    /// The verb with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| *verb as u16 == number)
    }
}

/// A change to be voted on. Its number is the count of proposals before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Propose {
    /// What it is about, 1 to [`TITLE_BYTES_MAX`] bytes.
    pub title: String,
    /// Why, at most [`TEXT_BYTES_MAX`] bytes.
    pub text: String,
    /// The last block in which it can be voted on.
    pub deadline: Height,
    /// What it changes, 1 to [`SETTINGS_MAX`].
    pub settings: Vec<Setting>,
}
record!(Propose { title: String, text: String, deadline: Height, settings: Vec<Setting> });

/// What the sender says to a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vote {
    /// The proposal's number.
    pub proposal: u64,
    /// What it says.
    pub choice: Choice,
}
record!(Vote { proposal: u64, choice: Choice });

/// Whom the sender follows from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delegate {
    /// Somebody else; nobody where the sender wants to vote for itself again.
    pub to: Option<Account>,
}
record!(Delegate { to: Option<Account> });

/// Which proposal to apply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Apply {
    /// Its number.
    pub proposal: u64,
}
record!(Apply { proposal: u64 });

impl Argument for Propose {
    fn fits(&self) -> bool {
        is_name(&self.title, TITLE_BYTES_MAX)
            && self.text.len() <= TEXT_BYTES_MAX
            && (1..=SETTINGS_MAX).contains(&self.settings.len())
    }
}
impl Argument for Vote {
    fn fits(&self) -> bool {
        true
    }
}
impl Argument for Delegate {
    fn fits(&self) -> bool {
        true
    }
}
impl Argument for Apply {
    fn fits(&self) -> bool {
        true
    }
}

/// An operation with its argument.
enum Request {
    Propose(Propose),
    Vote(Vote),
    Delegate(Delegate),
    Apply(Apply),
}

fn read(tx: &TxView<'_>) -> Result<Request, Refusal> {
    Ok(match Verb::from_number(tx.operation.verb).ok_or(Refusal::UnknownOperation)? {
        Verb::Propose => Request::Propose(argument(tx)?),
        Verb::Vote => Request::Vote(argument(tx)?),
        Verb::Delegate => Request::Delegate(argument(tx)?),
        Verb::Apply => Request::Apply(argument(tx)?),
    })
}

/// The application.
#[derive(Debug)]
pub(crate) struct Governance;

impl App for Governance {
    fn id(&self) -> AppId {
        GOVERNANCE
    }
    fn name(&self) -> &'static str {
        "governance"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        read(tx).map(drop)
    }
    fn apply(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let done = read(tx).and_then(|request| rules::step(tx.sender, request, block, state));
        conclude(GOVERNANCE, index, done.map(|told| [told]), events)
    }
}

/// A proposal by its number.
#[must_use]
pub fn proposal(state: &StateTree, number: u64) -> Option<Proposal> {
    kept(state, &proposal_key(number))
}

/// The proposals from number `start` on.
pub fn proposals(state: &StateTree, start: u64) -> impl Iterator<Item = (u64, Proposal)> + '_ {
    entries(state, PROPOSAL, &start.to_be_bytes()).filter_map(|(number, proposal)| {
        let number = u64::from_be_bytes(number.try_into().ok()?);
        Some((number, Proposal::from_bytes(proposal).ok()?))
    })
}

/// How a proposal stands: counted now where it is open, as it was counted where it is not.
#[must_use]
pub fn tally(state: &StateTree, number: u64) -> Option<Tally> {
    let proposal = proposal(state, number)?;
    match proposal.status {
        Status::Open => {
            let seats: Vec<Seat> = kept(state, &seats_key(number)).unwrap_or_default();
            Some(count::count(&seats, &votes(state, number)))
        }
        Status::Enacted | Status::Rejected | Status::NoQuorum => Some(proposal.tally),
    }
}

/// Who said what to an open proposal.
#[must_use]
pub fn votes(state: &StateTree, number: u64) -> BTreeMap<Account, Choice> {
    let prefix = votes_key(number);
    let votes = entries(state, &prefix, &[]).filter_map(|(account, choice)| {
        Some((Account(account.try_into().ok()?), Choice::from_bytes(choice).ok()?))
    });
    votes.collect()
}

/// Whom an account follows.
#[must_use]
pub fn delegate(state: &StateTree, account: &Account) -> Option<Account> {
    kept(state, &delegate_key(account))
}

const PROPOSAL: &[u8] = b"proposal/";
const NEXT: &[u8] = b"next";
const OPEN: &[u8] = b"open";

/// The key of a proposal's entry, for a proof of what became of it.
#[must_use]
pub fn proposal_key(number: u64) -> Vec<u8> {
    [PROPOSAL, &number.to_be_bytes()].concat()
}
fn seats_key(number: u64) -> Vec<u8> {
    [b"seats/".as_slice(), &number.to_be_bytes()].concat()
}
fn votes_key(number: u64) -> Vec<u8> {
    [b"vote/".as_slice(), &number.to_be_bytes(), b"/"].concat()
}
fn delegate_key(account: &Account) -> Vec<u8> {
    [b"delegate/".as_slice(), &account.0].concat()
}

#[cfg(test)]
pub(crate) mod tests;

//! Application 10: accounts that more than one key may act for.
//!
//! A *joint account* belongs to n members, and acts when k of them have approved the same proposal. What is approved
//! is executed in the transaction of the last approval, with the joint account as its sender. A plain account has one
//! key, and may hand itself over to another one, with an overlap during which both act for it.

mod account;
mod handover;
mod rules;

use codec::{Encode, record};
use crypto::Signature;
use ledger::{Account, AppId, Outcome, Refusal, StateTree, TxView};
use types::Height;

use crate::argument::{Argument, argument, entries, kept};
use crate::{App, BlockContext, Event, Step, conclude};

pub use account::{Action, Call, Joint, MEMBERS_MAX, Proposal, Rule, Status};
pub(crate) use handover::acting;
pub use handover::{Handover, KeyUse, OVERLAP_BLOCKS_MAX, key_use, possession_bytes, use_key};

/// The application's number.
pub const JOINT: AppId = AppId(10);

/// Longest payload of an approved call, in bytes.
pub const CALL_BYTES_MAX: usize = 16 * 1024;
/// Most joint accounts.
pub const ACCOUNTS_MAX: u64 = 16_384;
/// Most open proposals of one joint account.
pub const OPEN_MAX: usize = 16;
/// Most proposals of one joint account that are remembered.
pub const KEPT_MAX: u64 = 64;
/// Most bytes of calls in all open proposals together.
pub const CALLS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// A proposal may be approved for at most this many blocks.
pub const LIFE_BLOCKS_MAX: u64 = 1_000_000;

/// The application's verbs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Verb {
    /// Opens a joint account; its argument is a [`Rule`].
    Open = 1,
    /// Proposes what a joint account shall do; its argument is a [`Propose`].
    Propose = 2,
    /// Approves a proposal; its argument is a [`Which`].
    Approve = 3,
    /// Takes an approval back, or clears away what has expired; its argument is a [`Which`].
    Withdraw = 4,
    /// Hands the sender's own account over to another key; its argument is a [`Handover`].
    HandOver = 5,
}

impl Verb {
    const ALL: [Self; 5] =
        [Self::Open, Self::Propose, Self::Approve, Self::Withdraw, Self::HandOver];

    /// Its number in operations.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }
    fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.number() == number)
    }
}

/// What a member proposes; it is the first approval too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Propose {
    /// The joint account.
    pub account: Account,
    /// What it shall do.
    pub action: Action,
    /// The last block in which it can be approved.
    pub expires: Height,
}
record!(Propose { account: Account, action: Action, expires: Height });

/// Which proposal is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Which {
    /// The joint account.
    pub account: Account,
    /// The number of its proposal.
    pub proposal: u64,
}
record!(Which { account: Account, proposal: u64 });

impl Argument for Rule {
    fn fits(&self) -> bool {
        self.is_sound()
    }
}
impl Argument for Propose {
    fn fits(&self) -> bool {
        match &self.action {
            // Nothing that is approved approves anything else: a proposal sets one operation free, and no chain of them.
            Action::Call(call) => {
                call.operation.app != JOINT && call.payload.0.len() <= CALL_BYTES_MAX
            }
            Action::Rule(rule) => rule.is_sound(),
        }
    }
}
impl Argument for Which {
    fn fits(&self) -> bool {
        true
    }
}
impl Argument for Handover {
    fn fits(&self) -> bool {
        self.proof != Signature::NONE
    }
}

/// An operation with its argument.
enum Request {
    Open(Rule),
    Propose(Propose),
    Approve(Which),
    Withdraw(Which),
    HandOver(Handover),
}

fn read(tx: &TxView<'_>) -> Result<Request, Refusal> {
    Ok(match Verb::from_number(tx.operation.verb).ok_or(Refusal::UnknownOperation)? {
        Verb::Open => Request::Open(argument(tx)?),
        Verb::Propose => Request::Propose(argument(tx)?),
        Verb::Approve => Request::Approve(argument(tx)?),
        Verb::Withdraw => Request::Withdraw(argument(tx)?),
        Verb::HandOver => Request::HandOver(argument(tx)?),
    })
}

/// The application.
#[derive(Debug)]
pub(crate) struct JointAccounts;

impl App for JointAccounts {
    fn id(&self) -> AppId {
        JOINT
    }
    fn name(&self) -> &'static str {
        "joint"
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
        let done = read(tx).and_then(|request| match request {
            Request::Open(rule) => rules::open(&rule, block.height, state),
            Request::Propose(propose) => rules::propose(tx.sender, propose, block.height, state),
            Request::Approve(which) => rules::approve(tx.sender, which, block.height, state),
            Request::Withdraw(which) => rules::withdraw(tx.sender, which, block.height, state),
            Request::HandOver(handover) => handover::hand_over(tx, &handover, block, state),
        });
        conclude(JOINT, index, done.map(|told| [told]), events)
    }
    /// What enough members have approved is executed behind the last approval, by the rules of its own application and
    /// in the joint account's name. It is never one of this application, and no other application acts in this one: so
    /// nothing leads back here.
    fn execute(&self, tx: &TxView<'_>, step: &mut Step<'_>) -> Outcome {
        let index = step.index;
        let outcome =
            step.lend(JOINT, |state, block, events| self.apply(tx, block, index, state, events));
        let due = step.trees.get(&JOINT).and_then(due);
        if let Some((sender, nonce, Call { operation, payload })) = due {
            let signature = Signature::NONE;
            let call = TxView { sender, nonce, operation, payload: &payload.0, signature, ..*tx };
            let became = step.apply(&call);
            step.lend(JOINT, |state, _, events| {
                let told = rules::settle(became, state);
                events.extend(told.map(|(kind, subject)| Event {
                    app: JOINT,
                    kind,
                    subject,
                    index,
                }));
            });
        }
        outcome
    }
}

/// The call that the last approval has made due: in whose name, under which number.
fn due(state: &StateTree) -> Option<(Account, u64, Call)> {
    let due: Which = kept(state, DUE)?;
    match proposal(state, &due.account, due.proposal)?.action? {
        Action::Call(call) => Some((due.account, due.proposal, call)),
        Action::Rule(_) => None,
    }
}

/// A joint account.
#[must_use]
pub fn joint(state: &StateTree, account: &Account) -> Option<Joint> {
    kept(state, &joint_key(account))
}

/// The joint accounts from an address on, by ascending address.
pub fn joints<'a>(
    state: &'a StateTree,
    from: &Account,
) -> impl Iterator<Item = (Account, Joint)> + use<'a> {
    entries(state, ACCOUNT, &from.0).filter_map(|(account, joint)| {
        let account = Account(account.try_into().ok()?);
        Some((account, codec::Decode::from_bytes(joint).ok()?))
    })
}

/// A proposal of a joint account, by its number.
#[must_use]
pub fn proposal(state: &StateTree, account: &Account, number: u64) -> Option<Proposal> {
    kept(state, &proposal_key(account, number))
}

const ACCOUNT: &[u8] = b"account/";
/// How many joint accounts there are.
const COUNT: &[u8] = b"count";
/// How many bytes of calls all open proposals hold.
const BYTES: &[u8] = b"bytes";
/// The proposal whose call is to be executed. Stands there only within a transaction.
const DUE: &[u8] = b"due";

/// The key of a joint account's entry, for a proof of who may act for it.
#[must_use]
pub fn joint_key(account: &Account) -> Vec<u8> {
    [ACCOUNT, &account.0].concat()
}
/// The key of a proposal's entry, for a proof of what became of it.
#[must_use]
pub fn proposal_key(account: &Account, number: u64) -> Vec<u8> {
    [b"proposal/".as_slice(), &account.0, &number.to_be_bytes()].concat()
}

/// The bytes of a call that an open proposal holds.
fn held_bytes(action: &Action) -> u64 {
    match action {
        Action::Call(call) => call.payload.0.len() as u64,
        Action::Rule(rule) => rule.to_bytes().len() as u64,
    }
}

#[cfg(test)]
mod tests;

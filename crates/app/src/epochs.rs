//! Application 3: epochs. The validators agree, by transactions of their own, which protocol orders the blocks and who
//! validates them, from which height on.
//!
//! Each validator keeps one wish here. When a quorum of them wish the same change, it is scheduled, and takes effect
//! at the height that it names. One change at a time: the next can be wished once the last is in effect.
//!
//! Where governance has agreed that the registry decides who validates, anybody may ask that the set follow it, at the
//! next boundary between epochs.

use codec::{Decode, Encode, record};
use ledger::{Account, AppId, Epoch, Outcome, Refusal, StateTree, TxView};
use types::{FaultModel, Height, NodeId};

use crate::argument::no_argument;
use crate::{App, BlockContext, Event, Executor};

mod change;
mod registry;

pub use change::Change;
pub use ledger::EPOCHS;
pub use registry::Drive;

/// The verb for a change; its argument is a [`Wish`].
pub const EPOCH_CHANGE: u16 = 1;
/// The verb that lets the set follow the registry; it has no argument.
pub const FOLLOW_REGISTRY: u16 = 2;
/// A change takes effect at least this many blocks after the block that holds a wish for it.
pub const NOTICE_BLOCKS_MIN: u64 = 8;
/// A change takes effect at most this many blocks after it: a wish that never comes true would bar all others.
pub const NOTICE_BLOCKS_MAX: u64 = 1_000_000;

/// What a validator wishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// The number of the epoch that it knew as the last: a wish for what has become of it since is no wish any more.
    pub after: u64,
    /// The first block of the epoch that the change begins.
    pub first: Height,
    /// What is to be another.
    pub change: Change,
}
record!(Wish { after: u64, first: Height, change: Change });

/// Who may change what; from the genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The first epoch.
    pub genesis: Epoch,
    /// What the chain stands: it decides how many must wish the same, and how many must be left.
    pub faults: FaultModel,
    /// The protocols that can be changed to: those that stand the same faults as the first.
    pub protocols: Vec<Fit>,
}

impl Rules {
    /// The accounts of the first validators.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        let members = self.genesis.members.iter();
        members.map(|member| Account(member.validator.key.to_bytes())).collect()
    }
}

/// A protocol that can order the chain's blocks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fit {
    /// Its name.
    pub name: String,
    /// Whether its votes have weights; elsewhere each member's vote counts as one.
    pub weighs: bool,
}

const EPOCH: &[u8] = Epoch::PREFIX;
const WISH: &[u8] = b"wish/";

/// The number of the last epoch that is scheduled, whether in effect or not; zero while nothing was ever changed.
#[must_use]
pub fn count(executor: &Executor) -> u64 {
    executor.state(EPOCHS).map_or(0, last_number)
}

/// An epoch by its number; `None` for the genesis's, and for what is not scheduled.
#[must_use]
pub fn epoch(executor: &Executor, number: u64) -> Option<Epoch> {
    read(executor.state(EPOCHS)?, &Epoch::key_of(number))
}

/// The epoch of a height, where it is not the genesis's: right for all heights up to [`NOTICE_BLOCKS_MIN`] above the
/// state's own.
#[must_use]
pub fn epoch_at(executor: &Executor, height: Height) -> Option<Epoch> {
    begun(executor.state(EPOCHS)?, height)
}

/// The epoch in office at a height, from the state of this application.
pub(crate) fn in_office(state: Option<&StateTree>, rules: &Rules, height: Height) -> Epoch {
    state.and_then(|state| begun(state, height)).unwrap_or_else(|| rules.genesis.clone())
}

/// The last epoch that has begun at a height, where it is not the genesis's.
fn begun(state: &StateTree, height: Height) -> Option<Epoch> {
    let numbers = (1..=last_number(state)).rev();
    let mut epochs = numbers.filter_map(|number| read::<Epoch>(state, &Epoch::key_of(number)));
    epochs.find(|epoch| epoch.first <= height)
}

fn last_number(state: &StateTree) -> u64 {
    let epochs = state.range(EPOCH).take_while(|(key, _)| key.starts_with(EPOCH));
    epochs.count() as u64
}

fn read<T: Decode>(state: &StateTree, key: &[u8]) -> Option<T> {
    T::from_bytes(state.get(key)?).ok()
}

fn wish_key(id: NodeId) -> Vec<u8> {
    [WISH, &id.get().to_be_bytes()].concat()
}

/// The application.
#[derive(Debug)]
pub(crate) struct Epochs(pub(crate) Rules);

impl Epochs {
    /// The last epoch that is scheduled.
    fn last(&self, state: &StateTree) -> Epoch {
        let number = last_number(state);
        read(state, &Epoch::key_of(number)).unwrap_or_else(|| self.0.genesis.clone())
    }

    /// Who wishes, and the epoch that would begin.
    fn judge(
        &self,
        tx: &TxView<'_>,
        height: Height,
        last: &Epoch,
    ) -> Result<(NodeId, Wish, Epoch), Refusal> {
        let wish = wish_of(tx)?;
        let is_sender = |member: &&ledger::Member| member.validator.key.to_bytes() == tx.sender.0;
        let sender = last.members.iter().find(is_sender).ok_or(Refusal::NotValidator)?.id;
        if last.first > height {
            return Err(Refusal::ChangeScheduled);
        }
        if wish.after != last.number {
            return Err(Refusal::StaleWish);
        }
        let notice = wish.first.above(height);
        if !(NOTICE_BLOCKS_MIN..=NOTICE_BLOCKS_MAX).contains(&notice) {
            return Err(Refusal::BadNotice);
        }
        let next = wish.change.apply_to(last, wish.first, &self.0)?;
        Ok((sender, wish, next))
    }

    /// Schedules what a quorum wishes; all wishes are spent by it.
    fn schedule(&self, wish: &Wish, last: &Epoch, next: &Epoch, state: &mut StateTree) -> bool {
        let wishes = |id: NodeId| read::<Wish>(state, &wish_key(id)).as_ref() == Some(wish);
        let weights = last.members.iter().filter(|member| wishes(member.id));
        let weight = weights.fold(0_u64, |sum, member| sum.saturating_add(member.weight));
        let quorum = last.quorum(self.0.faults);
        if !quorum.is_met(usize::try_from(weight).unwrap_or(usize::MAX)) {
            return false;
        }
        begin(last, next, state);
        true
    }

    /// Lets the next set follow the registry.
    fn follow(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
    ) -> Result<Event, Refusal> {
        no_argument(tx)?;
        let last = self.last(state);
        let next = registry::follow(&last, block.height, &self.0, block.others)?;
        begin(&last, &next, state);
        let names: Vec<&str> =
            next.members.iter().map(|member| member.validator.name.as_str()).collect();
        let subject = format!("{} from block {}", names.join(","), next.first);
        Ok(Event { app: EPOCHS, kind: "epoch.scheduled", subject, index })
    }
}

/// Schedules an epoch: it alone is left in the state beside those before it, so that a lineage can name it.
fn begin(last: &Epoch, next: &Epoch, state: &mut StateTree) {
    for member in &last.members {
        state.remove(&wish_key(member.id));
    }
    state.set(next.key(), next.to_bytes());
}

impl App for Epochs {
    fn id(&self) -> AppId {
        EPOCHS
    }
    fn name(&self) -> &'static str {
        "epochs"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        match tx.operation.verb {
            FOLLOW_REGISTRY => no_argument(tx),
            _ => wish_of(tx).map(drop),
        }
    }
    fn apply(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
        events: &mut Vec<Event>,
    ) -> Outcome {
        if tx.operation.verb == FOLLOW_REGISTRY {
            return match self.follow(tx, block, index, state) {
                Ok(event) => {
                    events.push(event);
                    Outcome::Applied
                }
                Err(refusal) => Outcome::Refused(refusal),
            };
        }
        let last = self.last(state);
        let (sender, wish, next) = match self.judge(tx, block.height, &last) {
            Ok(judged) => judged,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        state.set(wish_key(sender), wish.to_bytes());
        let scheduled = self.schedule(&wish, &last, &next, state);
        let kind = if scheduled { "epoch.scheduled" } else { "epoch.wished" };
        let subject = format!("{} from block {}", wish.change, wish.first);
        events.push(Event { app: EPOCHS, kind, subject, index });
        Outcome::Applied
    }
}

fn wish_of(tx: &TxView<'_>) -> Result<Wish, Refusal> {
    if tx.operation.verb != EPOCH_CHANGE {
        return Err(Refusal::UnknownOperation);
    }
    let wish = Wish::from_bytes(tx.payload).ok();
    wish.filter(|wish| wish.change.is_short()).ok_or(Refusal::MalformedPayload)
}

#[cfg(test)]
mod tests;

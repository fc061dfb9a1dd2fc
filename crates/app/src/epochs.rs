//! Application 3: epochs. The validators agree, by transactions of their own, which protocol orders the blocks from
//! which height on.
//!
//! Each validator keeps one wish here. When a quorum of them wish the same change, it is scheduled, and takes effect
//! at the height that it names. One change at a time: the next can be wished once the last is in effect.

use codec::{Decode, Encode, record};
use ledger::{Account, AppId, Outcome, Refusal, StateTree, TxView};
use types::Height;

use crate::{App, BlockContext, Event, Executor};

/// The epochs' number.
pub const EPOCHS: AppId = AppId(3);
/// The verb for a change of protocol; its argument is a [`Change`].
pub const EPOCH_CHANGE: u16 = 1;
/// A change takes effect at least this many blocks after the block that holds a wish for it.
pub const NOTICE_BLOCKS_MIN: u64 = 8;
/// A change takes effect at most this many blocks after it: a wish that never comes true would bar all others.
pub const NOTICE_BLOCKS_MAX: u64 = 1_000_000;
/// Longest name of a protocol, in bytes.
pub const PROTOCOL_BYTES_MAX: usize = 32;

/// A span of heights with one protocol. The first epoch is the genesis's, has number 0 and is kept nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Epoch {
    /// Its number.
    pub number: u64,
    /// Its first block.
    pub first: Height,
    /// The name of the protocol that orders its blocks.
    pub protocol: String,
}
record!(Epoch { number: u64, first: Height, protocol: String });

/// What a validator wishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The first block of the epoch that it begins.
    pub first: Height,
    /// The protocol of that epoch.
    pub protocol: String,
}
record!(Change { first: Height, protocol: String });

/// Who may change what; from the genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// The accounts of the validators.
    pub validators: Vec<Account>,
    /// How many of them must wish a change.
    pub quorum: usize,
    /// The protocols that can be changed to: those that stand the same faults as the first.
    pub protocols: Vec<String>,
}

/// The last scheduled epoch, and the one before it.
const LATEST: &[u8] = b"latest";
const BEFORE: &[u8] = b"before";
const WISH: &[u8] = b"wish/";

/// The epoch of a height, as far as the present state tells: right for all heights up to [`NOTICE_BLOCKS_MIN`] above
/// the state's own, down to the first of the epoch before the last. `None` for the genesis's.
#[must_use]
pub fn epoch_at(executor: &Executor, height: Height) -> Option<Epoch> {
    let state = executor.state(EPOCHS)?;
    let kept = |key| read::<Epoch>(state, key).filter(|epoch| epoch.first <= height);
    kept(LATEST).or_else(|| kept(BEFORE))
}

/// The epoch that is scheduled last, whether in effect or not; `None` while nothing was ever changed.
#[must_use]
pub fn latest(executor: &Executor) -> Option<Epoch> {
    read(executor.state(EPOCHS)?, LATEST)
}

fn read<T: Decode>(state: &StateTree, key: &[u8]) -> Option<T> {
    T::from_bytes(state.get(key)?).ok()
}

fn wish_key(account: &Account) -> Vec<u8> {
    [WISH, &account.0].concat()
}

/// The application.
#[derive(Debug)]
pub(crate) struct Epochs(pub(crate) Rules);

impl Epochs {
    fn judge(&self, tx: &TxView<'_>, height: Height, state: &StateTree) -> Result<Change, Refusal> {
        let change = change_of(tx)?;
        if !self.0.validators.contains(&tx.sender) {
            return Err(Refusal::NotValidator);
        }
        if !self.0.protocols.contains(&change.protocol) {
            return Err(Refusal::ProtocolUnfit);
        }
        let notice = change.first.above(height);
        if !(NOTICE_BLOCKS_MIN..=NOTICE_BLOCKS_MAX).contains(&notice) {
            return Err(Refusal::BadNotice);
        }
        if read::<Epoch>(state, LATEST).is_some_and(|latest| latest.first > height) {
            return Err(Refusal::ChangeScheduled);
        }
        Ok(change)
    }

    /// Schedules a change that a quorum wishes; all wishes are spent by it.
    fn schedule(&self, change: Change, state: &mut StateTree) -> bool {
        let keys = || self.0.validators.iter().map(wish_key);
        let wishes = keys().filter(|key| read::<Change>(state, key).as_ref() == Some(&change));
        if wishes.count() < self.0.quorum {
            return false;
        }
        for key in keys() {
            state.remove(&key);
        }
        let latest: Option<Epoch> = read(state, LATEST);
        let number = latest.as_ref().map_or(0, |latest| latest.number).saturating_add(1);
        if let Some(latest) = latest {
            state.set(BEFORE.to_vec(), latest.to_bytes());
        }
        let Change { first, protocol } = change;
        state.set(LATEST.to_vec(), Epoch { number, first, protocol }.to_bytes());
        true
    }
}

impl App for Epochs {
    fn id(&self) -> AppId {
        EPOCHS
    }
    fn name(&self) -> &'static str {
        "epochs"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        change_of(tx).map(drop)
    }
    fn apply(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let change = match self.judge(tx, block.height, state) {
            Ok(change) => change,
            Err(refusal) => return Outcome::Refused(refusal),
        };
        state.set(wish_key(&tx.sender), change.to_bytes());
        let subject = format!("{} from block {}", change.protocol, change.first);
        let kind = if self.schedule(change, state) { "epoch.scheduled" } else { "epoch.wished" };
        events.push(Event { app: EPOCHS, kind, subject, index });
        Outcome::Applied
    }
}

fn change_of(tx: &TxView<'_>) -> Result<Change, Refusal> {
    if tx.operation.verb != EPOCH_CHANGE {
        return Err(Refusal::UnknownOperation);
    }
    Change::from_bytes(tx.payload)
        .ok()
        .filter(|change| change.protocol.len() <= PROTOCOL_BYTES_MAX)
        .ok_or(Refusal::MalformedPayload)
}

#[cfg(test)]
mod tests;

//! Application 8: state updates. Hubs tell what became of their state, in one agreed stream that anybody can follow
//! from any block on, and prove to be whole.
//!
//! Every update is chained to the one before by its digest, and the end of that chain stands in the state. Whoever knows
//! the end at one block and at a later one can check that the updates between are all there, unchanged and in order.

mod stream;

use codec::{Bytes, record};
use ledger::{Account, AppId, Outcome, Refusal, StateTree, TxView};
use types::{Height, Time};

use crate::argument::{Argument, argument, is_name, keep, kept};
use crate::registry::{self, REGISTRY};
use crate::{App, BlockContext, Event, conclude};

pub use ledger::kinds::UPDATES;
pub use stream::{Head, Missing, MissingError, missing_after, missing_since};

/// The one verb: tell an update; the argument is a [`NodeUpdate`].
pub const NODE_UPDATE: u16 = 1;
/// Longest kind of an update, in bytes.
pub const KIND_BYTES_MAX: usize = 64;
/// Longest body, in bytes.
pub const BODY_BYTES_MAX: usize = 4 * 1024;
/// So many of the latest updates are kept; blocks prove the older ones.
pub const UPDATES_KEPT_MAX: u64 = 16_384;

/// What a hub tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeUpdate {
    /// The hub's own count of its updates, from one: none is lost, and none overtakes another.
    pub sequence: u64,
    /// What kind of news it is, as in `storage.moved`; 1 to [`KIND_BYTES_MAX`] bytes.
    pub kind: String,
    /// The news, at most [`BODY_BYTES_MAX`] bytes.
    pub body: Bytes,
}
record!(NodeUpdate { sequence: u64, kind: String, body: Bytes });

/// An update as all validators hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// Its place in the stream, from zero.
    pub number: u64,
    /// The hub.
    pub hub: Account,
    /// What it told.
    pub told: NodeUpdate,
    /// The block that agreed on it.
    pub height: Height,
    /// The transaction's place in the block.
    pub index: u32,
    /// The agreed time.
    pub time: Time,
}
record!(Update {
    number: u64,
    hub: Account,
    told: NodeUpdate,
    height: Height,
    index: u32,
    time: Time
});

impl Argument for NodeUpdate {
    fn fits(&self) -> bool {
        is_name(&self.kind, KIND_BYTES_MAX) && self.body.0.len() <= BODY_BYTES_MAX
    }
}

/// The application.
#[derive(Debug)]
pub(crate) struct Updates;

impl App for Updates {
    fn id(&self) -> AppId {
        UPDATES
    }
    fn name(&self) -> &'static str {
        "updates"
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
        let done = read(tx).and_then(|told| tell(tx.sender, told, block, index, state));
        conclude(UPDATES, index, done.map(|subject| [("node.updated", subject)]), events)
    }
}

fn read(tx: &TxView<'_>) -> Result<NodeUpdate, Refusal> {
    if tx.operation.verb == NODE_UPDATE { argument(tx) } else { Err(Refusal::UnknownOperation) }
}

fn tell(
    hub: Account,
    told: NodeUpdate,
    block: &BlockContext<'_>,
    index: u32,
    state: &mut StateTree,
) -> Result<String, Refusal> {
    let hubs = block.others.get(REGISTRY);
    let name =
        hubs.and_then(|hubs| registry::hub(hubs, &hub)).ok_or(Refusal::HubUnknown)?.card.name;
    if told.sequence != last_sequence(state, &hub).saturating_add(1) {
        return Err(Refusal::UpdateOutOfOrder);
    }
    keep(state, sequence_key(&hub), &told.sequence);
    let (height, time) = (block.height, block.time);
    let number = stream::head(state).count;
    stream::append(state, &Update { number, hub, told, height, index, time });
    Ok(name)
}

/// The end of the stream.
#[must_use]
pub fn head(state: &StateTree) -> Head {
    stream::head(state)
}

/// An update by its number, where it is kept.
#[must_use]
pub fn update(state: &StateTree, number: u64) -> Option<Update> {
    stream::update(state, number)
}

/// The sequence number of a hub's last update; zero where it has told none.
#[must_use]
pub fn last_sequence(state: &StateTree, hub: &Account) -> u64 {
    kept(state, &sequence_key(hub)).unwrap_or(0)
}

fn sequence_key(hub: &Account) -> Vec<u8> {
    [b"sequence/".as_slice(), &hub.0].concat()
}

#[cfg(test)]
mod tests;

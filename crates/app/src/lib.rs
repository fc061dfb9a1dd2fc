//! Apply agreed transactions to an application's state: the trait and the built-in applications.

mod accounts;
mod apps;
mod argument;
pub mod contracts;
pub mod crossings;
pub mod epochs;
mod executor;
pub mod governance;
pub mod joint;
mod notes;
mod purpose;
pub mod queue;
pub mod registry;
mod step;
#[cfg(test)]
mod testing;
pub mod tickets;
pub mod updates;

use std::collections::BTreeMap;
use std::fmt::Debug;

use ledger::{AppId, Outcome, Refusal, StateTree, TxView, VectorClock};
use types::{Height, Time};

pub use accounts::nonces_of;
pub use apps::{Apps, app_by_label, app_label};
pub use executor::{Executed, Executor};
pub use notes::{NOTE_PUT, NOTES};
pub use purpose::Purpose;
pub use step::Step;

/// What a transaction sees beside itself and its application's own state.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext<'a> {
    /// The block's height.
    pub height: Height,
    /// The agreed time.
    pub time: Time,
    /// The block's vector clock.
    pub clock: &'a VectorClock,
    /// The other applications' state, as the transactions before this one left it.
    pub others: Others<'a>,
}

/// The other applications' state, to be read only.
#[derive(Clone, Copy, Debug)]
pub struct Others<'a>(&'a BTreeMap<AppId, StateTree>);

impl<'a> Others<'a> {
    /// The state of an application; empty for the one that is being executed.
    #[must_use]
    pub fn get(self, app: AppId) -> Option<&'a StateTree> {
        self.0.get(&app)
    }
}

/// Something that happened, for those who listen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Which application says so.
    pub app: AppId,
    /// What happened, as in `ticket.consumed`.
    pub kind: &'static str,
    /// To whom or what.
    pub subject: String,
    /// Which transaction of the block did it.
    pub index: u32,
}

/// Tells what an operation did; a refused one did nothing.
fn conclude<T: IntoIterator<Item = (&'static str, String)>>(
    app: AppId,
    index: u32,
    done: Result<T, Refusal>,
    events: &mut Vec<Event>,
) -> Outcome {
    match done {
        Ok(told) => {
            let event = |(kind, subject)| Event { app, kind, subject, index };
            events.extend(told.into_iter().map(event));
            Outcome::Applied
        }
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// An application on the agreed chain: rules over a [`StateTree`], the same at every validator.
pub trait App: Debug + Send + Sync {
    /// Its number in operations and state roots.
    fn id(&self) -> AppId;
    /// Its name for people.
    fn name(&self) -> &'static str;
    /// Whether a transaction's payload could be an argument at all; called at admission, before ordering.
    ///
    /// # Errors
    /// Why it could not.
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal>;
    /// Executes a transaction: changes `state`, or refuses and leaves it alone.
    fn apply(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
        events: &mut Vec<Event>,
    ) -> Outcome;
    /// Executes a transaction that may act in other applications too. Most act in their own only, by [`Self::apply`].
    fn execute(&self, tx: &TxView<'_>, step: &mut Step<'_>) -> Outcome {
        let index = step.index;
        step.lend(self.id(), |state, block, events| self.apply(tx, block, index, state, events))
    }
}

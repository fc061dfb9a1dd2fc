//! One transaction's step over the states of all applications.

use std::collections::BTreeMap;

use ledger::{AppId, Outcome, Refusal, StateTree, TxView, VectorClock};
use types::{Height, Time};

use crate::{Apps, BlockContext, Event, Others};

/// The applications and their states, while one transaction is executed.
#[derive(Debug)]
pub struct Step<'a> {
    pub(crate) apps: &'a Apps,
    pub(crate) trees: &'a mut BTreeMap<AppId, StateTree>,
    pub(crate) height: Height,
    pub(crate) time: Time,
    pub(crate) clock: &'a VectorClock,
    pub(crate) index: u32,
    pub(crate) events: &'a mut Vec<Event>,
}

impl Step<'_> {
    /// Executes a transaction, or a part of one in another sender's name, in the application that it is for. The part
    /// must not lead back to an application that waits for it.
    pub(crate) fn apply(&mut self, tx: &TxView<'_>) -> Outcome {
        let apps = self.apps;
        match apps.get(tx.operation.app) {
            Some(app) => app.execute(tx, self),
            None => Outcome::Refused(Refusal::UnknownOperation),
        }
    }

    /// Lends an application its own state for writing; all others are open to it for reading.
    pub(crate) fn lend<T>(
        &mut self,
        app: AppId,
        act: impl FnOnce(&mut StateTree, &BlockContext<'_>, &mut Vec<Event>) -> T,
    ) -> T {
        self.part(app, |own, step| {
            let Self { height, time, clock, .. } = *step;
            let block = BlockContext { height, time, clock, others: Others(step.trees) };
            act(own, &block, step.events)
        })
    }

    /// Takes an application's own state out, so that it can be written while others are acted in.
    pub(crate) fn part<T>(
        &mut self,
        app: AppId,
        act: impl FnOnce(&mut StateTree, &mut Self) -> T,
    ) -> T {
        let mut own = self.trees.get_mut(&app).map(std::mem::take).unwrap_or_default();
        let done = act(&mut own, self);
        self.trees.insert(app, own);
        done
    }

    /// Does several things as one: where they fail, every state is as it was before, and nothing is told.
    pub(crate) fn try_all<T, E>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let told = self.events.len();
        self.trees.values_mut().for_each(StateTree::begin_trial);
        let done = act(self);
        match done {
            Ok(_) => self.trees.values_mut().for_each(StateTree::keep_trial),
            Err(_) => {
                self.trees.values_mut().for_each(StateTree::undo_trial);
                self.events.truncate(told);
            }
        }
        done
    }
}

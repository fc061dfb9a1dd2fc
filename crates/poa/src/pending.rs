//! Submitted work that waits to be decided, oldest first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use types::{Digest, Time};

/// Most pieces of work that are known at once; more come in again when they are submitted again.
pub(crate) const PENDING_MAX: usize = 4_096;
/// How many finished pieces are remembered, so that a late submission of one does not wait for ever.
const DONE_MAX: usize = 4_096;

/// Work that waits.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    waiting: BTreeMap<Digest, Time>,
    /// In order of arrival; holds finished work until it comes to the front.
    arrivals: VecDeque<Digest>,
    done: BTreeSet<Digest>,
    done_order: VecDeque<Digest>,
}

impl Pending {
    /// Takes work; false where it is known, done, or one too many.
    pub(crate) fn submit(&mut self, work: Digest, now: Time) -> bool {
        let is_known = self.done.contains(&work) || self.waiting.contains_key(&work);
        if is_known || self.arrivals.len() >= PENDING_MAX {
            return false;
        }
        self.waiting.insert(work, now);
        self.arrivals.push_back(work);
        true
    }

    /// Drops work that is done.
    pub(crate) fn finish(&mut self, done: &[Digest]) {
        for &work in done {
            self.waiting.remove(&work);
            if self.done.insert(work) {
                self.done_order.push_back(work);
            }
        }
        while self.done_order.len() > DONE_MAX {
            if let Some(work) = self.done_order.pop_front() {
                self.done.remove(&work);
            }
        }
        while self.arrivals.front().is_some_and(|work| !self.waiting.contains_key(work)) {
            self.arrivals.pop_front();
        }
    }

    /// Since when the oldest work has waited.
    pub(crate) fn oldest(&self) -> Option<Time> {
        self.arrivals.front().and_then(|work| self.waiting.get(work).copied())
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

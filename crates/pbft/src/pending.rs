//! Submitted work that waits to be ordered, oldest first.

use std::collections::{BTreeSet, VecDeque};

use types::{Digest, Time};

/// Most pieces of work that are timed at once; more come in again when the replica submits them again.
pub(crate) const PENDING_MAX: usize = 4_096;
/// How many finished pieces are remembered, so that a late submission of one does not wait for ever.
const DONE_MAX: usize = 4_096;

/// Work waiting, in the order of its arrival.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Holds finished work too, until it comes to the front.
    arrivals: VecDeque<(Digest, Time)>,
    waiting: BTreeSet<Digest>,
    done: BTreeSet<Digest>,
    done_order: VecDeque<Digest>,
}

impl Pending {
    /// Takes work; false where it is known, done, or one too many.
    pub(crate) fn submit(&mut self, work: Digest, now: Time) -> bool {
        if self.done.contains(&work) || self.arrivals.len() >= PENDING_MAX {
            return false;
        }
        let is_new = self.waiting.insert(work);
        if is_new {
            self.arrivals.push_back((work, now));
        }
        is_new
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
        while self.arrivals.front().is_some_and(|(work, _)| !self.waiting.contains(work)) {
            self.arrivals.pop_front();
        }
    }

    /// Since when the oldest work has waited.
    pub(crate) fn oldest(&self) -> Option<Time> {
        self.arrivals.front().map(|&(_, since)| since)
    }

    /// Lets all work wait anew, under a new primary.
    pub(crate) fn restart(&mut self, now: Time) {
        self.arrivals.retain(|(work, _)| self.waiting.contains(work));
        self.arrivals.iter_mut().for_each(|arrival| arrival.1 = now);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

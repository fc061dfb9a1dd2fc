//! Submitted work that waits to be ordered.

use std::collections::{BTreeSet, VecDeque};

use types::Digest;

/// Most pieces of work that are counted at once; the application holds the others.
pub(crate) const PENDING_MAX: usize = 4_096;
/// How many finished pieces are remembered, so that a late submission of one does not wait for ever.
const DONE_MAX: usize = 4_096;

/// The work that waits, and what was done last.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    waiting: BTreeSet<Digest>,
    done: BTreeSet<Digest>,
    done_order: VecDeque<Digest>,
}

impl Pending {
    /// Takes work; false where it is known, done, or one too many.
    pub(crate) fn submit(&mut self, work: Digest) -> bool {
        !self.done.contains(&work) && self.waiting.len() < PENDING_MAX && self.waiting.insert(work)
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
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

//! Submitted work that waits to be ordered.

use std::collections::BTreeSet;

use types::Digest;

/// Most pieces of work that are counted at once.
const PENDING_MAX: usize = 4_096;
/// How many finished pieces are remembered, so that a late submission of one does not wait for ever; one whose slot
/// another piece has taken is forgotten.
const DONE_SLOTS: usize = 1_024;

/// Work that waits, and what was finished lately.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    waiting: BTreeSet<Digest>,
    done: Vec<Digest>,
}

impl Pending {
    /// Takes work.
    pub(crate) fn submit(&mut self, work: Digest) {
        let is_done = self.done.get(slot(&work)) == Some(&work);
        if !is_done && self.waiting.len() < PENDING_MAX {
            self.waiting.insert(work);
        }
    }
    /// Drops work that is done.
    pub(crate) fn finish(&mut self, done: &[Digest]) {
        if self.done.is_empty() && !done.is_empty() {
            self.done = vec![Digest::ZERO; DONE_SLOTS];
        }
        for work in done {
            self.waiting.remove(work);
            if let Some(place) = self.done.get_mut(slot(work)) {
                *place = *work;
            }
        }
    }
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

fn slot(work: &Digest) -> usize {
    usize::try_from(work.short() % DONE_SLOTS as u64).unwrap_or(0)
}

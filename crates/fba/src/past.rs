//! The decided slots that are kept for replicas that missed them.

use std::collections::VecDeque;

use crypto::Signed;
use types::Seq;

use crate::message::Value;
use crate::pledge::Balloting;

/// A decided slot.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) seq: Seq,
    pub(crate) value: Value,
    /// One's own EXTERNALIZE.
    pub(crate) said: Option<Signed<Balloting>>,
}

/// The newest decided slots, ascending.
#[derive(Debug)]
pub(crate) struct History {
    slots: VecDeque<Past>,
    max: usize,
    dropped: usize,
}

impl History {
    pub(crate) const fn new(max: usize) -> Self {
        Self { slots: VecDeque::new(), max, dropped: 0 }
    }
    pub(crate) fn push(&mut self, past: Past) {
        self.slots.push_back(past);
        if self.slots.len() > self.max {
            self.slots.pop_front();
            self.dropped += 1;
        }
    }
    /// Whether the log holds as much that is dropped as that is kept: time to write it anew.
    pub(crate) fn is_worn(&mut self) -> bool {
        let is_worn = self.dropped > self.max.max(16);
        if is_worn {
            self.dropped = 0;
        }
        is_worn
    }
    pub(crate) fn first(&self) -> Option<&Past> {
        self.slots.front()
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Past> {
        self.slots.iter()
    }
    pub(crate) fn get(&self, seq: Seq) -> Option<&Past> {
        let at = self.slots.binary_search_by_key(&seq, |past| past.seq).ok()?;
        self.slots.get(at)
    }
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}

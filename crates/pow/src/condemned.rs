//! Blocks that are known to be invalid.

use std::collections::{BTreeMap, VecDeque};

use protocol::Reject;
use types::{Digest, Time};

/// Most of them remembered; the oldest is forgotten, and would be found invalid again.
pub(crate) const CONDEMNED_MAX: usize = 1_024;

/// Why a block is invalid, and until when it is thought so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sentence {
    pub(crate) reason: Reject,
    /// `None` for what no time can mend.
    pub(crate) until: Option<Time>,
}

/// The names of invalid blocks.
#[derive(Debug, Default)]
pub(crate) struct Condemned {
    sentences: BTreeMap<Digest, Sentence>,
    order: VecDeque<Digest>,
}

impl Condemned {
    pub(crate) fn insert(&mut self, id: Digest, sentence: Sentence) {
        if self.sentences.insert(id, sentence).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > CONDEMNED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.sentences.remove(&oldest);
        }
    }

    /// Why a block is invalid; what has served its time is forgiven.
    pub(crate) fn get(&self, id: &Digest, now: Time) -> Option<Sentence> {
        let is_served = |sentence: &&Sentence| sentence.until.is_none_or(|until| now < until);
        self.sentences.get(id).filter(is_served).copied()
    }
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.sentences.len()
    }
}

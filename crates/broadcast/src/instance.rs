//! One place: who has voted for what.

use std::sync::Arc;

use codec::Bytes;
use types::{Digest, NodeId};

/// What a replica knows of one broadcast that it has not delivered.
#[derive(Debug, Default)]
pub(crate) struct Instance {
    pub(crate) initial: Option<Digest>,
    pub(crate) echoes: Votes,
    pub(crate) readies: Votes,
    pub(crate) has_said_ready: bool,
    /// Payloads that f+1 have echoed: three at most, because each replica counts once.
    pub(crate) payloads: Vec<(Digest, Arc<Bytes>)>,
}

impl Instance {
    pub(crate) fn payload(&self, digest: Digest) -> Option<&Arc<Bytes>> {
        self.payloads.iter().find(|&&(of, _)| of == digest).map(|(_, payload)| payload)
    }
}

/// One vote for each replica: a bit for who has voted, a count for each digest.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    voted: Vec<u64>,
    counts: Vec<(Digest, usize)>,
}

impl Votes {
    /// Whether this is the voter's first vote; it is noted as such.
    pub(crate) fn is_first_of(&mut self, voter: NodeId) -> bool {
        let (word, bit) = (voter.index() / 64, 1 << (voter.index() % 64));
        if self.voted.len() <= word {
            self.voted.resize(word + 1, 0);
        }
        let Some(word) = self.voted.get_mut(word) else { return false };
        let first = *word & bit == 0;
        *word |= bit;
        first
    }
    /// Counts a vote; how many there are now for the same.
    pub(crate) fn count(&mut self, digest: Digest) -> usize {
        if let Some((_, count)) = self.counts.iter_mut().find(|(of, _)| *of == digest) {
            *count += 1;
            return *count;
        }
        self.counts.push((digest, 1));
        1
    }
    pub(crate) fn of(&self, digest: Digest) -> usize {
        self.counts.iter().find(|&&(of, _)| of == digest).map_or(0, |&(_, count)| count)
    }
    pub(crate) fn digests(&self) -> impl Iterator<Item = Digest> + '_ {
        self.counts.iter().map(|&(digest, _)| digest)
    }
}

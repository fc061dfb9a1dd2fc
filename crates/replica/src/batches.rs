//! Batches at hand, wanted and refused: dissemination apart from ordering.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ledger::Batch;
use types::limits::BLOCK_BATCHES_MAX;
use types::{Digest, NodeId, View};

/// Most batches from one peer that wait here, so that a liar's flood displaces only its own.
const PER_SENDER_MAX: usize = 128;
/// Most digests remembered as never acceptable.
const BAD_KEPT_MAX: usize = 1_024;
/// Most batches that one tick forwards to the leader.
const FORWARDED_MAX: usize = 8;
/// Most bytes of batches in one proposal.
const PROPOSAL_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug)]
struct Entry {
    batch: Arc<Batch>,
    /// Whose limit it counts against: the peer that sent it, which need not be its origin.
    sender: NodeId,
    /// How many forwarding ticks it has waited here without being proposed.
    age: u32,
    /// The view in which it was last proposed: in a later view it may be proposed again.
    proposed: Option<View>,
}

/// The batches that no block has executed yet.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    known: BTreeMap<Digest, Entry>,
    arrival: VecDeque<Digest>,
    per_sender: BTreeMap<NodeId, usize>,
    wanted: BTreeSet<Digest>,
    bad: BTreeSet<Digest>,
}

/// What became of a batch that came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arrival {
    /// It is new.
    New,
    /// It was here already.
    Known,
    /// Its sender has too many waiting.
    OverLimit,
}

impl Batches {
    pub(crate) fn insert(&mut self, batch: Arc<Batch>, sender: NodeId) -> Arrival {
        let digest = batch.digest();
        if self.known.contains_key(&digest) {
            return Arrival::Known;
        }
        let waiting = self.per_sender.entry(sender).or_insert(0);
        // A batch that a decided or proposed payload names is needed, however many its sender has sent.
        if *waiting >= PER_SENDER_MAX && !self.wanted.contains(&digest) {
            return Arrival::OverLimit;
        }
        *waiting += 1;
        self.wanted.remove(&digest);
        self.arrival.push_back(digest);
        self.known.insert(digest, Entry { batch, sender, age: 0, proposed: None });
        Arrival::New
    }

    #[cfg(test)]
    pub(crate) fn waiting_order(&self) -> usize {
        self.arrival.len()
    }
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
    pub(crate) fn wanted(&self) -> &BTreeSet<Digest> {
        &self.wanted
    }
    pub(crate) fn in_flight_of(&self, sender: NodeId) -> usize {
        self.per_sender.get(&sender).copied().unwrap_or(0)
    }
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        self.known.contains_key(digest)
    }
    pub(crate) fn is_bad(&self, digest: &Digest) -> bool {
        self.bad.contains(digest)
    }

    /// Remembers that a batch can never be accepted.
    pub(crate) fn mark_bad(&mut self, digest: Digest) {
        if self.bad.len() >= BAD_KEPT_MAX {
            self.bad.pop_first();
        }
        self.wanted.remove(&digest);
        self.bad.insert(digest);
    }

    /// Remembers that `digests` are needed and not here; whether any of them is.
    pub(crate) fn want<'a>(&mut self, digests: impl Iterator<Item = &'a Digest>) -> bool {
        let before = self.wanted.len();
        for digest in digests {
            if !self.known.contains_key(digest) {
                self.wanted.insert(*digest);
            }
        }
        self.wanted.len() > before
    }

    /// The named batches in order, where all are here.
    pub(crate) fn get_all(&self, digests: &[Digest]) -> Option<Vec<Arc<Batch>>> {
        digests
            .iter()
            .map(|digest| self.known.get(digest).map(|entry| Arc::clone(&entry.batch)))
            .collect()
    }

    /// Remembers that a payload of `view` names these batches.
    pub(crate) fn mark_proposed(&mut self, digests: &[Digest], view: View) {
        for digest in digests {
            if let Some(entry) = self.known.get_mut(digest) {
                entry.proposed = entry.proposed.max(Some(view));
            }
        }
    }

    /// Forgets what was proposed: another core orders the batches from now on.
    pub(crate) fn unpropose(&mut self) {
        for entry in self.known.values_mut() {
            entry.proposed = None;
        }
    }

    /// Picks batches for a proposal in `view`: in order of arrival, none that this view has proposed already.
    ///
    /// While an earlier proposal of the view is on its way, less than `bytes_min` waits for it: many small blocks
    /// would cost everybody more than they gain anybody.
    pub(crate) fn pick(&mut self, view: View, bytes_min: usize) -> Vec<Digest> {
        let mut picked = Vec::new();
        let mut bytes = 0;
        let known = &self.known;
        self.arrival.retain(|digest| known.contains_key(digest));
        if self.must_gather(view, bytes_min) {
            return picked;
        }
        for digest in &self.arrival {
            let Some(entry) = self.known.get_mut(digest) else { continue };
            if entry.proposed.is_some_and(|proposed| proposed >= view) {
                continue;
            }
            bytes += entry.batch.bytes().len();
            if picked.len() >= BLOCK_BATCHES_MAX
                || (!picked.is_empty() && bytes > PROPOSAL_BYTES_MAX)
            {
                break;
            }
            entry.proposed = Some(view);
            picked.push(*digest);
        }
        picked
    }

    fn must_gather(&self, view: View, bytes_min: usize) -> bool {
        let entries = || self.arrival.iter().filter_map(|digest| self.known.get(digest));
        let is_proposed = |entry: &&Entry| entry.proposed.is_some_and(|proposed| proposed >= view);
        let fresh = entries().filter(|entry| !is_proposed(entry));
        entries().any(|entry| is_proposed(&entry))
            && fresh.map(|entry| entry.batch.bytes().len()).sum::<usize>() < bytes_min
    }

    /// Forgets batches that a block has executed.
    pub(crate) fn remove(&mut self, digests: &[Digest]) {
        for digest in digests {
            self.wanted.remove(digest);
            let Some(entry) = self.known.remove(digest) else { continue };
            if let Some(count) = self.per_sender.get_mut(&entry.sender) {
                *count = count.saturating_sub(1);
            }
        }
        // Blocks take batches in another order than they came: the front may have been waiting for this.
        while self.arrival.front().is_some_and(|front| !self.known.contains_key(front)) {
            self.arrival.pop_front();
        }
    }
}

impl Batches {
    /// The batches at hand, in order of arrival.
    pub(crate) fn digests(&self) -> Vec<Digest> {
        self.arrival.iter().filter(|digest| self.known.contains_key(digest)).copied().collect()
    }
}

impl Batches {
    /// Lets the waiting batches grow older by one tick, and names those that the leader may not have: our own after
    /// one tick, others' after two, so that a lost message costs one copy and a withheld one a few.
    pub(crate) fn overdue(&mut self, me: NodeId) -> Vec<Arc<Batch>> {
        let mut overdue = Vec::new();
        for digest in &self.arrival {
            let Some(entry) = self.known.get_mut(digest) else { continue };
            if entry.proposed.is_some() {
                continue;
            }
            entry.age += 1;
            let patience = if entry.batch.origin() == me { 1 } else { 2 };
            if entry.age > patience && overdue.len() < FORWARDED_MAX {
                overdue.push(Arc::clone(&entry.batch));
            }
        }
        overdue
    }
}

//! The message log: one slot for each place inside the watermarks.

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::Payload;
use types::{Digest, Seq, View};

use crate::message::{Committed, PrePrepare, Prepared};
use crate::votes::Votes;

/// What a replica knows of one place.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// The proposal accepted in the current view.
    pub(crate) proposal: Option<PrePrepare>,
    /// Whether the application allowed it, and the vote for it is durable.
    pub(crate) promised: bool,
    /// Whether it was prepared in the current view.
    pub(crate) is_prepared: bool,
    /// Whether the accepted proposal was shown to everybody, as half of a contradiction.
    pub(crate) exhibited: bool,
    /// PREPAREs of the current view.
    pub(crate) prepares: Votes,
    /// COMMITs of the current view.
    pub(crate) commits: Votes,
    /// The prepared certificate of the highest view.
    pub(crate) prepared: Option<Prepared>,
    /// What is decided here, for ever.
    pub(crate) outcome: Option<Outcome>,
    /// The proof of the outcome, where the COMMITs of the current view are not.
    pub(crate) proof: Option<Arc<Committed>>,
}

/// What is decided in a place.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) view: View,
    pub(crate) digest: Digest,
    pub(crate) payload: Option<Payload>,
}

impl Slot {
    /// The digest of the accepted proposal.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.proposal.as_ref().map(|proposal| proposal.propose.statement.digest)
    }

    /// The proof that the place is decided, for a replica that missed it.
    pub(crate) fn committed(&self, seq: Seq) -> Option<Arc<Committed>> {
        if let Some(proof) = &self.proof {
            return Some(Arc::clone(proof));
        }
        let Outcome { view, digest, payload } = self.outcome.clone()?;
        let commits = self.commits.signatures(digest);
        Some(Arc::new(Committed { view, seq, digest, payload, commits }))
    }

    /// Forgets the current view, keeping what outlives it.
    fn leave_view(&mut self, seq: Seq) {
        self.proof = self.committed(seq);
        let (prepared, outcome, proof) =
            (self.prepared.take(), self.outcome.take(), self.proof.take());
        *self = Self { prepared, outcome, proof, ..Self::default() };
    }
}

/// The slots above the low watermark, up to a window's length.
#[derive(Debug)]
pub(crate) struct Slots {
    low: Seq,
    window: u64,
    slots: VecDeque<Slot>,
}

impl Slots {
    pub(crate) const fn new(window: u64) -> Self {
        Self { low: Seq::ZERO, window, slots: VecDeque::new() }
    }
    /// The low watermark: the last stable checkpoint.
    pub(crate) const fn low(&self) -> Seq {
        self.low
    }
    /// The high watermark: the last place in which this replica takes part.
    pub(crate) const fn high(&self) -> Seq {
        self.low.plus(self.window)
    }
    /// Whether a place is inside the watermarks.
    pub(crate) fn covers(&self, seq: Seq) -> bool {
        seq > self.low && seq <= self.high()
    }
    /// How many slots are in use.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    fn index(&self, seq: Seq) -> Option<usize> {
        let above = seq.above(self.low);
        if above == 0 || above > self.window { None } else { usize::try_from(above - 1).ok() }
    }
    /// The slot of a place, where anything is known of it.
    pub(crate) fn get(&self, seq: Seq) -> Option<&Slot> {
        self.slots.get(self.index(seq)?)
    }
    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, seq: Seq) -> Option<&mut Slot> {
        let index = self.index(seq)?;
        self.slots.get_mut(index)
    }
    /// The slot of a place inside the watermarks, made where it is not there yet.
    pub(crate) fn reach(&mut self, seq: Seq) -> Option<&mut Slot> {
        let index = self.index(seq)?;
        while self.slots.len() <= index {
            self.slots.push_back(Slot::default());
        }
        self.slots.get_mut(index)
    }
    /// All slots in use, by place.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (Seq, &Slot)> {
        let first = self.low.next();
        self.slots.iter().enumerate().map(move |(index, slot)| (first.plus(index as u64), slot))
    }

    /// Raises the low watermark, dropping everything up to it.
    pub(crate) fn collect(&mut self, low: Seq) {
        let dropped = usize::try_from(low.above(self.low)).unwrap_or(usize::MAX);
        self.slots.drain(..dropped.min(self.slots.len()));
        self.low = self.low.max(low);
    }

    /// Forgets the current view in all slots.
    pub(crate) fn leave_view(&mut self) {
        let first = self.low.next();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            slot.leave_view(first.plus(index as u64));
        }
    }
}

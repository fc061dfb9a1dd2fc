//! The epoch whose core runs here.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crypto::Verified;
use ledger::Epoch;
use protocol::{Evidence, Protocol, Status, ViewChangeCause};
use types::{Height, NodeId, Seq};

use super::{Office, Seat, Terms};

/// Most messages of the next epoch that are kept until it begins here, from all peers and from each.
const EARLY_MAX: usize = 1_024;
const EARLY_PER_PEER_MAX: usize = 128;

#[derive(Debug)]
pub(crate) struct Present<P: Protocol> {
    epoch: Epoch,
    office: Arc<Office>,
    pub(crate) terms: Terms<P>,
    /// The core's timers that may be set.
    timers: BTreeSet<P::Timer>,
    /// Messages of the next epoch, in order of arrival.
    early: VecDeque<(NodeId, Verified<P::Message>)>,
    /// How far the chain was when the end of the epoch was last looked for.
    pub(crate) looked: (Height, Height),
}

impl<P: Protocol> Present<P> {
    pub(crate) fn new(epoch: Epoch, terms: Terms<P>) -> Self {
        Self {
            office: Arc::new(Office::new(&epoch, &terms)),
            epoch,
            terms,
            timers: BTreeSet::new(),
            early: VecDeque::new(),
            looked: (Height::ZERO, Height::ZERO),
        }
    }
    pub(crate) fn enter(&mut self, epoch: Epoch) {
        self.office = Arc::new(Office::new(&epoch, &self.terms));
        self.epoch = epoch;
    }
    pub(crate) const fn number(&self) -> u64 {
        self.epoch.number
    }
    pub(crate) const fn epoch(&self) -> &Epoch {
        &self.epoch
    }
    pub(crate) const fn office(&self) -> &Arc<Office> {
        &self.office
    }
    pub(crate) fn seat(&self) -> Option<Seat<P>> {
        self.terms.of(&self.epoch).seat
    }

    /// How many blocks lie before the epoch.
    const fn before(&self) -> u64 {
        self.epoch.first.get().saturating_sub(1)
    }
    /// The block that the core's place stands for.
    pub(crate) fn height_of(&self, seq: Seq) -> Height {
        Height::new(self.before()).plus(seq.get())
    }
    /// The core's place for a block; zero for what lies before the epoch.
    pub(crate) fn seq_of(&self, height: Height) -> Seq {
        Seq::new(height.above(Height::new(self.before())))
    }

    pub(crate) fn timer_set(&mut self, timer: P::Timer) {
        self.timers.insert(timer);
    }
    pub(crate) fn timer_gone(&mut self, timer: P::Timer) {
        self.timers.remove(&timer);
    }
    pub(crate) fn take_timers(&mut self) -> BTreeSet<P::Timer> {
        std::mem::take(&mut self.timers)
    }

    /// Whether a peer may say more of the next epoch.
    pub(crate) fn has_room_for(&self, from: NodeId) -> bool {
        let of_peer = self.early.iter().filter(|(peer, _)| *peer == from).count();
        self.early.len() < EARLY_MAX && of_peer < EARLY_PER_PEER_MAX
    }
    pub(crate) fn keep_early(&mut self, from: NodeId, message: Verified<P::Message>) {
        self.early.push_back((from, message));
    }
    pub(crate) fn take_early(&mut self) -> VecDeque<(NodeId, Verified<P::Message>)> {
        std::mem::take(&mut self.early)
    }

    /// The core's status in heights of the chain and ids of members.
    pub(crate) fn on_chain(&self, mut status: Status) -> Status {
        let place = |seq: &mut Seq| *seq = Seq::new(self.height_of(*seq).get());
        place(&mut status.decided);
        place(&mut status.stable);
        if let Some(tentative) = &mut status.tentative {
            place(&mut tentative.seq);
        }
        if let Some(waiting) = &mut status.waiting {
            place(&mut waiting.seq);
            waiting.have.iter_mut().for_each(|node| *node = self.office.id_of(*node));
        }
        status.leader = status.leader.map(|leader| self.office.id_of(leader));
        status.view_change_cause = status.view_change_cause.map(|cause| self.name(cause));
        status
    }

    /// A cause in heights of the chain and ids of members.
    pub(crate) fn name(&self, mut cause: ViewChangeCause) -> ViewChangeCause {
        match &mut cause {
            ViewChangeCause::Silent { leader, .. }
            | ViewChangeCause::Equivocation { leader }
            | ViewChangeCause::NewViewLate { leader } => *leader = self.office.id_of(*leader),
            ViewChangeCause::BadProposal { leader, seq } => {
                *leader = self.office.id_of(*leader);
                *seq = Seq::new(self.height_of(*seq).get());
            }
            ViewChangeCause::Joined { others } => {
                others.iter_mut().for_each(|node| *node = self.office.id_of(*node));
            }
        }
        cause
    }

    /// Who made the two statements, by its id.
    pub(crate) fn offender(&self, evidence: &Evidence) -> NodeId {
        self.office.id_of(evidence.offender)
    }
}

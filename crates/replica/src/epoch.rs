//! Lets one core follow another at an agreed height, under the same validators or others.
//!
//! The application says which epoch a height belongs to. Up to the last block of an epoch its core runs as ever; what
//! it decides beyond is not executed, and the batches stay here for the next. Once that last block is certified, and
//! nobody can need the core any more to get there, it is dropped with its log, and the next epoch's starts afresh, in
//! a domain of signatures of its own. Every core counts its places from 1 and its replicas by their place among the
//! members: the replica adds what lies before, and calls members by their ids.

mod offices;
mod present;
mod terms;

use std::sync::Arc;

use app::epochs;
use crypto::{InEpoch, Verified};
use ledger::{Attestation, Epoch};
use protocol::{Input as CoreInput, Protocol, Reject};
use types::{Height, NodeId, Time};

use crate::build::Pacing;
use crate::replica::Replica;
use crate::{Effect, Message, Timer};

pub(crate) use offices::{Office, Offices};
pub(crate) use present::Present;
pub use terms::{Seat, Term, Terms};

impl<P: Protocol> Replica<P> {
    /// Whether the block at a height is for the present core to decide.
    pub(crate) fn is_of_epoch(&self, height: Height) -> bool {
        let late = u64::from(broken!(self.present.terms, EpochLate));
        let height = Height::new(height.get().saturating_sub(late));
        self.office_at(height).number == self.present.number()
    }

    /// Who attests the block at a height.
    pub(crate) fn office_at(&self, height: Height) -> Arc<Office> {
        Arc::clone(self.offices.at(height).unwrap_or(self.present.office()))
    }

    /// The epoch that is agreed on and has not begun here.
    pub(crate) fn scheduled(&self) -> Option<Epoch> {
        let number = self.offices.last()?.number;
        if number > self.present.number() { epochs::epoch(&self.executor, number) } else { None }
    }

    /// Takes up the epochs that the last block has brought.
    pub(crate) fn learn_epochs(&mut self, fx: &mut Vec<Effect<P>>) {
        while let Some(epoch) = self.offices.learn(&self.executor, &self.present.terms) {
            // What was said of its heights before was said by others than its members.
            self.certifier.forget_from(epoch.first);
            fx.push(Effect::Scheduled(epoch));
        }
    }

    /// The later epoch to which the next block belongs, where nobody needs the present core any more.
    fn due_epoch(&self) -> Option<Epoch> {
        let early = u64::from(broken!(self.present.terms, EpochEarly));
        let height = self.executor.height();
        // Whoever has a block of the epoch has it certified, or had entered before.
        let over = height.max(self.certifier.certified().next().plus(early));
        let late = u64::from(broken!(self.present.terms, EpochLate));
        let over = Height::new(over.get().saturating_sub(late));
        let number = self.offices.due(self.present.number(), over)?.number;
        epochs::epoch(&self.executor, number)
    }

    /// Before any core starts: tells the world of the epochs that the state names, and enters one that began just when
    /// the process ended.
    pub(crate) fn start_epoch(&mut self, fx: &mut Vec<Effect<P>>) -> bool {
        let last = epochs::count(&self.executor);
        let known = (1..=last).filter_map(|number| epochs::epoch(&self.executor, number));
        fx.extend(known.map(Effect::Scheduled));
        let due = self.due_epoch();
        let is_new = due.is_some();
        if let Some(epoch) = due {
            fx.push(Effect::EnterEpoch(epoch.clone()));
            self.present.enter(epoch);
        }
        is_new
    }

    /// Takes this replica's place in the present epoch, where it has one.
    pub(crate) fn take_seat(&mut self, now: Time, log: Vec<P::Record>, fx: &mut Vec<Effect<P>>) {
        let seat = self.present.seat();
        if let Some(Seat { id, core, core_signer, .. }) = seat.filter(|_| self.may_vote) {
            self.me = id;
            self.core_signer = Some(core_signer);
            self.start_core(now, core, log, fx);
        }
    }

    /// Enters the next epoch when it is time.
    pub(crate) fn settle_epoch(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        let stands = (self.executor.height(), self.certifier.certified());
        if self.present.looked == stands || self.diverged {
            return;
        }
        self.present.looked = stands;
        let Some(epoch) = self.due_epoch() else { return };
        for timer in self.present.take_timers() {
            fx.push(Effect::CancelTimer(Timer::Core(timer)));
        }
        let follows = epoch.number == self.present.number().saturating_add(1);
        fx.push(Effect::EnterEpoch(epoch.clone()));
        self.present.enter(epoch);
        self.core = None;
        self.core_signer = None;
        self.queue.clear();
        self.checks.clear();
        self.decided.clear();
        self.pacing = Pacing::default();
        self.batches.unpropose();
        self.take_seat(now, Vec::new(), fx);
        for (from, message) in self.present.take_early().into_iter().filter(|_| follows) {
            self.feed_from(now, from, message, fx);
        }
    }

    /// Takes a core's message: for the present core, for the next one, or for none.
    pub(crate) fn receive_core(
        &mut self,
        now: Time,
        from: NodeId,
        said: &Verified<InEpoch<P::Message>>,
        fx: &mut Vec<Effect<P>>,
    ) {
        let Some(message) = said.part(|said| Some(&said.message)) else { return };
        let ahead = said.epoch.checked_sub(self.present.number());
        let reason = match ahead {
            Some(0) => return self.feed_from(now, from, message, fx),
            Some(1) if self.present.has_room_for(from) => {
                return self.present.keep_early(from, message);
            }
            Some(1) => Reject::OverLimit,
            Some(_) => Reject::FarView,
            None if broken!(self.present.terms, OldVotesCount) => {
                return self.feed_from(now, from, message, fx);
            }
            None => Reject::OldView,
        };
        if from != self.me {
            fx.push(Effect::Reject { peer: from, reason });
        }
    }

    /// Gives the core a member's message.
    fn feed_from(
        &mut self,
        now: Time,
        from: NodeId,
        message: Verified<P::Message>,
        fx: &mut Vec<Effect<P>>,
    ) {
        match self.present.office().place_of(from) {
            Some(from) => self.feed(now, CoreInput::Receive { from, message }, fx),
            None => fx.push(Effect::Reject { peer: from, reason: Reject::Stranger }),
        }
    }

    /// Attests a block in the name of whoever this replica was at its height.
    pub(crate) fn attest(&self, attestation: Attestation, fx: &mut Vec<Effect<P>>) {
        let office = self.office_at(attestation.height);
        let signer = office.signer.as_ref().filter(|_| self.may_vote);
        if let Some(signer) = signer {
            let (since, signed) = (office.since, signer.sign(attestation));
            fx.push(Effect::Broadcast(Message::Attestation { since, signed }));
        }
    }
}

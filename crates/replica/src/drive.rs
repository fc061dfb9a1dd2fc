//! Drives the core: feeds it inputs and carries out its effects.

use std::sync::Arc;

use crypto::InEpoch;
use ledger::Proposal;
use protocol::{Call, Ctx, Effect as CoreEffect, Input as CoreInput, Protocol, Reply};
use types::{NodeId, Time};

use crate::replica::{Replica, WaitingCheck};
use crate::{Effect, Message, Record, Timer};

/// Most proposals that wait for batches at once; the core asks again for what it still needs.
const CHECKS_MAX: usize = 1_024;

impl<P: Protocol> Replica<P> {
    /// Feeds one input, and everything that it leads to.
    pub(crate) fn feed(&mut self, now: Time, input: CoreInput<P>, fx: &mut Vec<Effect<P>>) {
        self.queue.push_back(input);
        self.run_core(now, fx);
    }

    /// Feeds what is queued until nothing is.
    pub(crate) fn run_core(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        while let Some(input) = self.queue.pop_front() {
            let (Some(core), Some(signer)) = (&mut self.core, &self.core_signer) else {
                self.queue.clear();
                return;
            };
            let mut effects = std::mem::take(&mut self.core_effects);
            core.step(input, &mut Ctx::new(now, signer, &mut effects));
            let view = core.view();
            for effect in effects.drain(..) {
                self.carry_out(now, effect, fx);
            }
            self.core_effects = effects;
            if view != self.view {
                self.view = view;
                let cause = self.core.as_ref().and_then(P::view_change_cause);
                let cause = cause.map(|cause| self.present.name(cause));
                fx.push(Effect::ViewChanged { view, cause });
            }
        }
    }

    pub(crate) fn carry_out(&mut self, now: Time, effect: CoreEffect<P>, fx: &mut Vec<Effect<P>>) {
        match effect {
            CoreEffect::Persist(record) => fx.push(Effect::Persist(Record::Core(record))),
            CoreEffect::Compact(records) => fx.push(Effect::CompactCore(records)),
            CoreEffect::Send { to, message } => {
                let to = self.present.office().id_of(to);
                fx.push(Effect::Send { to, message: self.say(message) });
            }
            CoreEffect::Broadcast(message) => fx.push(Effect::Broadcast(self.say(message))),
            CoreEffect::SetTimer { timer, after } => {
                self.present.timer_set(timer);
                fx.push(Effect::SetTimer { timer: Timer::Core(timer), after });
            }
            CoreEffect::CancelTimer(timer) => {
                self.present.timer_gone(timer);
                fx.push(Effect::CancelTimer(Timer::Core(timer)));
            }
            CoreEffect::Call(call) => self.answer(now, call, fx),
            CoreEffect::Decide(decision) => {
                self.decided.push_back(decision);
                self.execute_decided(now, fx);
            }
            CoreEffect::Accuse(evidence) => {
                let (epoch, offender) = (self.present.number(), self.present.offender(&evidence));
                fx.push(Effect::Accuse { offender, epoch, evidence });
            }
            CoreEffect::Reject { peer, reason } => {
                let peer = self.present.office().id_of(peer);
                fx.push(Effect::Reject { peer, reason });
            }
        }
    }

    fn say(&self, message: P::Message) -> Message<P> {
        let (epoch, message) = (self.present.number(), Arc::new(message));
        Message::Core(Arc::new(InEpoch { epoch, message }))
    }

    fn answer(&mut self, now: Time, call: Call, fx: &mut Vec<Effect<P>>) {
        match call {
            Call::Build { view, seq } => self.build_in_time(now, view, seq, fx),
            Call::Check { view, seq, payload, proposer } => {
                let proposer = self.present.office().id_of(proposer);
                let check = WaitingCheck { view, seq, payload, proposer };
                match self.judge(now, &check) {
                    Some(valid) => self.reply_checked(&check, valid),
                    None => self.wait_for_batches(check, fx),
                }
            }
            Call::Mine { work, target } => fx.push(Effect::Mine { work, target }),
            Call::Transfer { seq, .. } => self.start_catch_up(self.present.height_of(seq), fx),
        }
    }

    /// Whether an honest proposer could have proposed a payload; `None` as long as batches are missing.
    pub(crate) fn judge(&mut self, now: Time, check: &WaitingCheck) -> Option<bool> {
        let Some(proposal) = Proposal::from_payload(check.payload.bytes()) else {
            return Some(false);
        };
        // A re-proposal names the earlier view and proposer of its first proposal.
        let is_fresh = proposal.view == check.view;
        // The time of a re-proposal only gets older, so the bound holds for it too: a lying primary could
        // otherwise call a fresh proposal old and carry agreed time out of everybody's reach.
        let in_time = proposal.time <= now.after(self.settings.clock_drift_max);
        let well_formed = proposal.view <= check.view
            && self.present.office().place_of(proposal.proposer).is_some()
            && (!is_fresh || proposal.proposer == check.proposer)
            && !proposal.batches.is_empty();
        if !well_formed
            || !in_time
            || proposal.batches.iter().any(|digest| self.batches.is_bad(digest))
        {
            return Some(false);
        }
        let at_hand = |digest| self.batches.has(digest) || self.executor.has_executed(digest);
        if proposal.batches.iter().all(at_hand) {
            self.batches.mark_proposed(&proposal.batches, check.view);
            return Some(true);
        }
        None
    }

    fn reply_checked(&mut self, check: &WaitingCheck, valid: bool) {
        let (view, seq, digest) = (check.view, check.seq, check.payload.digest());
        self.queue.push_back(CoreInput::Reply(Reply::Checked { view, seq, digest, valid }));
    }

    fn wait_for_batches(&mut self, check: WaitingCheck, fx: &mut Vec<Effect<P>>) {
        if let Some(proposal) = Proposal::from_payload(check.payload.bytes()) {
            let missing =
                proposal.batches.iter().filter(|digest| !self.executor.has_executed(digest));
            self.batches.want(missing);
        }
        if self.checks.len() >= CHECKS_MAX {
            self.checks.remove(0);
        }
        self.checks.push(check);
        self.set_fetch_timer(fx);
    }

    /// Looks again at proposals that waited for batches.
    pub(crate) fn answer_checks(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        if self.checks.is_empty() {
            return;
        }
        let executed = self.present.seq_of(self.executor.height());
        for check in std::mem::take(&mut self.checks) {
            match self.judge(now, &check) {
                Some(valid) => self.reply_checked(&check, valid),
                None if check.seq > executed => self.checks.push(check),
                None => {}
            }
        }
        self.run_core(now, fx);
    }

    pub(crate) fn set_fetch_timer(&mut self, fx: &mut Vec<Effect<P>>) {
        if !self.fetch.timer_set && !self.batches.wanted().is_empty() {
            self.fetch.timer_set = true;
            fx.push(Effect::SetTimer {
                timer: Timer::FetchBatches,
                after: self.settings.fetch_timeout,
            });
        }
    }

    /// Asks one peer after the other for what is missing; the proposer of what waits is asked first.
    pub(crate) fn fetch_batches(&mut self, fx: &mut Vec<Effect<P>>) {
        self.fetch.timer_set = false;
        let wanted = self.batches.wanted();
        if wanted.is_empty() {
            return;
        }
        let digests = wanted.iter().copied().take(types::limits::BLOCK_BATCHES_MAX).collect();
        let proposer =
            self.checks.first().map(|check| check.proposer).filter(|_| self.fetch.turn == 0);
        let to =
            proposer.filter(|&peer| peer != self.me).unwrap_or_else(|| self.peer(self.fetch.turn));
        self.fetch.turn += 1;
        if to != self.me {
            fx.push(Effect::Send { to, message: Message::BatchRequest(digests) });
        }
        self.set_fetch_timer(fx);
    }

    /// The peer whose turn it is; oneself only where there is nobody else.
    pub(crate) fn peer(&self, turn: usize) -> NodeId {
        let others = || self.present.office().ids.iter().filter(|&&node| node != self.me);
        let count = others().count().max(1);
        others().nth((self.me.index() + turn) % count).copied().unwrap_or(self.me)
    }
}

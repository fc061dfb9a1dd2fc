//! Repairs what the network lost: asking, answering, and learning decisions from others.

use std::sync::Arc;

use crypto::Signed;
use protocol::{Ctx, Reject};
use types::{NodeId, Seq};

use crate::message::{Commit, Committed, Message, Prepare, StatusReport};
use crate::replica::{Core, Phase};
use crate::safety;
use crate::slots::{Outcome, Slot};

/// Most places that one answer covers.
const ANSWER_PLACES_MAX: usize = 64;

impl Core {
    /// How far this replica is.
    pub(crate) fn report(&self) -> StatusReport {
        StatusReport {
            view: self.view,
            normal: self.phase == Phase::Normal,
            stable: self.slots.low(),
            decided: self.decided,
        }
    }

    /// Nothing has moved for a whole interval: asks the others for what is missing (L37).
    pub(crate) fn retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.phase == Phase::ViewChange
            && let Some(asked) = &self.asked
        {
            ctx.broadcast(Message::ViewChange(Arc::clone(asked)));
        }
        ctx.broadcast(Message::Status(self.report()));
        self.propose_again(ctx);
        // A whole interval is time enough for the last votes below a checkpoint that others have left behind.
        if self.decided < self.certified.seq || self.executed < self.slots.low() {
            self.start_transfer(ctx);
        }
        let waiting = self.slots.iter().filter(|(_, s)| s.proposal.is_some() && !s.promised);
        let waiting: Vec<Seq> = waiting.map(|(seq, _)| seq).take(ANSWER_PLACES_MAX).collect();
        for seq in waiting {
            self.examine(seq, ctx);
        }
    }

    /// Whoever lost the proposal itself has nothing outstanding and asks nobody, so the primary repeats those that are
    /// undecided.
    fn propose_again(&self, ctx: &mut Ctx<'_, Self>) {
        if self.phase != Phase::Normal || !self.leads() || !self.votes() {
            return;
        }
        let undecided = self.slots.iter().filter(|(_, slot)| slot.outcome.is_none());
        let proposals = undecided.filter_map(|(_, slot)| slot.proposal.as_ref());
        for proposal in proposals.filter(|p| p.propose.signer == self.me).take(ANSWER_PLACES_MAX) {
            for to in NodeId::all(self.config.n).filter(|&to| to != self.me) {
                ctx.send(to, Message::PrePrepare(proposal.clone()));
            }
        }
    }

    /// Answers with what the sender lacks, from what this replica itself has said or can prove (L38).
    pub(crate) fn on_status(
        &mut self,
        from: NodeId,
        report: StatusReport,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let last = &mut self.answered[from.index()];
        let is_soon =
            last.is_some_and(|last| ctx.now.since(last).times(2) < self.config.retry_interval);
        if from == self.me || is_soon {
            return;
        }
        *last = Some(ctx.now);
        if !broken!(self.config, CheckpointSaidOnce) {
            self.show_checkpoints(from, report, ctx);
        }
        if report.view < self.view || (report.view == self.view && !report.normal) {
            self.show_view(from, ctx);
        }
        self.show_slots(from, report, ctx);
    }

    fn show_checkpoints(&self, to: NodeId, report: StatusReport, ctx: &mut Ctx<'_, Self>) {
        if report.stable < self.stable.seq {
            ctx.send(to, Message::Stable(Arc::new(self.stable.clone())));
        }
        for (_, signed) in self.checkpoints.own.range(report.stable.next()..) {
            ctx.send(to, Message::Checkpoint(signed.clone()));
        }
    }

    fn show_view(&self, to: NodeId, ctx: &mut Ctx<'_, Self>) {
        match (self.phase, &self.new_view, &self.asked) {
            (Phase::Normal, Some(begun), _) => ctx.send(to, Message::NewView(Arc::clone(begun))),
            (Phase::ViewChange, _, Some(asked)) => {
                ctx.send(to, Message::ViewChange(Arc::clone(asked)));
            }
            (Phase::Normal, None, _) | (Phase::ViewChange, _, None) => {}
        }
    }

    fn show_slots(&self, to: NodeId, report: StatusReport, ctx: &mut Ctx<'_, Self>) {
        let is_level = report.view == self.view && report.normal && self.phase == Phase::Normal;
        let missing = self.slots.iter().filter(|(seq, _)| *seq > report.decided);
        for (seq, slot) in missing.take(ANSWER_PLACES_MAX) {
            match slot.committed(seq).filter(|_| !broken!(self.config, NoHelpForLaggards)) {
                Some(proof) => ctx.send(to, Message::Committed(proof)),
                None if is_level => self.show_votes(to, seq, slot, ctx),
                None => {}
            }
        }
    }

    fn show_votes(&self, to: NodeId, seq: Seq, slot: &Slot, ctx: &mut Ctx<'_, Self>) {
        let (view, signer) = (self.view, self.me);
        if let Some(proposal) = slot.proposal.as_ref().filter(|p| p.propose.signer == self.me) {
            ctx.send(to, Message::PrePrepare(proposal.clone()));
        }
        if let Some((digest, signature)) = slot.prepares.of(self.me) {
            let statement = Prepare { view, seq, digest };
            ctx.send(to, Message::Prepare(Signed { statement, signer, signature }));
        }
        if let Some((digest, signature)) = slot.commits.of(self.me) {
            let statement = Commit { view, seq, digest };
            ctx.send(to, Message::Commit(Signed { statement, signer, signature }));
        }
    }

    /// Learns a decision from its proof (L39).
    pub(crate) fn on_committed(
        &mut self,
        from: NodeId,
        proof: &Arc<Committed>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let (view, digest) = (proof.view, proof.digest);
        if !self.slots.covers(proof.seq) || proof.seq <= self.decided {
            return;
        }
        if !safety::is_committed(&self.config, proof) {
            return ctx.reject(from, Reject::BadCertificate);
        }
        let Some(slot) = self.slots.reach(proof.seq) else { return };
        if slot.outcome.is_none() {
            slot.outcome = Some(Outcome { view, digest, payload: proof.payload.clone() });
            slot.proof = Some(Arc::clone(proof));
            self.next = self.next.max(proof.seq.next());
            self.deliver(ctx);
            self.arm_retry(ctx);
        }
    }
}

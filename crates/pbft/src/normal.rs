//! The normal case: from submitted work to decisions, in three phases.

use crypto::Signed;
use protocol::{Call, Ctx, Decision, Payload, Reject, ViewChangeCause};
use types::{Digest, Seq, View};

use crate::message::{
    Commit, Message, PrePrepare, Prepare, Prepared, PreparedCertificate, Propose,
};
use crate::replica::{Core, Phase};
use crate::slots::{Outcome, Slot};
use crate::votes::Cast;
use crate::{Record, safety};

impl Core {
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        if self.pending.submit(work, ctx.now) {
            self.is_work_at_hand = true;
            self.note_owed(ctx.now);
            self.arm_request(ctx);
            self.arm_retry(ctx);
            self.propose(ctx);
        }
    }

    /// Asks for a payload where there is room and work (L2).
    pub(crate) fn propose(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_due = self.leads()
            && self.votes()
            && self.building.is_none()
            && self.is_work_at_hand
            && !self.pending.is_empty()
            && self.transfer.is_none()
            && self.next.above(self.executed.next()) < self.config.pipeline
            && self.next <= self.slots.high();
        if is_due {
            self.building = Some(self.next);
            ctx.call(Call::Build { view: self.view, seq: self.next });
        }
    }

    pub(crate) fn on_built(
        &mut self,
        view: View,
        seq: Seq,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if view != self.view || self.building != Some(seq) || !self.leads() {
            return;
        }
        self.building = None;
        let Some(payload) = payload else {
            self.is_work_at_hand = false;
            return;
        };
        // Decisions learned meanwhile may have taken the place; the payload fits the next one as well.
        let seq = self.next;
        if !self.slots.covers(seq) || !self.votes() {
            return;
        }
        let propose = ctx.sign(Propose { view, seq, digest: payload.digest() });
        let proposal = PrePrepare { propose, payload: Some(payload) };
        if !broken!(self.config, ProposalNotPersisted) {
            ctx.persist(Record::Accepted(proposal.clone()));
        }
        ctx.broadcast(Message::PrePrepare(proposal.clone()));
        self.next = seq.next();
        // From here on it is a promise, which a compaction of the log must not lose.
        if let Some(slot) = self.slots.reach(seq) {
            slot.proposal = Some(proposal);
            slot.promised = true;
        }
        self.advance(seq, ctx);
        self.propose(ctx);
    }

    pub(crate) fn on_pre_prepare(&mut self, proposal: &PrePrepare, ctx: &mut Ctx<'_, Self>) {
        let Propose { seq, digest, .. } = proposal.propose.statement;
        let from = proposal.propose.signer;
        if from != self.leader() && !broken!(self.config, AnybodyProposes) {
            return ctx.reject(from, Reject::NotLeader);
        }
        let Some(slot) = self.slots.reach(seq) else { return };
        if slot.digest() == Some(digest) {
            return;
        }
        // The null request is for new views alone.
        if proposal.payload.is_none() || !safety::names(digest, proposal.payload.as_ref()) {
            return ctx.reject(from, Reject::BadPayload);
        }
        if let Some(accepted) = &slot.proposal
            && !broken!(self.config, ProposalOverwritten)
        {
            let first = accepted.propose.clone();
            return self.catch_equivocation(&first, &proposal.propose, ctx); // L5
        }
        if slot.outcome.as_ref().is_some_and(|outcome| outcome.digest != digest) {
            return ctx.reject(from, Reject::Conflicting);
        }
        self.accept(proposal.clone(), ctx);
    }

    /// Gives a proposal its slot, and asks the application about it (L6).
    pub(crate) fn accept(&mut self, proposal: PrePrepare, ctx: &mut Ctx<'_, Self>) {
        let Propose { seq, digest, .. } = proposal.propose.statement;
        let Some(slot) = self.slots.reach(seq) else { return };
        let others = slot.prepares.others_than(digest);
        slot.proposal = Some(proposal);
        slot.promised = false;
        self.next = self.next.max(seq.next());
        self.note_proposed(ctx);
        self.arm_retry(ctx);
        self.examine(seq, ctx);
        for voter in others {
            self.exhibit(seq, voter, ctx);
        }
    }

    pub(crate) fn on_checked(
        &mut self,
        view: View,
        seq: Seq,
        digest: Digest,
        is_valid: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Some(slot) = self.slots.get(seq) else { return };
        if view != self.view || self.phase != Phase::Normal || slot.digest() != Some(digest) {
            return;
        }
        if is_valid || broken!(self.config, PayloadUnchecked) {
            return self.promise(seq, ctx);
        }
        let leader = self.leader();
        ctx.reject(leader, Reject::BadPayload);
        self.leave_view(view.next(), ViewChangeCause::BadProposal { leader, seq }, ctx); // L8
    }

    /// Votes for the accepted proposal of a place: at most one for each view and place, durable before it is heard
    /// (L7).
    pub(crate) fn promise(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        if !self.votes() {
            return self.advance(seq, ctx);
        }
        let Some(slot) = self.slots.get_mut(seq) else { return };
        let Some(proposal) = slot.proposal.as_ref().filter(|_| !slot.promised) else { return };
        slot.promised = true;
        if proposal.propose.signer != self.me {
            if !broken!(self.config, PrepareNotPersisted) {
                ctx.persist(Record::Accepted(proposal.clone()));
            }
            self.say_accepted(seq, ctx);
        }
        self.advance(seq, ctx);
    }

    /// Broadcasts the PRE-PREPARE or PREPARE of a promised place.
    pub(crate) fn say_accepted(&self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let Some(proposal) = self.slots.get(seq).and_then(|slot| slot.proposal.as_ref()) else {
            return;
        };
        if !self.votes() {
            return;
        }
        if proposal.propose.signer == self.me {
            return ctx.broadcast(Message::PrePrepare(proposal.clone()));
        }
        let Propose { view, seq, digest } = proposal.propose.statement;
        let vote = ctx.sign(Prepare { view, seq, digest });
        ctx.broadcast(Message::Prepare(vote));
    }

    /// Broadcasts the COMMIT of a prepared place.
    pub(crate) fn say_commit(&self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let Some(digest) = self.slots.get(seq).and_then(Slot::digest) else { return };
        if self.votes() {
            let vote = ctx.sign(Commit { view: self.view, seq, digest });
            ctx.broadcast(Message::Commit(vote));
        }
    }

    pub(crate) fn on_prepare(&mut self, vote: &Signed<Prepare>, ctx: &mut Ctx<'_, Self>) {
        let Prepare { view, seq, digest } = vote.statement;
        if vote.signer == self.leader() {
            return ctx.reject(vote.signer, Reject::NotLeader);
        }
        let Some(slot) = self.slots.reach(seq) else { return };
        if broken!(self.config, EarlyVotesLost) && slot.proposal.is_none() {
            return;
        }
        match slot.prepares.cast(self.config.n, vote.signer, digest, vote.signature) {
            Cast::Counted if slot.is_prepared && slot.digest() == Some(digest) => {}
            Cast::Counted if slot.digest().is_some_and(|accepted| accepted != digest) => {
                self.exhibit(seq, vote.signer, ctx);
            }
            Cast::Counted => self.advance(seq, ctx),
            Cast::Repeated if broken!(self.config, RepeatedVotesCount) => {
                slot.prepares.cast_again(vote.signature, self.config.n);
                self.advance(seq, ctx);
            }
            Cast::Repeated => {}
            Cast::Conflicting(earlier, signature) => {
                let statement = Prepare { view, seq, digest: earlier };
                let first = Signed { statement, signer: vote.signer, signature };
                self.accuse("double-prepare", view, seq, &first, vote, ctx);
            }
        }
    }

    pub(crate) fn on_commit(&mut self, vote: &Signed<Commit>, ctx: &mut Ctx<'_, Self>) {
        let Commit { view, seq, digest } = vote.statement;
        let Some(slot) = self.slots.reach(seq) else { return };
        if broken!(self.config, EarlyVotesLost) && slot.proposal.is_none() {
            return;
        }
        match slot.commits.cast(self.config.n, vote.signer, digest, vote.signature) {
            Cast::Counted if slot.outcome.is_some() => {}
            Cast::Counted => self.advance(seq, ctx),
            Cast::Repeated if broken!(self.config, RepeatedVotesCount) => {
                slot.commits.cast_again(vote.signature, self.config.n);
                self.advance(seq, ctx);
            }
            Cast::Repeated => {}
            Cast::Conflicting(earlier, signature) => {
                let statement = Commit { view, seq, digest: earlier };
                let first = Signed { statement, signer: vote.signer, signature };
                self.accuse("double-commit", view, seq, &first, vote, ctx);
            }
        }
    }

    /// Takes a place as far as its votes carry it.
    pub(crate) fn advance(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let is_voting = self.votes();
        let Some(slot) = self.slots.get_mut(seq) else { return };
        let Some(proposal) = &slot.proposal else { return };
        let digest = proposal.propose.statement.digest;
        let prepares = if broken!(self.config, DigestsPooled) {
            slot.prepares.count_all()
        } else {
            slot.prepares.count(digest)
        };
        // L11
        if !slot.is_prepared && slot.promised && is_voting && prepares + 1 >= self.q {
            let certificate = PreparedCertificate {
                propose: proposal.propose.clone(),
                prepares: slot.prepares.signatures(digest),
            };
            let payload = proposal.payload.clone();
            slot.is_prepared = true;
            if !broken!(self.config, CommitNotPersisted) {
                ctx.persist(Record::Prepared(certificate.clone()));
            }
            slot.prepared = Some(Prepared { certificate, payload });
            self.say_commit(seq, ctx);
        }
        let Some(slot) = self.slots.get_mut(seq) else { return };
        // L13: a replica that does not vote goes by a quorum of those that do.
        let is_ready = slot.is_prepared || !is_voting;
        if is_ready && slot.outcome.is_none() && slot.commits.count(digest) >= self.q {
            let payload = slot.proposal.as_ref().and_then(|proposal| proposal.payload.clone());
            slot.outcome = Some(Outcome { view: self.view, digest, payload });
            if broken!(self.config, ExecutedOutOfOrder) {
                self.decided = Seq::new(seq.get() - 1);
            }
            self.deliver(ctx);
        }
    }

    /// Hands over what is decided, in order and without gaps (L14).
    pub(crate) fn deliver(&mut self, ctx: &mut Ctx<'_, Self>) {
        while self.transfer.is_none() && self.halted.is_none() {
            let seq = self.decided.next();
            let Some(slot) = self.slots.get(seq) else { return };
            let Some(outcome) = &slot.outcome else { return };
            let commits = match &slot.proof {
                Some(proof) => proof.commits.clone(),
                None if broken!(self.config, CommitsNotShown) => Default::default(),
                None => slot.commits.signatures(outcome.digest),
            };
            let (view, payload) = (outcome.view, outcome.payload.clone());
            self.decided = seq;
            ctx.decide(Decision { view, seq, payload, commits });
        }
    }

    pub(crate) fn on_executed(
        &mut self,
        seq: Seq,
        digest: Digest,
        done: &[Digest],
        ctx: &mut Ctx<'_, Self>,
    ) {
        self.pending.finish(done);
        if seq <= self.executed {
            return;
        }
        self.executed = seq;
        self.transfer = self.transfer.filter(|&wanted| seq < wanted);
        self.note_progress(ctx);
        self.take_checkpoint(seq, digest, ctx);
        self.settle(ctx);
        // Work may be left that the application had counted among what was on its way.
        self.is_work_at_hand |= self.next == self.executed.next();
        self.propose(ctx);
    }
}

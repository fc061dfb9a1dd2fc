//! Leaving a view and beginning the next.

use std::sync::Arc;

use protocol::{Ctx, Payload, Reject, ViewChangeCause};
use types::{NodeId, View};

use crate::message::{
    Claim, Message, NewView, NewViewVote, PrePrepare, PreparedCertificate, Propose, ViewChange,
    ViewChangeVote,
};
use crate::replica::{Core, Phase};
use crate::{Record, safety};

impl Core {
    /// Leaves the view for a later one, and says what was prepared (L26). From here on nothing of the old view
    /// counts, or a quorum of the old and one of the new view could meet in liars alone.
    pub(crate) fn leave_view(
        &mut self,
        view: View,
        cause: ViewChangeCause,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if view <= self.view || !self.votes() {
            return;
        }
        self.view = view;
        self.phase = Phase::ViewChange;
        self.cause = Some(cause);
        self.building = None;
        self.slots.leave_view();
        self.note_left(ctx);
        let asked = Arc::new(self.ask(ctx));
        self.asked = Some(Arc::clone(&asked));
        if !broken!(self.config, ViewChangeNotPersisted) {
            ctx.persist(Record::ViewChange(Arc::clone(&asked)));
        }
        ctx.broadcast(Message::ViewChange(asked));
    }

    /// The VIEW-CHANGE for the view: C and P (L26).
    fn ask(&self, ctx: &Ctx<'_, Self>) -> ViewChange {
        let prepared: Vec<_> = if broken!(self.config, EmptyViewChange) {
            Vec::new()
        } else {
            self.slots.iter().filter_map(|(_, slot)| slot.prepared.clone()).collect()
        };
        let claims = prepared.iter().map(|prepared| prepared.certificate.claim()).collect();
        let vote = ctx.sign(ViewChangeVote {
            view: self.view,
            stable: self.stable.seq,
            state: self.stable.digest,
            prepared: claims,
        });
        ViewChange { vote, checkpoint: self.stable.clone(), prepared }
    }

    pub(crate) fn on_view_change(
        &mut self,
        from: NodeId,
        asked: &Arc<ViewChange>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let (signer, view) = (asked.vote.signer, asked.vote.statement.view);
        if signer != from {
            return ctx.reject(from, Reject::Stranger);
        }
        let kept = self.view_changes[signer.index()].as_ref();
        if kept.is_some_and(|kept| kept.vote.statement.view >= view) {
            return;
        }
        if let Err(reason) = safety::check_view_change(&self.config, asked) {
            return ctx.reject(from, reason);
        }
        self.view_changes[signer.index()] = Some(Arc::clone(asked));
        self.witness_all(asked.prepared.iter().map(|prepared| &prepared.certificate), ctx);
        self.certify(asked.checkpoint.clone(), ctx);
        if view < self.view || (view == self.view && self.phase == Phase::Normal) {
            return self.show_new_view(signer, view, ctx);
        }
        self.join(ctx);
        self.count_view_changes(ctx);
    }

    /// A replica asks for a view that has begun or is over: it has missed a NEW-VIEW.
    fn show_new_view(&self, to: NodeId, view: View, ctx: &mut Ctx<'_, Self>) {
        let begun = self.new_view.as_ref().filter(|begun| begun.view() >= view);
        if let Some(begun) = begun.filter(|_| to != self.me && self.phase == Phase::Normal) {
            ctx.send(to, Message::NewView(Arc::clone(begun)));
        }
    }

    /// f+1 replicas, one of them honest, ask for later views: joins the smallest of these (L28).
    fn join(&mut self, ctx: &mut Ctx<'_, Self>) {
        let needed = if broken!(self.config, JoinedByOne) { 1 } else { self.quorum.one_honest() };
        let votes = self.view_changes.iter().flatten().map(|asked| &asked.vote);
        let later = votes.filter(|vote| vote.statement.view > self.view && vote.signer != self.me);
        let others: Vec<NodeId> = later.clone().map(|vote| vote.signer).collect();
        let smallest = later.map(|vote| vote.statement.view).min();
        if let Some(view) = smallest.filter(|_| others.len() >= needed)
            && !broken!(self.config, NeverJoined)
        {
            self.leave_view(view, ViewChangeCause::Joined { others }, ctx);
        }
    }

    /// A quorum waits for the view: the new primary begins it (L30), the others start their timer (L29).
    ///
    /// Who asks for a later view waits for this one no more, and may be just who is missing here: it counts for the
    /// timer, or two camps, each too small for a quorum, would wait for each other for ever.
    fn count_view_changes(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.phase != Phase::ViewChange {
            return;
        }
        let asked = || self.view_changes.iter().flatten();
        if asked().filter(|asked| asked.vote.statement.view >= self.view).count() < self.q {
            return;
        }
        let mut here: Vec<Arc<ViewChange>> =
            asked().filter(|asked| asked.vote.statement.view == self.view).cloned().collect();
        self.arm_view_change(ctx);
        let Some(mine) = here.iter().position(|asked| asked.vote.signer == self.me) else {
            return;
        };
        if here.len() < self.q {
            return;
        }
        let is_said = self.new_view.as_ref().is_some_and(|begun| begun.view() == self.view);
        if self.leader() == self.me && !is_said {
            here.swap(0, mine);
            here.truncate(self.q);
            here.sort_by_key(|asked| asked.vote.signer);
            self.begin_view(&here, ctx);
        }
    }

    /// Makes the NEW-VIEW: V, and the O that follows from it (L30, L31).
    fn begin_view(&mut self, asked: &[Arc<ViewChange>], ctx: &mut Ctx<'_, Self>) {
        let plan = safety::plan(&self.config, asked.iter().map(|asked| &asked.vote.statement));
        let proofs = || asked.iter().flat_map(|asked| &asked.prepared);
        let (mut prepared, mut proposals) = (Vec::new(), Vec::new());
        for (index, place) in plan.places.iter().enumerate() {
            let (mut digest, mut payload): (_, Option<Payload>) = Default::default();
            let proof =
                place.and_then(|claim: Claim| proofs().find(|p| p.certificate.claim() == claim));
            if let Some(proof) = proof {
                digest = proof.certificate.propose.statement.digest;
                payload = proof.payload.clone();
                prepared.push(proof.certificate.clone());
            }
            let propose = ctx.sign(Propose { view: self.view, seq: plan.seq(index), digest });
            proposals.push(PrePrepare { propose, payload });
        }
        let is_highest = |asked: &&Arc<ViewChange>| asked.checkpoint.seq == plan.stable;
        let checkpoint = asked.iter().find(is_highest).map(|asked| asked.checkpoint.clone());
        let view_changes: Vec<_> = asked.iter().map(|asked| asked.vote.clone()).collect();
        let content = safety::content(&view_changes, &proposals);
        let begun = Arc::new(NewView {
            vote: ctx.sign(NewViewVote { view: self.view, content }),
            view_changes,
            checkpoint: checkpoint.unwrap_or_default(),
            prepared,
            proposals,
        });
        self.new_view = Some(Arc::clone(&begun));
        if !broken!(self.config, NewViewNotPersisted) {
            ctx.persist(Record::NewView(Arc::clone(&begun)));
        }
        ctx.broadcast(Message::NewView(begun));
    }

    pub(crate) fn on_new_view(
        &mut self,
        from: NodeId,
        begun: &Arc<NewView>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let view = begun.view();
        if view < self.view || (view == self.view && self.phase == Phase::Normal) {
            return;
        }
        if let Err(reason) = safety::check_new_view(&self.config, begun) {
            ctx.reject(from, reason);
            // What somebody else passed on may have been spoilt on the way; the primary's own words are its own.
            if view == self.view && from == self.leader() && from == begun.vote.signer {
                let cause = ViewChangeCause::BadProposal { leader: from, seq: self.next };
                self.leave_view(view.next(), cause, ctx);
            }
            return;
        }
        self.enter(begun, ctx);
    }

    /// Enters a view that has rightly begun (L34).
    fn enter(&mut self, begun: &Arc<NewView>, ctx: &mut Ctx<'_, Self>) {
        let view = begun.view();
        if view > self.view {
            // The others changed views without us.
            let others = begun.view_changes.iter().map(|vote| vote.signer).collect();
            self.cause = Some(ViewChangeCause::Joined { others });
        }
        self.view = view;
        self.phase = Phase::Normal;
        self.slots.leave_view();
        let is_ours = begun.vote.signer == self.me;
        let is_kept = is_ours && self.new_view.as_ref().is_some_and(|known| known.view() == view);
        if !is_kept && !broken!(self.config, NewViewNotPersisted) {
            ctx.persist(Record::NewView(Arc::clone(begun)));
        }
        self.new_view = Some(Arc::clone(begun));
        self.building = None;
        self.is_work_at_hand = true;
        self.next = begun.checkpoint.seq.plus(begun.proposals.len() as u64 + 1); // L35
        self.next = self.next.max(self.slots.low().next());
        self.note_entered(ctx);
        self.witness_all(begun.prepared.iter(), ctx);
        self.certify(begun.checkpoint.clone(), ctx);
        self.install_reproposals(ctx);
        if broken!(self.config, SequenceRestarts) {
            self.next = self.slots.low().next();
        }
        self.replay_early(ctx);
        self.propose(ctx);
    }

    /// Accepts what the NEW-VIEW proposes again, as far as it is inside the watermarks (L35).
    pub(crate) fn install_reproposals(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Some(begun) = self.new_view.clone() else { return };
        if begun.view() != self.view || self.phase != Phase::Normal {
            return;
        }
        for proposal in &begun.proposals {
            let Propose { seq, digest, .. } = proposal.propose.statement;
            let Some(slot) = self.slots.reach(seq) else { continue };
            if slot.proposal.is_some() {
                continue;
            }
            if slot.outcome.as_ref().is_some_and(|outcome| outcome.digest != digest) {
                // Only more than f liars can undo what is decided: nothing that we could sign is safe any more.
                self.halted = Some(seq);
                return;
            }
            self.accept(proposal.clone(), ctx);
        }
    }

    /// Takes up what came for this view before it began here.
    fn replay_early(&mut self, ctx: &mut Ctx<'_, Self>) {
        for index in 0..self.early.len() {
            let Ok(sender) = u16::try_from(index) else { return };
            for message in std::mem::take(&mut self.early[index]) {
                self.receive(NodeId::new(sender), &message, ctx);
            }
        }
    }

    fn witness_all<'a>(
        &mut self,
        certificates: impl Iterator<Item = &'a PreparedCertificate>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        for certificate in certificates {
            self.witness(&certificate.propose, ctx);
        }
    }
}

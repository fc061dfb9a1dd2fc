//! The leader's part: from submitted work to proposals.

use std::sync::Arc;

use protocol::{Call, Ctx, Payload};
use types::{Digest, NodeId, Seq, View};

use crate::block::{Block, Proposal};
use crate::certificate::Propose;
use crate::message::Message;
use crate::replica::Core;
use crate::{Record, leaders};

impl Core {
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        if self.pending.submit(work) {
            self.is_work_at_hand = true;
            self.arm(ctx);
            self.propose(ctx);
        }
    }

    /// The leader of this view, where the block that decides about it is known.
    pub(crate) fn leader(&self) -> Option<NodeId> {
        if !self.is_direct() {
            return Some(leaders::by_turn(self.view, &self.config));
        }
        let parent = self.tree.get(self.high_qc.link())?;
        Some(leaders::after(&parent.block, &self.config))
    }

    /// Proposes where it is this replica's turn: asks for a payload, or extends what waits to be decided (L2).
    pub(crate) fn propose(&mut self, ctx: &mut Ctx<'_, Self>) {
        let has_proposed =
            self.signing.proposed.as_ref().is_some_and(|last| last.block.view >= self.view);
        if !self.signs()
            || has_proposed
            || self.building.is_some()
            || self.safety.last_voted >= self.view
            || self.leader() != Some(self.me)
        {
            return;
        }
        let Some(parent) = self.tree.get(self.high_qc.link()).cloned() else {
            return self.fetch(self.high_qc.link(), self.me, ctx);
        };
        if self.is_work_at_hand && !self.pending.is_empty() {
            let next = leaders::header(&parent.block, self.view, self.me, true, &self.config);
            let (view, seq) = (next.regime, next.seq);
            self.building = Some((view, seq));
            self.show(&parent, view, ctx);
            return ctx.call(Call::Build { view, seq });
        }
        self.extend(&parent, ctx);
    }

    /// Without work: an empty block, as long as it serves to decide a payload below, here or where others have not decided
    /// it; then only the certificate that nobody else has; then nothing (L4).
    fn extend(&mut self, parent: &Arc<Proposal>, ctx: &mut Ctx<'_, Self>) {
        if parent.block.seq > self.committed_seq() || self.is_overtaken() {
            return self.say_proposal(parent, None, ctx);
        }
        if std::mem::take(&mut self.is_unshared) {
            let qc = Arc::clone(&self.high_qc);
            self.persist(Record::Certified(Arc::clone(&qc)), ctx);
            ctx.broadcast(Message::Certified(qc));
        }
    }

    pub(crate) fn on_built(
        &mut self,
        view: View,
        seq: Seq,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if self.building != Some((view, seq)) {
            return;
        }
        self.building = None;
        let Some(parent) = self.tree.get(self.high_qc.link()).cloned() else { return };
        if !self.signs() || self.safety.last_voted >= self.view {
            return;
        }
        if payload.is_none() {
            self.is_work_at_hand = false;
            return self.extend(&parent, ctx);
        }
        self.say_proposal(&parent, payload, ctx);
    }

    fn say_proposal(
        &mut self,
        parent: &Arc<Proposal>,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let has_payload = payload.is_some();
        let header = leaders::header(&parent.block, self.view, self.me, has_payload, &self.config);
        let block = Block::new(header, Arc::clone(&self.high_qc), payload);
        let link = block.link();
        let signature = ctx.sign(Propose { view: link.view, block: link.block }).signature;
        let proposal = Arc::new(Proposal { block, signature, tc: self.opening() });
        self.signing.proposed = Some(Arc::clone(&proposal));
        self.is_unshared = false;
        // It is the maker's vote, too, said when the proposal comes back.
        let voted = self.bind(&proposal, parent, ctx);
        if !broken!(self.config, ProposalNotPersisted) {
            self.persist(Record::Proposed(voted), ctx);
        }
        ctx.broadcast(Message::Proposal(proposal));
    }

    /// Shows the application what stands undecided below a block to be built, where it has not seen it in this regime,
    /// so that it does not build from it once more (L3).
    fn show(&mut self, parent: &Arc<Proposal>, view: View, ctx: &mut Ctx<'_, Self>) {
        let mut at = Some(Arc::clone(parent));
        while let Some(proposal) = at.filter(|at| at.block.seq > self.decided) {
            let block = &proposal.block;
            if let Some(payload) = block.payload.clone()
                && self.tree.show(proposal.link(), view)
            {
                let (seq, proposer) = (block.seq, block.proposer);
                ctx.call(Call::Check { view, seq, payload, proposer });
            }
            at = self.tree.get(block.justify.link()).cloned();
        }
    }
}

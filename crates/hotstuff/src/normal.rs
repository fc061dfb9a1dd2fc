//! The normal case: from submitted work to votes.

use std::sync::Arc;

use crypto::Signed;
use protocol::{Call, Ctx, Payload, Reject, ViewChangeCause};
use types::{Digest, NodeId, Seq, View};

use crate::block::{Block, Proposal};
use crate::certificate::{Propose, Qc, Vote};
use crate::message::Message;
use crate::record::Voted;
use crate::replica::{Candidate, Core};
use crate::votes::Cast;
use crate::{Record, leaders, safety};

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
            return Some(leaders::by_turn(self.view, self.config.n));
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

    /// Without work: an empty block, as long as it serves to decide a payload below; then only the certificate that
    /// nobody else has; then nothing (L4).
    fn extend(&mut self, parent: &Arc<Proposal>, ctx: &mut Ctx<'_, Self>) {
        if parent.block.seq > self.committed_seq() {
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
        // The record is that of the vote, too, which follows when the proposal comes back.
        if !broken!(self.config, ProposalNotPersisted) {
            let mut safety = self.safety;
            safety.raise_lock(&self.config, &parent.block, &proposal.block.justify);
            let vote = safety::vote_for(&self.config, &proposal.block, &parent.block);
            let voted = Voted { lock: safety.lock, vote, proposal: Arc::clone(&proposal) };
            self.persist(Record::Proposed(voted), ctx);
        }
        ctx.broadcast(Message::Proposal(proposal));
    }

    pub(crate) fn on_proposal(
        &mut self,
        from: NodeId,
        proposal: &Arc<Proposal>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let block = &proposal.block;
        if block.view < self.view {
            return self.witness(proposal, ctx);
        }
        let is_direct = block.justify.view().next() == block.view;
        let is_opened = proposal.tc.as_ref().is_some_and(|tc| tc.view.next() == block.view);
        let is_proved = block.justify.view() < block.view
            && (is_direct || is_opened)
            && block.justify.is_valid(&self.config)
            && proposal.tc.as_ref().is_none_or(|tc| tc.is_valid(&self.config));
        if !is_proved {
            return ctx.reject(from, Reject::BadCertificate); // L8
        }
        if let Some(tc) = &proposal.tc {
            self.learn_tc(tc, from, ctx);
        }
        self.learn_qc(&block.justify, from, ctx);
        if block.view == self.view {
            self.consider(proposal, from, ctx);
        }
    }

    /// Judges a proposal of this view, once its parent is known (L9).
    pub(crate) fn consider(
        &mut self,
        proposal: &Arc<Proposal>,
        from: NodeId,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let block = &proposal.block;
        self.witness(proposal, ctx);
        if let Some(candidate) = &self.candidate {
            if candidate.proposal.link() == proposal.link() && candidate.is_checked {
                self.vote(ctx);
            }
            if !broken!(self.config, VotedTwice) {
                return;
            }
        }
        let Some(parent) = self.tree.get(block.justify.link()).cloned() else {
            self.held.retain(|held| held.block.proposer != block.proposer);
            self.held.push(Arc::clone(proposal));
            return self.fetch(block.justify.link(), from, ctx);
        };
        let leader = match proposal.tc {
            Some(_) => leaders::by_turn(block.view, self.config.n),
            None => leaders::after(&parent.block, &self.config),
        };
        if block.proposer != leader && !broken!(self.config, AnybodyProposes) {
            return ctx.reject(block.proposer, Reject::NotLeader);
        }
        if !self.is_well_formed(block, &parent.block) {
            ctx.reject(block.proposer, Reject::BadPayload);
            return self.blame(block.proposer, block.seq, ctx);
        }
        self.tree.insert(proposal);
        let is_checked = block.payload.is_none()
            || block.proposer == self.me
            || broken!(self.config, PayloadUnchecked);
        self.candidate = Some(Candidate { proposal: Arc::clone(proposal), is_checked });
        self.arm(ctx);
        self.tree.show(proposal.link(), block.regime);
        match block.payload.clone() {
            Some(payload) if !is_checked => {
                let (view, seq, proposer) = (block.regime, block.seq, block.proposer);
                ctx.call(Call::Check { view, seq, payload, proposer }); // L10
            }
            Some(_) | None => self.vote(ctx),
        }
    }

    fn is_well_formed(&self, block: &Block, parent: &Block) -> bool {
        let has_payload = block.payload.is_some();
        let is_right = || {
            let expected =
                leaders::header(parent, block.view, block.proposer, has_payload, &self.config);
            (expected.regime, expected.seq) == (block.regime, block.seq)
                && expected.suspended == block.suspended
        };
        is_right() || broken!(self.config, HeaderUnchecked)
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

    pub(crate) fn on_checked(
        &mut self,
        view: View,
        seq: Seq,
        digest: Digest,
        is_valid: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Some(candidate) = &mut self.candidate else { return };
        let block = &candidate.proposal.block;
        let is_it = (block.regime, block.seq) == (view, seq)
            && block.payload.as_ref().is_some_and(|payload| payload.digest() == digest);
        if !is_it || candidate.is_checked {
            return;
        }
        if !is_valid {
            let (leader, seq) = (block.proposer, block.seq);
            ctx.reject(leader, Reject::BadPayload);
            return self.blame(leader, seq, ctx);
        }
        candidate.is_checked = true;
        self.vote(ctx);
    }

    /// Gives up the view of a leader that proposed what no honest one does.
    fn blame(&mut self, leader: NodeId, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        self.pace.blamed = Some(ViewChangeCause::BadProposal { leader, seq });
        self.expire(ctx);
    }

    /// Votes for the checked proposal of this view: once, durable before it is heard (L12, L13, L14).
    fn vote(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Some(candidate) = &self.candidate else { return };
        let proposal = Arc::clone(&candidate.proposal);
        let Some(parent) = self.tree.get(proposal.block.justify.link()).cloned() else { return };
        if !self.signs() {
            return;
        }
        let statement = safety::vote_for(&self.config, &proposal.block, &parent.block);
        // The same proposal gets the same vote, however often it comes.
        let again = self.signing.vote.as_ref().filter(|last| last.statement == statement);
        if again.is_some() && !self.has_expired() {
            return self.say_vote(&proposal.block, ctx);
        }
        if !self.safety.may_vote(&self.config, &proposal) {
            return;
        }
        self.safety.raise_lock(&self.config, &parent.block, &proposal.block.justify);
        self.safety.last_voted = proposal.block.view;
        self.signing.vote = Some(ctx.sign(statement));
        self.signing.voted = Some(Arc::clone(&proposal));
        let is_written = proposal.block.proposer == self.me;
        if !is_written && !broken!(self.config, VoteNotPersisted) {
            let lock = self.safety.lock;
            let voted = Voted { lock, vote: statement, proposal: Arc::clone(&proposal) };
            self.persist(Record::Voted(voted), ctx);
        }
        self.tree.write(proposal.link());
        self.say_vote(&proposal.block, ctx);
    }

    /// Sends the last vote to the leader of the view behind its block's.
    pub(crate) fn say_vote(&mut self, block: &Block, ctx: &mut Ctx<'_, Self>) {
        let Some(vote) = self.signing.vote.clone() else { return };
        let to = leaders::after(block, &self.config);
        if to == self.me {
            self.on_vote(&vote, ctx);
        } else {
            ctx.send(to, Message::Vote(vote));
        }
    }

    pub(crate) fn on_vote(&mut self, vote: &Signed<Vote>, ctx: &mut Ctx<'_, Self>) {
        let said = vote.statement;
        if said.view <= self.high_qc.view() {
            return self.compare(vote, ctx);
        }
        if said.justify >= said.view || said.lock > said.justify {
            return ctx.reject(vote.signer, Reject::Malformed);
        }
        match self.votes.cast(vote) {
            Cast::Counted(count) => self.count(said, count, vote.signer, ctx),
            Cast::Repeated if broken!(self.config, RepeatedVotesCount) => {
                let count = self.votes.cast_again(said);
                self.count(said, count, vote.signer, ctx);
            }
            Cast::Repeated => {}
            Cast::Conflicting(first) => self.accuse("double-vote", said.view, &first, vote, ctx),
        }
    }

    fn count(&mut self, said: Vote, count: usize, voter: NodeId, ctx: &mut Ctx<'_, Self>) {
        if count >= self.q {
            let votes = Some(ctx.certify(self.votes.signatures(said)));
            let qc = Arc::new(Qc { vote: said, votes });
            self.is_unshared = true;
            return self.learn_qc(&qc, voter, ctx);
        }
        let is_other = |candidate: &Candidate| candidate.proposal.link() != said.link();
        if said.view == self.view && self.candidate.as_ref().is_some_and(is_other) {
            self.probe(said.link(), voter, ctx);
        }
    }
}

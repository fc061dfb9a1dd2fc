//! The normal case: from proposals to votes and certificates.

use std::sync::Arc;

use crypto::Signed;
use protocol::{Call, Ctx, Reject, ViewChangeCause};
use types::{Digest, NodeId, Seq, View};

use crate::block::{Block, Proposal};
use crate::certificate::{Qc, Vote};
use crate::message::Message;
use crate::record::Voted;
use crate::replica::{Candidate, Core};
use crate::votes::Cast;
use crate::{Record, leaders, safety};

impl Core {
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
            Some(_) => leaders::by_turn(block.view, &self.config),
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
        let is_mine = proposal.block.proposer == self.me;
        let statement = safety::vote_for(&self.config, &proposal.block, &parent.block);
        // The same proposal gets the same vote, however often it comes; one's own got it when it was made.
        let again = self.signing.vote.as_ref().filter(|last| last.statement == statement);
        if again.is_some() {
            if is_mine {
                self.tree.write(proposal.link());
            }
            if !self.has_expired() {
                self.say_vote(&proposal.block, ctx);
            }
            return;
        }
        if !self.safety.may_vote(&self.config, &proposal) {
            return;
        }
        let voted = self.bind(&proposal, &parent, ctx);
        if !broken!(self.config, VoteNotPersisted) {
            self.persist(Record::Voted(voted), ctx);
        }
        self.tree.write(proposal.link());
        self.say_vote(&proposal.block, ctx);
    }

    /// Binds this replica to a block: the record of its vote, which must be durable before anything else is said.
    pub(crate) fn bind(
        &mut self,
        proposal: &Arc<Proposal>,
        parent: &Proposal,
        ctx: &Ctx<'_, Self>,
    ) -> Voted {
        let vote = safety::vote_for(&self.config, &proposal.block, &parent.block);
        self.safety.raise_lock(&self.config, &parent.block, &proposal.block.justify);
        self.safety.last_voted = proposal.block.view;
        self.signing.vote = Some(ctx.sign(vote));
        self.signing.voted = Some(Arc::clone(proposal));
        Voted { lock: self.safety.lock, vote, proposal: Arc::clone(proposal) }
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

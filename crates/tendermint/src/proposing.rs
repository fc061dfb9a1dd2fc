//! Proposals: when they are made, and what becomes of others' ones before they are voted on.

use std::sync::Arc;

use protocol::{Call, Ctx, Payload, Reject};
use types::{Digest, Seq, View};

use crate::message::{Message, Polka, Proposal, Propose};
use crate::replica::{Core, Step};
use crate::rounds::Judged;
use crate::safety::{self, view_of};
use crate::{Record, Round};

/// How far decisions may be ahead of executions for a replica to propose more.
const UNEXECUTED_MAX: u64 = 8;

impl Core {
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        if self.pending.submit(work) {
            self.is_work_at_hand = true;
            self.arm_propose(ctx);
            self.arm_retry(ctx);
            self.propose(ctx);
        }
    }

    /// Proposes what had a polka before (L9), or asks for a payload where there is work (L10).
    pub(crate) fn propose(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_made = self.rounds.get(self.round).is_some_and(|state| state.proposal.is_some());
        if !self.leads() || !self.votes() || is_made || self.step != Step::Propose {
            return;
        }
        if let Some(valid) = &self.valid {
            let (payload, polka) = (valid.payload.clone(), Arc::clone(&valid.polka));
            return self.say_proposal(payload, Some(polka), ctx);
        }
        let view = view_of(self.seq, self.round);
        let is_due = self.building != Some(view)
            && self.is_work_at_hand
            && !self.pending.is_empty()
            && self.seq.above(self.executed) <= UNEXECUTED_MAX;
        if is_due {
            self.building = Some(view);
            ctx.call(Call::Build { view, seq: self.seq });
        }
    }

    pub(crate) fn on_built(
        &mut self,
        view: View,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if self.building != Some(view) || view != view_of(self.seq, self.round) {
            return;
        }
        self.building = None;
        let Some(payload) = payload else {
            self.is_work_at_hand = false;
            return;
        };
        let is_made = self.rounds.get(self.round).is_some_and(|state| state.proposal.is_some());
        if self.leads() && self.votes() && !is_made {
            self.say_proposal(payload, None, ctx);
        }
    }

    fn say_proposal(
        &mut self,
        payload: Payload,
        polka: Option<Arc<Polka>>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let propose = ctx.sign(Propose {
            seq: self.seq,
            round: self.round,
            digest: payload.digest(),
            valid_round: polka.as_ref().map(|polka| polka.prevote.round),
        });
        let polka = polka.filter(|_| !broken!(self.config, PolkaNotPassedOn));
        let proposal = Arc::new(Proposal { propose, payload, polka });
        if !broken!(self.config, ProposalNotPersisted) {
            ctx.persist(Record::Proposed(Arc::clone(&proposal)));
        }
        // From here on it is a promise; it counts as everybody's does, when it comes back.
        if let Some(state) = self.rounds.reach(self.round) {
            state.judged = Judged::Valid;
            state.proposal = Some(Arc::clone(&proposal));
        }
        ctx.broadcast(Message::Proposal(proposal));
        self.arm_retry(ctx);
    }

    pub(crate) fn on_proposal(&mut self, proposal: &Arc<Proposal>, ctx: &mut Ctx<'_, Self>) {
        let said = proposal.propose.statement;
        let from = proposal.propose.signer;
        let proposer = if said.round == self.round {
            self.proposer
        } else {
            self.turns.proposer(&self.config, said.round)
        };
        if from != proposer && !broken!(self.config, AnybodyProposes) {
            return ctx.reject(from, Reject::NotLeader);
        }
        if let Err(reason) = safety::check_proposal(&self.config, &self.set, proposal) {
            return ctx.reject(from, reason);
        }
        let Some(state) = self.rounds.reach(said.round) else { return };
        if let Some(accepted) = state.proposal.clone()
            && !broken!(self.config, ProposalOverwritten)
        {
            if accepted.propose.statement != said {
                self.catch_equivocation(&accepted.propose, &proposal.propose, ctx); // L15
            } else if from == self.me {
                self.advance(said.round, ctx);
            }
            return;
        }
        state.proposal = Some(Arc::clone(proposal));
        state.judged = Judged::Open;
        let others = state.prevotes.others_than(said.digest);
        if let Some(polka) = &proposal.polka {
            self.absorb(polka, ctx);
        }
        self.arm_retry(ctx);
        self.examine(said.round, ctx);
        for voter in others {
            self.exhibit(said.round, voter, ctx);
        }
        self.advance(said.round, ctx);
    }

    /// Asks the application about the proposal of a round; a valid value was judged before.
    pub(crate) fn examine(&mut self, round: Round, ctx: &mut Ctx<'_, Self>) {
        let valid = self.valid.as_ref().map(|valid| valid.payload.digest());
        let (seq, view) = (self.seq, view_of(self.seq, round));
        let Some(state) = self.rounds.get_mut(round) else { return };
        let Some(proposal) = state.proposal.clone().filter(|_| state.judged == Judged::Open) else {
            return;
        };
        if valid == state.digest() {
            state.judged = Judged::Valid;
            return;
        }
        let (payload, proposer) = (proposal.payload.clone(), proposal.propose.signer);
        ctx.call(Call::Check { view, seq, payload, proposer });
    }

    pub(crate) fn on_checked(
        &mut self,
        view: View,
        seq: Seq,
        digest: Digest,
        is_valid: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if seq != self.seq {
            return;
        }
        let is_valid = is_valid || broken!(self.config, PayloadUnchecked);
        let mut states = self.rounds.iter_mut();
        let is_it = |round: Round| view_of(seq, round) == view;
        let Some(state) = states.find(|s| is_it(s.round) && s.digest() == Some(digest)) else {
            return;
        };
        if state.judged != Judged::Open {
            return;
        }
        let round = state.round;
        state.judged = if is_valid { Judged::Valid } else { Judged::Invalid };
        if let Some(proposal) = state.proposal.as_ref().filter(|_| !is_valid) {
            ctx.reject(proposal.propose.signer, Reject::BadPayload);
        }
        drop(states);
        self.advance(round, ctx);
    }

    pub(crate) fn on_executed(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.pending.finish(done);
        self.executed = self.executed.max(seq);
        // Work may be left that the application had counted among what was on its way.
        self.is_work_at_hand = true;
        self.propose(ctx);
        self.arm_propose(ctx);
    }
}

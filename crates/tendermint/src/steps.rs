//! The algorithm: rounds of propose, prevote, precommit, until a height is decided.

use std::sync::Arc;

use crypto::{Signatures, Signed};
use protocol::{Call, Ctx, Decision, Payload, Reject, ViewChangeCause};
use types::{Digest, Seq, View};

use crate::message::{Committed, Message, Polka, Precommit, Prevote, Proposal, Propose};
use crate::replica::{Core, Step, Valid};
use crate::rounds::Judged;
use crate::safety::{self, Lock, view_of};
use crate::votes::{Cast, Value};
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

    /// Begins the height behind the last decision, forgetting the one before (L7).
    pub(crate) fn enter_height(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        self.seq = seq;
        self.rounds.clear();
        self.lock = None;
        self.valid = None;
        self.cause = None;
        self.enter_set();
        self.start_round(Round::ZERO, ctx);
    }

    /// Begins a round (L8).
    pub(crate) fn start_round(&mut self, round: Round, ctx: &mut Ctx<'_, Self>) {
        self.round = round;
        self.step = Step::Propose;
        self.building = None;
        self.is_work_at_hand = true;
        self.rounds.enter(round);
        self.proposer = self.turns.proposer(&self.config, round);
        self.disarm();
        let begun = (self.seq, round);
        self.replay(ctx);
        if begun == (self.seq, self.round) {
            self.propose(ctx);
            self.arm_propose(ctx);
            self.advance(round, ctx);
            self.arm_retry(ctx);
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

    pub(crate) fn on_prevote(&mut self, vote: &Signed<Prevote>, ctx: &mut Ctx<'_, Self>) {
        let Prevote { round, digest, valid_round, .. } = vote.statement;
        let value = Value { digest, valid_round };
        let Some(state) = self.rounds.reach(round) else { return };
        let is_other = state.digest().is_some_and(|accepted| accepted != digest);
        let power = match state.prevotes.cast(&self.set, vote.signer, value, vote.signature) {
            Cast::Counted(power) => power,
            Cast::Repeated if broken!(self.config, RepeatedVotesCount) => {
                state.prevotes.cast_again(&self.set, vote.signer, value)
            }
            Cast::Repeated => return,
            Cast::Conflicting(earlier, signature) => {
                return self.accuse_prevote(earlier, signature, vote, ctx); // L32
            }
        };
        if self.set.is_quorum(power) && state.polka.is_none() {
            let prevotes = state.prevotes.signatures(value);
            state.polka = Some(Arc::new(Polka { prevote: vote.statement, prevotes }));
        }
        if is_other && !value.is_nil() {
            self.exhibit(round, vote.signer, ctx);
        }
        self.wake(round, ctx);
        self.advance(round, ctx);
    }

    pub(crate) fn on_precommit(&mut self, vote: &Signed<Precommit>, ctx: &mut Ctx<'_, Self>) {
        let Precommit { round, digest, .. } = vote.statement;
        let value = Value::of(digest);
        let Some(state) = self.rounds.reach(round) else { return };
        match state.precommits.cast(&self.set, vote.signer, value, vote.signature) {
            Cast::Counted(_) => {}
            Cast::Repeated if broken!(self.config, RepeatedVotesCount) => {
                state.precommits.cast_again(&self.set, vote.signer, value);
            }
            Cast::Repeated => return,
            Cast::Conflicting(earlier, signature) => {
                return self.accuse_precommit(earlier, signature, vote, ctx); // L32
            }
        }
        self.arm_retry(ctx);
        self.advance(round, ctx);
    }

    /// Does all that the messages of a round allow by now.
    pub(crate) fn advance(&mut self, round: Round, ctx: &mut Ctx<'_, Self>) {
        if self.try_decide(round, ctx) {
            return;
        }
        if round < self.round && !self.is_excuse(round) {
            return;
        }
        self.try_prevote(ctx);
        self.try_precommit(ctx);
        self.time_votes(ctx);
    }

    /// Whether the current proposal waits for a polka of this earlier round.
    fn is_excuse(&self, round: Round) -> bool {
        let state = self.rounds.get(self.round).and_then(|state| state.proposal.as_ref());
        state.is_some_and(|proposal| proposal.propose.statement.valid_round == Some(round))
    }

    /// Answers the proposal of this round, once (L17, L18, L19).
    fn try_prevote(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Some(state) = self.rounds.get(self.round) else { return };
        let Some(proposal) = &state.proposal else { return };
        if self.step != Step::Propose || state.judged == Judged::Open || !self.votes() {
            return;
        }
        let Propose { digest, valid_round, seq, .. } = proposal.propose.statement;
        let leader = proposal.propose.signer;
        if state.judged == Judged::Invalid {
            self.cause = Some(ViewChangeCause::BadProposal { leader, seq });
            return self.say_prevote(Value::NIL, ctx); // L18
        }
        let excuse = valid_round.and_then(|valid| self.polka_at(valid, digest));
        if valid_round.is_some() && excuse.is_none() {
            if broken!(self.config, MissingPolkaIsNil) {
                return self.say_prevote(Value::NIL, ctx);
            }
            // The polka may yet come, with a PREVOTE or from somebody who saw it.
            if !broken!(self.config, PolkaUnneeded) {
                return;
            }
        }
        if safety::allows(&self.config, self.lock.as_ref(), digest, valid_round) {
            let known = self.valid.as_ref().map(|valid| valid.polka.prevote.round);
            if let Some(polka) = excuse.filter(|polka| known < Some(polka.prevote.round)) {
                ctx.persist(Record::Excuse(polka));
            }
            self.say_prevote(Value { digest, valid_round }, ctx);
        } else {
            self.say_prevote(Value::NIL, ctx);
        }
    }

    /// The polka for a value in a round, where it is known.
    fn polka_at(&self, round: Round, digest: Digest) -> Option<Arc<Polka>> {
        let seen = self.rounds.get(round).and_then(|state| state.polka.as_ref());
        let valid = self.valid.as_ref().map(|valid| &valid.polka);
        let is_it =
            |polka: &&Arc<Polka>| polka.prevote.round == round && polka.prevote.digest == digest;
        seen.filter(is_it).or_else(|| valid.filter(is_it)).cloned()
    }

    pub(crate) fn say_prevote(&mut self, value: Value, ctx: &mut Ctx<'_, Self>) {
        let Value { digest, valid_round } = value;
        let vote = ctx.sign(Prevote { seq: self.seq, round: self.round, digest, valid_round });
        if !broken!(self.config, PrevoteNotPersisted) {
            ctx.persist(Record::Prevoted(vote.clone()));
        }
        self.step = Step::Prevote;
        ctx.broadcast(Message::Prevote(vote));
        self.arm_retry(ctx);
    }

    /// Acts on the polka of this round (L22, L24).
    fn try_precommit(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Some(state) = self.rounds.get_mut(self.round) else { return };
        let Some(polka) = state.polka.clone().filter(|_| !state.is_polka_done) else { return };
        let digest = polka.prevote.digest;
        let is_voting = self.config.voting;
        if digest.is_zero() {
            if self.step == Step::Prevote {
                state.is_polka_done = true;
                if broken!(self.config, NilPolkaUnlocks) {
                    self.lock = None;
                }
                self.say_precommit(Digest::ZERO, ctx);
            }
            return;
        }
        let is_ready = state.judged == Judged::Valid && state.digest() == Some(digest);
        if !is_ready || (self.step == Step::Propose && is_voting) {
            return;
        }
        let Some(proposal) = state.proposal.clone() else { return };
        state.is_polka_done = true;
        if self.step == Step::Precommit && broken!(self.config, LatePolkaForgotten) {
            return;
        }
        self.valid = Some(Valid { payload: proposal.payload.clone(), polka: Arc::clone(&polka) });
        if !broken!(self.config, ValidNotPersisted) {
            ctx.persist(Record::Valid(proposal, polka));
        }
        if self.step == Step::Prevote || broken!(self.config, LatePolkaLocks) {
            self.lock = Some(Lock::moved(self.lock, self.round, digest)); // L23
            self.say_precommit(digest, ctx);
        }
    }

    pub(crate) fn say_precommit(&mut self, digest: Digest, ctx: &mut Ctx<'_, Self>) {
        if !self.votes() {
            return;
        }
        let vote = ctx.sign(Precommit { seq: self.seq, round: self.round, digest });
        if !broken!(self.config, PrecommitNotPersisted) {
            ctx.persist(Record::Precommitted(vote.clone()));
        }
        self.step = Step::Precommit;
        ctx.broadcast(Message::Precommit(vote));
    }

    /// Decides what a quorum has precommitted, in whatever round (L27).
    fn try_decide(&mut self, round: Round, ctx: &mut Ctx<'_, Self>) -> bool {
        if round < self.round && broken!(self.config, OldRoundsForgotten) {
            return false;
        }
        let Some(state) = self.rounds.get(round) else { return false };
        if !self.set.is_quorum(state.precommits.power()) {
            return false;
        }
        let Some(value) = state.precommits.leading() else { return false };
        if value.is_nil() || !self.set.is_quorum(state.precommits.power_of(value)) {
            return false;
        }
        let Some(payload) = self.payload_of(value.digest) else { return false };
        let Some(state) = self.rounds.get(round) else { return false };
        let precommits = state.precommits.signatures(value);
        let precommit = Precommit { seq: self.seq, round, digest: value.digest };
        self.decide(Arc::new(Committed { precommit, payload, precommits }), ctx);
        true
    }

    /// Hands a decision over and begins the next height (L27, L31).
    pub(crate) fn decide(&mut self, proof: Arc<Committed>, ctx: &mut Ctx<'_, Self>) {
        let Precommit { seq, round, .. } = proof.precommit;
        self.hand_over(&proof, ctx);
        ctx.persist(Record::Decided(Arc::clone(&proof)));
        self.keep(proof);
        self.uncompacted += 1;
        if self.uncompacted >= self.config.history.saturating_mul(2).max(1) {
            self.uncompacted = 0;
            ctx.compact(self.records());
        }
        self.note_decided(seq, round);
        self.enter_height(seq.next(), ctx);
    }

    pub(crate) fn hand_over(&self, proof: &Committed, ctx: &mut Ctx<'_, Self>) {
        let Precommit { seq, round, .. } = proof.precommit;
        let commits: Signatures = proof.precommits.clone();
        let view = view_of(seq, round);
        ctx.decide(Decision { view, seq, payload: Some(proof.payload.clone()), commits });
    }

    /// Keeps a commit certificate for those who fall behind.
    pub(crate) fn keep(&mut self, proof: Arc<Committed>) {
        self.history.push_back(proof);
        while self.history.len() > self.config.history {
            self.history.pop_front();
        }
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

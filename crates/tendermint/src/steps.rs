//! The algorithm: rounds of propose, prevote, precommit, until a height is decided.

use std::sync::Arc;

use crypto::{Signatures, Signed};
use protocol::{Ctx, Decision, ViewChangeCause};
use types::{Digest, Seq};

use crate::message::{Committed, Message, Polka, Precommit, Prevote, Propose};
use crate::replica::{Core, Step, Valid};
use crate::rounds::Judged;
use crate::safety::{self, Lock, view_of};
use crate::votes::{Cast, Value};
use crate::{Record, Round};

impl Core {
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
        if round > Round::ZERO && !value.is_nil() {
            self.catch_amnesia(vote, ctx); // L32
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
        self.step = Step::Prevote;
        self.sign_prevote(self.round, value, ctx);
        self.arm_retry(ctx);
    }

    /// Signs a PREVOTE, of which each round has one.
    pub(crate) fn sign_prevote(&mut self, round: Round, value: Value, ctx: &mut Ctx<'_, Self>) {
        let Value { digest, valid_round } = value;
        let vote = ctx.sign(Prevote { seq: self.seq, round, digest, valid_round });
        if let Some(state) = self.rounds.reach(round) {
            state.has_prevoted = true;
        }
        if !broken!(self.config, PrevoteNotPersisted) {
            ctx.persist(Record::Prevoted(vote.clone()));
        }
        ctx.broadcast(Message::Prevote(vote));
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
        self.step = Step::Precommit;
        self.sign_precommit(self.round, digest, ctx);
    }

    /// Signs a PRECOMMIT, of which each round has one.
    pub(crate) fn sign_precommit(&mut self, round: Round, digest: Digest, ctx: &mut Ctx<'_, Self>) {
        let vote = ctx.sign(Precommit { seq: self.seq, round, digest });
        if let Some(state) = self.rounds.reach(round) {
            state.has_precommitted = true;
        }
        if !broken!(self.config, PrecommitNotPersisted) {
            ctx.persist(Record::Precommitted(vote.clone()));
        }
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
        let seq = proof.precommit.seq;
        // The proof is durable first: were the block alone kept over a crash, nobody could be shown why.
        ctx.persist(Record::Decided(Arc::clone(&proof)));
        self.hand_over(&proof, ctx);
        self.keep(proof);
        self.uncompacted += 1;
        if self.uncompacted >= self.config.history.saturating_mul(2).max(1) {
            self.uncompacted = 0;
            ctx.compact(self.records());
        }
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
}

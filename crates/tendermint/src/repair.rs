//! Repairs what the network lost: asking, answering, polkas and decisions from others.

use std::sync::Arc;

use crypto::Signed;
use protocol::{Ctx, Reject};
use types::{Digest, NodeId, Seq};

use crate::message::{Committed, Message, Polka, Precommit, Prevote, StatusReport};
use crate::replica::Core;
use crate::validators::Validators;
use crate::votes::{Cast, Value};
use crate::{Round, safety};

/// Most decided heights that one answer covers, and that are kept above the present one.
pub(crate) const ANSWER_HEIGHTS_MAX: usize = 16;

/// Whoever has got this much further is answered again at once.
const MOVED_MIN: u64 = ANSWER_HEIGHTS_MAX as u64 / 2;

impl Core {
    /// How far this replica is.
    pub(crate) fn report(&self) -> StatusReport {
        let valid_round = self.valid.as_ref().map(|valid| valid.polka.prevote.round);
        StatusReport { seq: self.seq, round: self.round, valid_round }
    }

    /// What this replica has said in a round of this height, in the same bytes.
    pub(crate) fn own_words(&self, round: Round) -> Vec<Message> {
        let (seq, signer) = (self.seq, self.me);
        let Some(state) = self.rounds.get(round) else { return Vec::new() };
        let proposal = state.proposal.as_ref().filter(|p| p.propose.signer == self.me);
        let prevote = state.prevotes.of(self.me).map(|(value, signature)| {
            let Value { digest, valid_round } = value;
            let statement = Prevote { seq, round, digest, valid_round };
            Message::Prevote(Signed { statement, signer, signature })
        });
        let precommit = state.precommits.of(self.me).map(|(value, signature)| {
            let statement = Precommit { seq, round, digest: value.digest };
            Message::Precommit(Signed { statement, signer, signature })
        });
        let proposal = proposal.map(|proposal| Message::Proposal(Arc::clone(proposal)));
        proposal.into_iter().chain(prevote).chain(precommit).collect()
    }

    /// Nothing has moved for a whole interval: says everything of this round again, and asks for news (L34).
    pub(crate) fn retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        for message in self.own_words(self.round) {
            for to in NodeId::all(self.config.n()).filter(|&to| to != self.me) {
                ctx.send(to, message.clone());
            }
        }
        ctx.broadcast(Message::Status(self.report()));
        self.is_work_at_hand = true;
        self.propose(ctx);
        self.examine(self.round, ctx);
    }

    /// Asks somebody who is further what is missing here, not too often.
    pub(crate) fn ask(&mut self, whom: NodeId, ctx: &mut Ctx<'_, Self>) {
        let is_soon = |last: types::Time| ctx.now.since(last).times(2) < self.config.retry_interval;
        if whom != self.me && !self.pace.asked.is_some_and(is_soon) {
            self.pace.asked = Some(ctx.now);
            ctx.send(whom, Message::Status(self.report()));
        }
    }

    /// Answers with what the sender lacks, from what this replica itself has said or can prove (L35).
    pub(crate) fn on_status(
        &mut self,
        from: NodeId,
        report: StatusReport,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Some(last) = self.answered.get_mut(from.index()) else { return };
        let is_soon = last.is_some_and(|(last, seq)| {
            report.seq < seq.plus(MOVED_MIN)
                && ctx.now.since(last).times(2) < self.config.retry_interval
        });
        if from == self.me || is_soon {
            return;
        }
        *last = Some((ctx.now, report.seq));
        if report.seq < self.seq {
            return self.show_decisions(from, report.seq, ctx);
        }
        if report.seq > self.seq {
            return self.ask(from, ctx);
        }
        let valid = self.valid.as_ref().map(|valid| &valid.polka);
        if let Some(polka) = valid.filter(|polka| {
            report.valid_round < Some(polka.prevote.round)
                && !broken!(self.config, PolkaNotPassedOn)
        }) {
            ctx.send(from, Message::Polka(Arc::clone(polka)));
        }
        if report.round < self.round {
            self.abstain(report.round, ctx);
            for message in self.own_words(report.round) {
                ctx.send(from, message);
            }
        }
        for message in self.own_words(self.round) {
            ctx.send(from, message);
        }
    }

    /// Votes for nothing in a round that this replica has left without a vote, for those who cannot leave it: the votes
    /// that took this replica on may have been a liar's, who shows them to nobody else (L35).
    fn abstain(&mut self, round: Round, ctx: &mut Ctx<'_, Self>) {
        if !self.votes() {
            return;
        }
        let Some(state) = self.rounds.reach(round) else { return };
        let (mut has_prevoted, mut has_precommitted) = (state.has_prevoted, state.has_precommitted);
        if broken!(self.config, VotesInFlightForgotten) {
            has_prevoted = state.prevotes.of(self.me).is_some();
            has_precommitted = state.precommits.of(self.me).is_some();
        }
        if !has_prevoted && !has_precommitted {
            self.sign_prevote(round, Value::NIL, ctx);
        }
        if !has_precommitted {
            self.sign_precommit(round, Digest::ZERO, ctx);
        }
    }

    fn show_decisions(&self, to: NodeId, since: Seq, ctx: &mut Ctx<'_, Self>) {
        if broken!(self.config, NoHelpForLaggards) {
            return;
        }
        let missing = self.history.iter().filter(|proof| proof.precommit.seq >= since);
        for proof in missing.take(ANSWER_HEIGHTS_MAX) {
            ctx.send(to, Message::Committed(Arc::clone(proof)));
        }
    }

    /// Counts the votes of a polka, which is one whatever its signers told this replica (L36).
    pub(crate) fn absorb(&mut self, polka: &Arc<Polka>, ctx: &mut Ctx<'_, Self>) {
        let said = polka.prevote;
        let value = Value { digest: said.digest, valid_round: said.valid_round };
        let Some(state) = self.rounds.reach(said.round) else { return };
        if state.polka.is_some() {
            return;
        }
        state.polka = Some(Arc::clone(polka));
        let mut liars = Vec::new();
        for (&signer, &signature) in &polka.prevotes {
            match state.prevotes.cast(&self.set, signer, value, signature) {
                Cast::Counted(_) | Cast::Repeated => {}
                Cast::Conflicting(earlier, first) => {
                    let vote = Signed { statement: said, signer, signature };
                    liars.push((earlier, first, vote));
                }
            }
        }
        for (earlier, first, vote) in liars {
            self.accuse_prevote(earlier, first, &vote, ctx);
        }
    }

    /// A polka that somebody passes on (L36).
    pub(crate) fn on_polka(&mut self, from: NodeId, polka: &Arc<Polka>, ctx: &mut Ctx<'_, Self>) {
        let said = polka.prevote;
        if said.seq != self.seq {
            return;
        }
        if !safety::is_polka(&self.set, polka) {
            return ctx.reject(from, Reject::BadCertificate);
        }
        if said.round > self.round {
            self.start_round(said.round, ctx);
        }
        if said.seq == self.seq {
            self.absorb(polka, ctx);
            self.advance(said.round, ctx);
        }
    }

    /// A decision that somebody passes on (L36).
    pub(crate) fn on_committed(
        &mut self,
        from: NodeId,
        proof: &Arc<Committed>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let seq = proof.precommit.seq;
        if seq < self.seq || seq.above(self.seq) >= ANSWER_HEIGHTS_MAX as u64 {
            return;
        }
        let set = Validators::at(&self.config, seq);
        if !safety::is_committed(&set, proof) {
            return ctx.reject(from, Reject::BadCertificate);
        }
        self.later.insert(seq, Arc::clone(proof));
        let before = self.seq;
        while let Some(proof) = self.later.remove(&self.seq) {
            self.compare(&proof, ctx);
            self.decide(proof, ctx);
        }
        self.later = self.later.split_off(&self.seq);
        if self.seq.above(before) > 0 && self.later.is_empty() {
            // There may be more where this came from.
            self.pace.asked = None;
            self.ask(from, ctx);
        }
    }

    /// Accuses those who told this replica something else than their commit certificate says (L32).
    fn compare(&mut self, proof: &Committed, ctx: &mut Ctx<'_, Self>) {
        let said = proof.precommit;
        let Some(state) = self.rounds.get(said.round) else { return };
        let told = |signer: NodeId| {
            let (value, signature) = state.precommits.of(signer)?;
            (value.digest != said.digest).then_some((value, signature))
        };
        let liars: Vec<_> = proof
            .precommits
            .iter()
            .filter_map(|(&signer, &signature)| {
                let vote = Signed { statement: said, signer, signature };
                told(signer).map(|earlier| (earlier, vote))
            })
            .collect();
        for ((value, signature), vote) in liars {
            self.accuse_precommit(value, signature, &vote, ctx);
        }
    }

    /// The application stands after `seq` (L39).
    pub(crate) fn on_transferred(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.pending.finish(done);
        self.executed = self.executed.max(seq);
        self.halted = None;
        if self.is_unplaced {
            self.place(seq, ctx);
        }
        if seq >= self.seq {
            self.later = self.later.split_off(&seq.next());
            self.enter_height(seq.next(), ctx);
        }
    }

    /// After a restart: hands over again what is decided, and not yet executed (L39).
    pub(crate) fn place(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        self.is_unplaced = false;
        self.executed = self.executed.max(seq);
        let mut next = seq.next();
        while next < self.seq {
            let Some(proof) = self.history.iter().find(|p| p.precommit.seq == next).cloned() else {
                break;
            };
            self.hand_over(&proof, ctx);
            next = next.next();
        }
        // What is neither executed nor kept must come from others.
        if next < self.seq {
            self.history.clear();
            self.enter_height(next, ctx);
        }
    }
}

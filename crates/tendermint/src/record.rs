//! What is kept on disk, and how a replica is rebuilt from it.

use std::sync::Arc;

use crypto::Signed;
use protocol::Ctx;
use types::Seq;

use crate::message::{Committed, Message, Polka, Precommit, Prevote, Proposal};
use crate::replica::{Core, Step, Valid};
use crate::rounds::Judged;
use crate::safety::Lock;
use crate::votes::Value;

/// What must survive a crash: each of the first four is durable before the message that it stands behind leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Before one's own PROPOSAL: the proposal.
    Proposed(Arc<Proposal>),
    /// Before a PREVOTE: the vote.
    Prevoted(Signed<Prevote>),
    /// Before a PRECOMMIT for a value, and with every later valid value: the proposal, and the polka of its round.
    Valid(Arc<Proposal>, Arc<Polka>),
    /// Before a PRECOMMIT: the vote; one for a value is the lock on it.
    Precommitted(Signed<Precommit>),
    /// A polka of an earlier round, by which the next PREVOTE is excused.
    Excuse(Arc<Polka>),
    /// What was decided, before it is handed over: for those who fall behind.
    Decided(Arc<Committed>),
}

mod bytes {
    use codec::{Decode, DecodeError, Encode, Reader};

    use super::Record;

    impl Encode for Record {
        fn encode(&self, out: &mut Vec<u8>) {
            match self {
                Self::Proposed(proposal) => {
                    out.push(1);
                    proposal.encode(out);
                }
                Self::Prevoted(vote) => {
                    out.push(2);
                    vote.encode(out);
                }
                Self::Valid(proposal, polka) => {
                    out.push(3);
                    proposal.encode(out);
                    polka.encode(out);
                }
                Self::Precommitted(vote) => {
                    out.push(4);
                    vote.encode(out);
                }
                Self::Excuse(polka) => {
                    out.push(5);
                    polka.encode(out);
                }
                Self::Decided(proof) => {
                    out.push(6);
                    proof.encode(out);
                }
            }
        }
    }
    impl Decode for Record {
        const BYTES_MIN: usize = 1;
        fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
            Ok(match reader.byte()? {
                1 => Self::Proposed(Decode::decode(reader)?),
                2 => Self::Prevoted(Decode::decode(reader)?),
                3 => Self::Valid(Decode::decode(reader)?, Decode::decode(reader)?),
                4 => Self::Precommitted(Decode::decode(reader)?),
                5 => Self::Excuse(Decode::decode(reader)?),
                6 => Self::Decided(Decode::decode(reader)?),
                tag => return Err(DecodeError::UnknownTag { of: "Record", tag }),
            })
        }
    }
}

impl Record {
    fn seq(&self) -> Seq {
        match self {
            Self::Proposed(proposal) | Self::Valid(proposal, _) => proposal.propose.statement.seq,
            Self::Prevoted(vote) => vote.statement.seq,
            Self::Precommitted(vote) => vote.statement.seq,
            Self::Excuse(polka) => polka.prevote.seq,
            Self::Decided(proof) => proof.precommit.seq,
        }
    }
}

impl Core {
    /// Puts the log's records back (L37).
    pub(crate) fn recover(&mut self, log: Vec<Record>) {
        let mut current = Vec::new();
        for record in log {
            self.seq = self.seq.max(record.seq());
            if let Record::Decided(proof) = record {
                self.seq = self.seq.max(proof.precommit.seq.next());
                self.keep(proof);
            } else {
                current.push(record);
            }
        }
        self.signed_below = self.seq;
        self.enter_set();
        let seq = self.seq;
        for record in current.into_iter().filter(|record| record.seq() == seq) {
            self.recover_current(record);
        }
    }

    fn recover_current(&mut self, record: Record) {
        let me = self.me;
        match record {
            Record::Proposed(proposal) => {
                self.recover_round(proposal.propose.statement.round, Step::Propose);
                if let Some(state) = self.rounds.reach(proposal.propose.statement.round) {
                    state.judged = Judged::Valid;
                    state.proposal = Some(proposal);
                }
            }
            Record::Prevoted(vote) => {
                let said = vote.statement;
                self.recover_round(said.round, Step::Prevote);
                let value = Value { digest: said.digest, valid_round: said.valid_round };
                if let Some(state) = self.rounds.reach(said.round) {
                    state.has_prevoted = true;
                    state.prevotes.cast(&self.set, me, value, vote.signature);
                }
            }
            Record::Valid(proposal, polka) => {
                let round = polka.prevote.round;
                if let Some(state) = self.rounds.reach(round) {
                    state.judged = Judged::Valid;
                    state.proposal = Some(Arc::clone(&proposal));
                    state.polka = Some(Arc::clone(&polka));
                }
                self.valid = Some(Valid { payload: proposal.payload.clone(), polka });
            }
            Record::Precommitted(vote) => {
                let said = vote.statement;
                self.recover_round(said.round, Step::Precommit);
                if !said.digest.is_zero() && !broken!(self.config, LockNotRecovered) {
                    self.lock = Some(Lock::moved(self.lock, said.round, said.digest));
                }
                if let Some(state) = self.rounds.reach(said.round) {
                    state.is_polka_done = !said.digest.is_zero();
                    let value = Value::of(said.digest);
                    state.has_precommitted = true;
                    state.precommits.cast(&self.set, me, value, vote.signature);
                }
            }
            Record::Excuse(polka) => {
                if let Some(state) = self.rounds.reach(polka.prevote.round) {
                    state.polka = Some(polka);
                }
            }
            Record::Decided(_) => {}
        }
    }

    fn recover_round(&mut self, round: crate::Round, step: Step) {
        if round > self.round {
            self.step = Step::Propose;
            self.rounds.enter(round);
        }
        self.round = self.round.max(round);
        if round == self.round {
            self.step = self.step.max(step);
        }
    }

    /// Says again what was said last before the crash, byte for byte (L38), and asks for news.
    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.proposer = self.turns.proposer(&self.config, self.round);
        for message in self.own_words(self.round) {
            ctx.broadcast(message);
        }
        ctx.broadcast(Message::Status(self.report()));
        self.arm_propose(ctx);
        self.arm_retry(ctx);
    }

    /// The log as it must be after a decision (L31).
    pub(crate) fn records(&self) -> Vec<Record> {
        self.history.iter().cloned().map(Record::Decided).collect()
    }
}

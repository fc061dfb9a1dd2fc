//! Names liars by two of their own signed statements.

use codec::{Decode, Encode};
use crypto::{Signature, Signed, Statement, Verifier};
use protocol::{Ctx, Evidence};
use types::{NodeId, Seq};

use crate::Round;
use crate::message::{Message, Precommit, Prevote, Propose};
use crate::replica::Core;
use crate::safety::{forgets, view_of};
use crate::votes::Value;

/// Most accusations remembered, so that none is repeated.
const ACCUSED_MAX: usize = 1_024;

/// Puts two statements of one replica together.
pub(crate) fn evidence<A: Encode, B: Encode>(
    kind: &'static str,
    seq: Seq,
    round: Round,
    first: &Signed<A>,
    second: &Signed<B>,
) -> Evidence {
    Evidence {
        offender: second.signer,
        kind,
        view: view_of(seq, round),
        seq,
        first: first.to_bytes(),
        second: second.to_bytes(),
    }
}

impl Core {
    /// Reports two statements of one replica that contradict each other, once (L32).
    pub(crate) fn accuse<A: Statement, B: Statement>(
        &mut self,
        kind: &'static str,
        (seq, round): (Seq, Round),
        first: &Signed<A>,
        second: &Signed<B>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        ctx.reject(second.signer, protocol::Reject::Conflicting);
        if self.accused.len() >= ACCUSED_MAX || broken!(self.config, NoAccusations) {
            return;
        }
        if self.accused.insert((second.signer, seq, kind)) {
            ctx.accuse(evidence(kind, seq, round, first, second));
        }
    }

    /// Two PREVOTEs of one replica in one round (L32).
    pub(crate) fn accuse_prevote(
        &mut self,
        earlier: Value,
        signature: Signature,
        vote: &Signed<Prevote>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Prevote { seq, round, .. } = vote.statement;
        let Value { digest, valid_round } = earlier;
        let statement = Prevote { seq, round, digest, valid_round };
        let first = Signed { statement, signer: vote.signer, signature };
        self.accuse("double-prevote", (seq, round), &first, vote, ctx);
    }

    /// Two PRECOMMITs of one replica in one round (L32).
    pub(crate) fn accuse_precommit(
        &mut self,
        earlier: Value,
        signature: Signature,
        vote: &Signed<Precommit>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Precommit { seq, round, .. } = vote.statement;
        let statement = Precommit { seq, round, digest: earlier.digest };
        let first = Signed { statement, signer: vote.signer, signature };
        self.accuse("double-precommit", (seq, round), &first, vote, ctx);
    }

    /// A PREVOTE against what its sender had precommitted here, without the excuse of a later polka (L32).
    pub(crate) fn catch_amnesia(&mut self, vote: &Signed<Prevote>, ctx: &mut Ctx<'_, Self>) {
        let Prevote { seq, round, .. } = vote.statement;
        let earlier = self.rounds.iter().find_map(|state| {
            let (value, signature) = state.precommits.of(vote.signer)?;
            let statement = Precommit { seq, round: state.round, digest: value.digest };
            let precommit = Signed { statement, signer: vote.signer, signature };
            forgets(&precommit.statement, &vote.statement).then_some(precommit)
        });
        if let Some(precommit) = earlier {
            self.accuse("amnesia", (seq, round), &precommit, vote, ctx);
        }
    }

    /// Two proposals for one round: reports the proposer, and shows the others our half (L15).
    pub(crate) fn catch_equivocation(
        &mut self,
        first: &Signed<Propose>,
        second: &Signed<Propose>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Propose { seq, round, .. } = second.statement;
        self.accuse("equivocation", (seq, round), first, second, ctx);
        if let Some(state) = self.rounds.get_mut(round).filter(|state| !state.is_exhibited) {
            state.is_exhibited = true;
            ctx.broadcast(Message::Exhibit(first.clone()));
        }
    }

    /// Shows the accepted proposal to somebody who prevotes another one (L16): if both are honest, both then hold the
    /// evidence.
    pub(crate) fn exhibit(&self, round: Round, to: NodeId, ctx: &mut Ctx<'_, Self>) {
        let accepted = self.rounds.get(round).and_then(|state| state.proposal.as_ref());
        if let Some(proposal) = accepted.filter(|_| to != self.me) {
            ctx.send(to, Message::Exhibit(proposal.propose.clone()));
        }
    }

    /// Compares a proposal that somebody shows with the one accepted here (L16).
    pub(crate) fn witness(&mut self, shown: &Signed<Propose>, ctx: &mut Ctx<'_, Self>) {
        let said = shown.statement;
        if said.seq != self.seq {
            return;
        }
        let state = self.rounds.get(said.round);
        let Some(proposal) = state.and_then(|state| state.proposal.clone()) else { return };
        let mine = &proposal.propose;
        if mine.signer == shown.signer && mine.statement != said {
            self.catch_equivocation(mine, shown, ctx);
        }
    }
}

/// Whether both statements of a piece of evidence are signed by the offender and contradict each other, so that no
/// honest replica has made both.
pub(crate) fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
    match evidence.kind {
        "equivocation" => contradict::<Propose, Propose>(evidence, verifier, |a, b| {
            (a.seq, a.round) == (b.seq, b.round) && a != b
        }),
        "double-prevote" => contradict::<Prevote, Prevote>(evidence, verifier, |a, b| {
            (a.seq, a.round) == (b.seq, b.round) && a != b
        }),
        "double-precommit" => contradict::<Precommit, Precommit>(evidence, verifier, |a, b| {
            (a.seq, a.round) == (b.seq, b.round) && a != b
        }),
        "amnesia" => contradict::<Precommit, Prevote>(evidence, verifier, forgets),
        _ => false,
    }
}

fn contradict<A: Statement + Decode, B: Statement + Decode>(
    evidence: &Evidence,
    verifier: &Verifier,
    do_contradict: impl Fn(&A, &B) -> bool,
) -> bool {
    let first = Signed::<A>::from_bytes(&evidence.first);
    let second = Signed::<B>::from_bytes(&evidence.second);
    let (Ok(first), Ok(second)) = (first, second) else { return false };
    first.signer == evidence.offender
        && second.signer == evidence.offender
        && do_contradict(&first.statement, &second.statement)
        && verifier.holds_one(&first)
        && verifier.holds_one(&second)
}

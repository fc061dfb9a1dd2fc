//! Names liars by two of their own signed statements.

use codec::{Decode, Encode};
use crypto::{Signed, Statement, Verifier};
use protocol::{Ctx, Evidence, ViewChangeCause};
use types::{NodeId, Seq, View};

use crate::message::{Checkpoint, Commit, Message, Prepare, Propose, ViewChangeVote};
use crate::replica::{Core, Phase};

/// Most accusations remembered, so that none is repeated.
const ACCUSED_MAX: usize = 1_024;

/// Puts two statements of one replica together.
pub(crate) fn evidence<A: Encode, B: Encode>(
    kind: &'static str,
    view: View,
    seq: Seq,
    first: &Signed<A>,
    second: &Signed<B>,
) -> Evidence {
    Evidence {
        offender: second.signer,
        kind,
        view,
        seq,
        first: first.to_bytes(),
        second: second.to_bytes(),
    }
}

impl Core {
    /// Reports two statements of one replica that contradict each other, once.
    pub(crate) fn accuse<S: Statement>(
        &mut self,
        kind: &'static str,
        view: View,
        seq: Seq,
        first: &Signed<S>,
        second: &Signed<S>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        ctx.reject(second.signer, protocol::Reject::Conflicting);
        if self.accused.len() >= ACCUSED_MAX || broken!(self.config, NoAccusations) {
            return;
        }
        if self.accused.insert((second.signer, seq, kind)) {
            ctx.accuse(evidence(kind, view, seq, first, second));
        }
    }

    /// The primary proposed two payloads for one place: reports it, shows the others our half, and leaves (L5).
    pub(crate) fn catch_equivocation(
        &mut self,
        first: &Signed<Propose>,
        second: &Signed<Propose>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Propose { view, seq, .. } = second.statement;
        let leader = second.signer;
        self.accuse("equivocation", view, seq, first, second, ctx);
        if self.phase == Phase::Normal && view == self.view {
            if let Some(slot) = self.slots.get_mut(seq).filter(|slot| !slot.exhibited) {
                slot.exhibited = true;
                ctx.broadcast(Message::Exhibit(first.clone()));
            }
            self.leave_view(view.next(), ViewChangeCause::Equivocation { leader }, ctx);
        }
    }

    /// Shows the accepted proposal to somebody who prepares another one (L10): if both are honest, both then hold
    /// the evidence, and a liar gets nothing sent but to itself.
    pub(crate) fn exhibit(&self, seq: Seq, to: NodeId, ctx: &mut Ctx<'_, Self>) {
        let accepted = self.slots.get(seq).and_then(|slot| slot.proposal.as_ref());
        if let Some(proposal) = accepted.filter(|_| to != self.me) {
            ctx.send(to, Message::Exhibit(proposal.propose.clone()));
        }
    }

    /// Compares a proposal that somebody shows with the one accepted here (L40).
    pub(crate) fn witness(&mut self, shown: &Signed<Propose>, ctx: &mut Ctx<'_, Self>) {
        let Propose { view, seq, digest } = shown.statement;
        let Some(slot) = self.slots.get(seq) else { return };
        let current = slot.proposal.as_ref().map(|proposal| &proposal.propose);
        let prepared = slot.prepared.as_ref().map(|prepared| &prepared.certificate.propose);
        let mut known = current.into_iter().chain(prepared);
        let contradicts = |known: &&Signed<Propose>| {
            known.signer == shown.signer
                && known.statement.view == view
                && known.statement.digest != digest
        };
        if let Some(first) = known.find(contradicts).cloned() {
            self.catch_equivocation(&first, shown, ctx);
        }
    }
}

/// Whether both statements of a piece of evidence are signed by the offender and contradict each other, so that
/// no honest replica has made both.
#[must_use]
pub(crate) fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
    match evidence.kind {
        "equivocation" => contradict::<Propose, Propose>(evidence, verifier, |a, b| {
            (a.view, a.seq) == (b.view, b.seq) && a.digest != b.digest
        }),
        "double-prepare" => contradict::<Prepare, Prepare>(evidence, verifier, |a, b| {
            (a.view, a.seq) == (b.view, b.seq) && a.digest != b.digest
        }),
        "double-commit" => contradict::<Commit, Commit>(evidence, verifier, |a, b| {
            (a.view, a.seq) == (b.view, b.seq) && a.digest != b.digest
        }),
        "double-checkpoint" => contradict::<Checkpoint, Checkpoint>(evidence, verifier, |a, b| {
            a.seq == b.seq && a.digest != b.digest
        }),
        "hidden-commit" => contradict::<Commit, ViewChangeVote>(evidence, verifier, hides),
        _ => false,
    }
}

/// Whether a VIEW-CHANGE leaves out what its sender must have prepared before it sent a COMMIT.
pub(crate) fn hides(commit: &Commit, asked: &ViewChangeVote) -> bool {
    let is_told =
        asked.prepared.iter().any(|claim| claim.seq == commit.seq && claim.view >= commit.view);
    asked.view > commit.view && asked.stable < commit.seq && !is_told
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

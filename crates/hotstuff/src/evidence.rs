//! Names liars by two of their own signed statements.

use std::sync::Arc;

use codec::{Decode, Encode};
use crypto::{Signed, Statement, Verifier};
use protocol::{Ctx, Evidence, Reject, ViewChangeCause};
use types::{NodeId, Seq, View};

use crate::block::Proposal;
use crate::certificate::{Expire, Propose, Qc, Tc, Vote};
use crate::message::Message;
use crate::replica::Core;

/// Most accusations remembered, so that none is repeated.
const ACCUSED_MAX: usize = 1_024;

impl Core {
    /// Reports two statements of one replica that contradict each other, once.
    pub(crate) fn accuse<S: Statement>(
        &mut self,
        kind: &'static str,
        view: View,
        first: &Signed<S>,
        second: &Signed<S>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        ctx.reject(second.signer, Reject::Conflicting);
        if self.accused.len() >= ACCUSED_MAX || broken!(self.config, NoAccusations) {
            return;
        }
        if self.accused.insert((second.signer, view, kind)) {
            ctx.accuse(Evidence {
                offender: second.signer,
                kind,
                view,
                seq: Seq::ZERO,
                first: first.to_bytes(),
                second: second.to_bytes(),
            });
        }
    }

    /// Compares a proposal with the others of its view: one proposer makes one (L37).
    pub(crate) fn witness(&mut self, proposal: &Arc<Proposal>, ctx: &mut Ctx<'_, Self>) {
        let (view, leader) = (proposal.block.view, proposal.block.proposer);
        let other = self
            .tree
            .of_view(view)
            .find(|known| known.block.proposer == leader && known.link() != proposal.link());
        let Some(first) = other.map(|known| known.signed()) else { return };
        self.accuse("equivocation", view, &first, &proposal.signed(), ctx);
        if view == self.view && !self.has_expired() {
            self.pace.blamed = Some(ViewChangeCause::Equivocation { leader });
        }
    }

    /// Compares a late vote with the one that its sender is known to have cast in that view.
    pub(crate) fn compare(&mut self, vote: &Signed<Vote>, ctx: &mut Ctx<'_, Self>) {
        if let Some(first) = self.votes.contradicted(vote) {
            self.accuse("double-vote", vote.statement.view, &first, vote, ctx);
        }
    }
}

/// Whether evidence holds: both statements, or certificates, bear the offender's signature, and no honest replica
/// says both.
#[must_use]
pub(crate) fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
    match evidence.kind {
        "equivocation" => {
            contradict::<Propose>(evidence, verifier, |a, b| a.view == b.view && a != b)
        }
        "double-vote" => contradict::<Vote>(evidence, verifier, |a, b| a.view == b.view && a != b),
        "double-timeout" => {
            contradict::<Expire>(evidence, verifier, |a, b| a.view == b.view && a != b)
        }
        "forked-vote" => certified(evidence, verifier, |a: &Qc, b: &Qc| {
            (forks(&a.vote, &b.vote) && has(evidence.offender, a.signers(), b.signers())).then_some(
                (Message::Certified(Arc::new(a.clone())), Message::Certified(Arc::new(b.clone()))),
            )
        }),
        "broken-lock" => certified(evidence, verifier, |a: &Qc, b: &Qc| {
            (breaks_lock(&a.vote, &b.vote) && has(evidence.offender, a.signers(), b.signers()))
                .then_some((
                    Message::Certified(Arc::new(a.clone())),
                    Message::Certified(Arc::new(b.clone())),
                ))
        }),
        "hidden-lock" => certified(evidence, verifier, |a: &Qc, b: &Tc| {
            (hides_lock(&a.vote, b, evidence.offender)
                && a.signers().any(|s| s == evidence.offender))
            .then_some((
                Message::Certified(Arc::new(a.clone())),
                Message::Expired(Arc::new(b.clone())),
            ))
        }),
        _ => false,
    }
}

/// Two votes in one view for different blocks.
pub(crate) fn forks(a: &Vote, b: &Vote) -> bool {
    a.view == b.view && a != b
}
/// Three phases: a vote locked its maker on a view, and a later one is for a block on top of an earlier view.
pub(crate) fn breaks_lock(a: &Vote, b: &Vote) -> bool {
    b.view > a.view && b.justify < a.lock
}
/// A vote shows that its maker knew a certificate, and the maker later named an earlier one as the highest it knew.
pub(crate) fn hides_lock(a: &Vote, tc: &Tc, offender: NodeId) -> bool {
    let hiding = tc.groups.iter().filter(|group| group.high < a.justify);
    tc.view >= a.view && hiding.into_iter().any(|group| group.votes.contains(offender))
}

fn has(
    offender: NodeId,
    mut a: impl Iterator<Item = NodeId>,
    mut b: impl Iterator<Item = NodeId>,
) -> bool {
    a.any(|signer| signer == offender) && b.any(|signer| signer == offender)
}

fn contradict<S: Statement + Decode>(
    evidence: &Evidence,
    verifier: &Verifier,
    do_contradict: impl Fn(&S, &S) -> bool,
) -> bool {
    let first = Signed::<S>::from_bytes(&evidence.first);
    let second = Signed::<S>::from_bytes(&evidence.second);
    let (Ok(first), Ok(second)) = (first, second) else { return false };
    first.signer == evidence.offender
        && second.signer == evidence.offender
        && do_contradict(&first.statement, &second.statement)
        && verifier.holds_one(&first)
        && verifier.holds_one(&second)
}

/// Certificates that accuse, as messages whose signatures are still to be checked.
fn certified<A: Decode, B: Decode>(
    evidence: &Evidence,
    verifier: &Verifier,
    accuses: impl Fn(&A, &B) -> Option<(Message, Message)>,
) -> bool {
    let (Ok(a), Ok(b)) = (A::from_bytes(&evidence.first), B::from_bytes(&evidence.second)) else {
        return false;
    };
    accuses(&a, &b).is_some_and(|(a, b)| verifier.holds(&a) && verifier.holds(&b))
}

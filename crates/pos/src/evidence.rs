//! Names liars by two of their own signed statements.

use std::sync::Arc;

use codec::{Decode, Encode};
use crypto::{Signed, Statement, Verifier};
use protocol::{Ctx, Evidence, Reject};
use types::{NodeId, Seq, View};

use crate::Record;
use crate::book::{DOUBLE_PROPOSAL, DOUBLE_VOTE, SURROUND_VOTE, offence_kind};
use crate::message::{Attestation, Header, Message, Offence};
use crate::replica::Core;

impl Offence {
    /// What it is called, where the two statements contradict each other and are one validator's.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Proposals((first, second)) => (first.signer == second.signer
                && is_double(&first.statement, &second.statement))
            .then_some(DOUBLE_PROPOSAL),
            Self::Attestations((first, second)) if first.signer == second.signer => {
                offence_kind(&first.statement, &second.statement)
            }
            Self::Attestations(_) => None,
        }
    }
    pub(crate) fn offender(&self) -> NodeId {
        match self {
            Self::Proposals((_, second)) => second.signer,
            Self::Attestations((_, second)) => second.signer,
        }
    }
}

fn is_double(first: &Header, second: &Header) -> bool {
    first.slot == second.slot && first != second
}

impl Core {
    /// The epoch whose stake is at risk for an offence: that of the older statement.
    fn epoch_of(&self, offence: &Offence) -> u64 {
        match offence {
            Offence::Proposals((first, _)) => self.clock.epoch(first.statement.slot),
            Offence::Attestations((first, second)) => {
                first.statement.target.epoch.min(second.statement.target.epoch)
            }
        }
    }

    /// Evidence that somebody shows (L23).
    pub(crate) fn on_evidence(&mut self, from: NodeId, offence: &Offence, ctx: &mut Ctx<'_, Self>) {
        let kind = offence.kind();
        let Some(kind) = kind.or(broken!(self.config, EvidenceUnchecked).then_some(DOUBLE_VOTE))
        else {
            return ctx.reject(from, Reject::BadCertificate);
        };
        let epoch = self.epoch_of(offence);
        let weighed = if broken!(self.config, OnlyPresentStake) { self.epoch() } else { epoch };
        if self.stakes.at(weighed).weight(offence.offender()) == 0 {
            return ctx.reject(from, Reject::Stranger);
        }
        if !self.is_at_risk(epoch) && !broken!(self.config, EvidenceAgeless) {
            return ctx.reject(from, Reject::OldView);
        }
        self.convict(kind, offence.clone(), ctx);
    }

    /// Reports a validator and shows everybody the proof, once: a stake cannot be slashed twice (L12).
    pub(crate) fn convict(
        &mut self,
        kind: &'static str,
        offence: Offence,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let offender = offence.offender();
        let is_new = !self.slashed.contains_key(&offender);
        if !is_new && !broken!(self.config, SlashedTwice) {
            return;
        }
        let offence = Arc::new(offence);
        self.slashed.insert(offender, Arc::clone(&offence));
        self.write(Record::Slashed(Arc::clone(&offence)), ctx);
        ctx.accuse(match &*offence {
            Offence::Proposals((first, second)) => {
                evidence(kind, second.statement.slot, second.statement.seq, first, second)
            }
            Offence::Attestations((first, second)) => {
                let target = second.statement.target;
                evidence(kind, target.epoch, target.seq, first, second)
            }
        });
        if is_new {
            ctx.broadcast(Message::Evidence(offence));
        }
    }

    /// The proven liars, and the stake that each had at risk when it lied.
    pub fn slashed(&self) -> impl Iterator<Item = (NodeId, u128)> + '_ {
        let risked = |(&offender, offence): (&NodeId, &Arc<Offence>)| {
            (offender, self.stakes.at(self.epoch_of(offence)).weight(offender))
        };
        self.slashed.iter().map(risked)
    }
}

fn evidence<S: Statement>(
    kind: &'static str,
    view: u64,
    seq: Seq,
    first: &Signed<S>,
    second: &Signed<S>,
) -> Evidence {
    Evidence {
        offender: second.signer,
        kind,
        view: View::new(view),
        seq,
        first: first.to_bytes(),
        second: second.to_bytes(),
    }
}

/// Whether both statements of a piece of evidence are signed by the offender and contradict each other, so that
/// no honest replica has made both.
#[must_use]
pub(crate) fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
    match evidence.kind {
        DOUBLE_PROPOSAL => contradict::<Header>(evidence, verifier, is_double),
        DOUBLE_VOTE | SURROUND_VOTE => contradict::<Attestation>(evidence, verifier, |a, b| {
            offence_kind(a, b) == Some(evidence.kind)
        }),
        _ => false,
    }
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

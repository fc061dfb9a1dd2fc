//! For tests: a replica set with all its keys, and votes of its members.

use std::ops::Range;

use codec::Encode;
use types::{ChainId, Digest, NodeId, View};

use crate::{
    Authentic, Certificate, Check, Domain, KeyRing, Scheme, Signatures, Signer, Statement, Verifier,
};

/// What the members vote for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Vote(pub(crate) View);

impl Encode for Vote {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Statement for Vote {
    const KIND: u8 = 3;
}

/// A vote with the certificate for it.
#[derive(Clone, Debug)]
pub(crate) struct Certified {
    pub(crate) vote: Vote,
    pub(crate) certificate: Certificate,
}
impl Authentic for Certified {
    fn author(&self) -> Option<NodeId> {
        None
    }
    fn check_signatures(&self, check: Check<'_>) -> bool {
        self.certificate.check(&self.vote, check)
    }
}

/// The schemes that this build has.
pub(crate) fn schemes() -> impl Iterator<Item = Scheme> {
    [Scheme::Ed25519, Scheme::Bls, Scheme::Cheap].into_iter().filter(|scheme| scheme.is_available())
}

pub(crate) fn vote(view: u64) -> Vote {
    Vote(View::new(view))
}

/// `n` replicas and what they have for one another.
pub(crate) struct Set {
    pub(crate) verifier: Verifier,
    pub(crate) signers: Vec<Signer>,
}

impl Set {
    pub(crate) fn new(scheme: Scheme, n: usize) -> Self {
        Self::in_epoch(scheme, n, 0)
    }
    /// The same members with the same keys in another epoch.
    pub(crate) fn in_epoch(scheme: Scheme, n: usize, epoch: u64) -> Self {
        let domain = Domain::new(ChainId(Digest::new([1; 32])), Digest::new([2; 32]), "test");
        let domain = domain.in_epoch(epoch);
        let (ring, keys) = KeyRing::simulated(scheme, n, 3);
        let signers = NodeId::all(n).zip(keys);
        let signers = signers.map(|(me, key)| Signer::simulated(me, domain, key)).collect();
        Self { verifier: Verifier::new(domain, ring), signers }
    }
    pub(crate) fn votes(&self, view: u64, signers: Range<usize>) -> Signatures {
        let signed = self.signers[signers].iter().map(|signer| signer.sign(vote(view)));
        signed.map(|signed| (signed.signer, signed.signature)).collect()
    }
    pub(crate) fn certificate(&self, view: u64, signers: Range<usize>) -> Certificate {
        self.signers[0].certify(self.votes(view, signers))
    }
    pub(crate) fn holds(&self, view: u64, certificate: Certificate) -> bool {
        self.verifier.holds(&Certified { vote: vote(view), certificate })
    }
}

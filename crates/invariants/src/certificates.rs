use crypto::{Signed, Verifier};
use ledger::{Attestation, BlockCertificate};
use types::{NodeId, Quorum};

use crate::table::fold;
use crate::{CERTIFICATES, Chain, Violation};

/// Checks S5. It remembers which attestations were really made, so that a certificate's signatures are checked
/// again only where one of them is unknown.
#[derive(Clone, Debug)]
pub struct Certificates {
    quorum: Quorum,
    verifier: Verifier,
    /// By height modulo [`HEIGHTS_KEPT`], then by replica: an attestation and its signature, shortened.
    made: Vec<u64>,
}

/// Attestations are remembered for this many heights.
const HEIGHTS_KEPT: usize = 1_024;

impl Certificates {
    /// A checker for the replicas whose attestations `verifier` checks.
    #[must_use]
    pub fn new(quorum: Quorum, verifier: Verifier) -> Self {
        Self { quorum, verifier, made: vec![0; quorum.n() * HEIGHTS_KEPT] }
    }

    /// A correct replica attests a block.
    pub fn attested(&mut self, signed: &Signed<Attestation>) {
        let mark = mark(&signed.statement, &signed.signature);
        if let Some(slot) = self.slot(signed.statement.height.get(), signed.signer) {
            self.made[slot] = mark;
        }
    }

    /// A correct replica has this certificate.
    ///
    /// # Errors
    /// Where it proves nothing, or proves another block than the chain has.
    pub fn certified(
        &self,
        by: NodeId,
        certificate: &BlockCertificate,
        chain: &Chain,
    ) -> Result<(), Violation> {
        let height = certificate.height;
        if chain.hash_at(height) != Some(certificate.block) {
            let block = certificate.block;
            return Err(CERTIFICATES.violated(format!(
                "{by} holds a certificate for block {block:?} at {height}, which is not the chain's"
            )));
        }
        let statement = Attestation { height, block: certificate.block };
        let known = certificate.signatures.iter().all(|(&signer, signature)| {
            let slot = self.slot(height.get(), signer);
            slot.is_some_and(|slot| self.made[slot] == mark(&statement, signature))
        });
        if known && self.quorum.is_met(certificate.signatures.len()) {
            return Ok(());
        }
        certificate.verify(&self.verifier, self.quorum).map_err(|error| {
            CERTIFICATES.violated(format!("{by} holds a certificate for {height}, but {error}"))
        })
    }

    fn slot(&self, height: u64, signer: NodeId) -> Option<usize> {
        let row = usize::try_from(height).unwrap_or(0) % HEIGHTS_KEPT;
        (signer.index() < self.quorum.n()).then(|| row * self.quorum.n() + signer.index())
    }
}

fn mark(statement: &Attestation, signature: &crypto::Signature) -> u64 {
    let first = signature.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    fold([statement.height.get(), statement.block.short(), first]).max(1)
}

use crypto::Signed;
use ledger::{Attestation, Attesters, BlockCertificate};
use types::{Height, NodeId};

use crate::table::fold;
use crate::{CERTIFICATES, Chain, Violation};

/// Checks S5. It remembers which attestations were really made, so that a certificate's signatures are checked
/// again only where one of them is unknown.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// Who attests, from which height on.
    sets: Vec<(Height, Attesters)>,
    /// How many replicas any set has at most.
    width: usize,
    /// By height modulo [`HEIGHTS_KEPT`], then by replica: an attestation and its signature, shortened.
    made: Vec<u64>,
}

/// Attestations are remembered for this many heights.
const HEIGHTS_KEPT: usize = 1_024;

impl Certificates {
    /// A checker for replicas of which sets of at most `width` attest, beginning with this one.
    #[must_use]
    pub fn new(width: usize, first: Attesters) -> Self {
        let sets = vec![(Height::ZERO, first)];
        Self { sets, width, made: vec![0; width * HEIGHTS_KEPT] }
    }

    /// Another set attests from a height on, above all heights before.
    pub fn begin(&mut self, from: Height, set: Attesters) {
        self.sets.push((from, set));
    }

    fn set_at(&self, height: Height) -> &Attesters {
        let behind = self.sets.partition_point(|&(from, _)| from <= height);
        &self.sets[behind.saturating_sub(1)].1
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
        let set = self.set_at(height);
        let weight = set.weigh(certificate.signatures.keys().copied());
        if known && set.quorum().is_met(weight) {
            return Ok(());
        }
        certificate.verify(set).map_err(|error| {
            CERTIFICATES.violated(format!("{by} holds a certificate for {height}, but {error}"))
        })
    }

    fn slot(&self, height: u64, signer: NodeId) -> Option<usize> {
        let row = usize::try_from(height).unwrap_or(0) % HEIGHTS_KEPT;
        (signer.index() < self.width).then(|| row * self.width + signer.index())
    }
}

fn mark(statement: &Attestation, signature: &crypto::Signature) -> u64 {
    let first = signature.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    fold([statement.height.get(), statement.block.short(), first]).max(1)
}

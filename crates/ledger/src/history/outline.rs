//! A block without the bytes of its transactions: what proves them.

use std::sync::Arc;

use codec::record;
use crypto::merkle;
use types::Digest;

use crate::chain::payload_digest;
use crate::{Batch, Block, Header, Lineage, Proposal, Receipt, Seal, TxRecord};

/// A block without its batches: enough to prove every transaction's outcome, and to check the batches when they come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outline {
    /// The header.
    pub header: Header,
    /// What was decided; `None` for a null request.
    pub proposal: Option<Proposal>,
    /// The digests of the batches that it executes, in order.
    pub executed: Vec<Digest>,
    /// The leaves of its transaction tree, in order.
    pub records: Vec<TxRecord>,
    /// Why the block counts.
    pub seal: Seal,
}
record!(Outline {
    header: Header, proposal: Option<Proposal>, executed: Vec<Digest>, records: Vec<TxRecord>, seal: Seal,
});

impl Outline {
    /// That of a block.
    #[must_use]
    pub fn of(block: &Block) -> Self {
        Self {
            header: block.header.clone(),
            proposal: block.proposal.clone(),
            executed: block.batches.iter().map(|batch| batch.digest()).collect(),
            records: block.records().collect(),
            seal: block.seal.clone(),
        }
    }
    /// Checks that the parts are those that the header names, and that the seal is for it; whether the seal holds is
    /// for the [`super::Auditor`].
    ///
    /// # Errors
    /// In a sentence, what contradicts what.
    pub fn check(&self) -> Result<(), &'static str> {
        let Self { header, proposal, executed, records, seal } = self;
        let payload = proposal.as_ref().map_or(Digest::ZERO, payload_digest);
        if header.payload != payload {
            return Err("its header names another payload");
        }
        let named = proposal.as_ref().map_or(&[][..], |proposal| &proposal.batches);
        if !executed.iter().all(|digest| named.contains(digest)) {
            return Err("it executes a batch that was not decided");
        }
        let leaves: Vec<Digest> = records.iter().map(TxRecord::leaf).collect();
        let is_counted = usize::try_from(header.tx_count).is_ok_and(|count| count == leaves.len());
        if !is_counted || merkle::root(&leaves) != header.tx_root {
            return Err("its header names other transactions or outcomes");
        }
        match seal {
            Seal::Certificate(certificate)
                if certificate.height != header.height || certificate.block != header.hash() =>
            {
                Err("its certificate is for another block")
            }
            Seal::Certificate(_) | Seal::None | Seal::Signed(_) | Seal::Work { .. } => Ok(()),
        }
    }
    /// The whole block, with its batches.
    ///
    /// # Errors
    /// Where they are not those that it executes.
    pub fn with(self, batches: Vec<Arc<Batch>>) -> Result<Block, &'static str> {
        let is_same = |(batch, digest): (&Arc<Batch>, &Digest)| batch.digest() == *digest;
        if batches.len() != self.executed.len() || !batches.iter().zip(&self.executed).all(is_same)
        {
            return Err("its batches are not those that it executes");
        }
        let ids = batches.iter().flat_map(|batch| batch.ids());
        if !ids.eq(self.records.iter().map(|record| &record.id)) {
            return Err("its batches hold other transactions than it says");
        }
        let outcomes = self.records.iter().map(|record| record.outcome).collect();
        let Self { header, proposal, seal, .. } = self;
        Ok(Block { header, proposal, batches, outcomes, seal })
    }
    /// A receipt for the transaction at a place, where a certificate seals the block.
    #[must_use]
    pub fn receipt(self, index: u32, lineage: Lineage) -> Option<Receipt> {
        let Self { header, records, seal, .. } = self;
        match seal {
            Seal::Certificate(certificate) => {
                let index = usize::try_from(index).ok()?;
                Receipt::new(header, &records, index, certificate, lineage)
            }
            Seal::None | Seal::Signed(_) | Seal::Work { .. } => None,
        }
    }
}

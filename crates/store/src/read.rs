//! Reading what was kept.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use codec::{Bytes, Encode};
use fjall::Keyspace;
use ledger::{Batch, Block, BlockCertificate, CertifiedBlock, SealedTransaction, StoredBlock};
use types::{Digest, Height};

use crate::store::{BatchRow, lock};
use crate::{Store, StoreError, index, record, segments};

impl Store {
    /// A kept block.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn block(&self, height: Height) -> Result<Option<StoredBlock>, StoreError> {
        let bytes = self.blocks.get(height.get().to_be_bytes())?;
        bytes.map(|bytes| record::open("a block", &bytes)).transpose()
    }
    /// A kept block's certificate.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn certificate(&self, height: Height) -> Result<Option<BlockCertificate>, StoreError> {
        let bytes = self.certificates.get(height.get().to_be_bytes())?;
        bytes.map(|bytes| record::open("a certificate", &bytes)).transpose()
    }
    /// A kept batch; one whose bytes no longer have its digest is damage.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn batch(&self, digest: &Digest) -> Result<Option<Batch>, StoreError> {
        read_batch(&self.batches, &self.batch_folder, digest)
    }
    /// The first block that executed a transaction, and its place there.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn locate(&self, id: &Digest) -> Result<Option<(Height, u32)>, StoreError> {
        let prefix = index::prefix(id);
        let mut candidates = Vec::new();
        for guard in self.places.prefix([index::page_of(prefix)]) {
            let page = record::open_bytes("a page of places", &guard.value()?)?.to_vec();
            candidates.extend(index::find_in_page(&page, prefix));
        }
        candidates.extend(lock(&self.recent).find(prefix));
        candidates.sort_by_key(|entry| (entry.height, entry.index));
        for entry in candidates {
            let height = Height::new(entry.height);
            let Some(block) = self.block(height)? else { continue };
            if block.records.get(entry.index as usize).is_some_and(|record| record.id == *id) {
                return Ok(Some((height, entry.index)));
            }
        }
        Ok(None)
    }
    /// An executed transaction's bytes.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn transaction(&self, id: &Digest) -> Result<Option<SealedTransaction>, StoreError> {
        let Some((height, index)) = self.locate(id)? else { return Ok(None) };
        let Some(block) = self.block(height)? else { return Ok(None) };
        let mut left = index as usize;
        for digest in &block.executed {
            let Some(batch) = self.batch(digest)? else { return Ok(None) };
            if left < batch.len() {
                let sealed = batch.encodings().nth(left).map(SealedTransaction::from_bytes);
                return Ok(sealed.and_then(Result::ok));
            }
            left -= batch.len();
        }
        Ok(None)
    }
    /// Certified blocks with their outcomes from a height on: one at least where there is one, and no more than
    /// `count_max` blocks or about `bytes_max` bytes. The page ends where a block is not whole any more.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn page(
        &self,
        from: Height,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Block>, StoreError> {
        let (mut blocks, mut bytes, mut height) = (Vec::new(), 0, from.max(Height::new(1)));
        while blocks.len() < count_max && bytes < bytes_max {
            let (Some(block), Some(certificate)) = (self.block(height)?, self.certificate(height)?)
            else {
                break;
            };
            let mut batches = Vec::with_capacity(block.executed.len());
            for digest in &block.executed {
                let Some(batch) = self.batch(digest)? else { return Ok(blocks) };
                bytes += batch.bytes().len();
                batches.push(Arc::new(batch));
            }
            let outcomes = block.records.iter().map(|record| record.outcome).collect();
            let StoredBlock { header, proposal, .. } = block;
            let certified = CertifiedBlock { header, proposal, batches, certificate };
            blocks.push(Block::certified(certified, outcomes));
            height = height.next();
        }
        Ok(blocks)
    }
    /// Certified blocks from a height on, whole, as many as fit `bytes_max` and at most `count_max`.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn certified_blocks(
        &self,
        from: Height,
        bytes_max: usize,
        count_max: usize,
    ) -> Result<Vec<CertifiedBlock>, StoreError> {
        let mut blocks: Vec<CertifiedBlock> = Vec::new();
        let mut bytes = 0;
        let mut height = from;
        while blocks.len() < count_max {
            let (Some(block), Some(certificate)) = (self.block(height)?, self.certificate(height)?)
            else {
                break;
            };
            let mut batches = Vec::with_capacity(block.executed.len());
            for digest in &block.executed {
                let Some(batch) = self.batch(digest)? else { return Ok(blocks) };
                batches.push(Arc::new(batch));
            }
            let certified = CertifiedBlock {
                header: block.header,
                proposal: block.proposal,
                batches,
                certificate,
            };
            let size = certified.to_bytes().len();
            if bytes + size > bytes_max {
                break;
            }
            bytes += size;
            blocks.push(certified);
            height = height.next();
        }
        Ok(blocks)
    }
}

/// A kept batch, from its row or from the file that the row names.
pub(crate) fn read_batch(
    batches: &Keyspace,
    folder: &Path,
    digest: &Digest,
) -> Result<Option<Batch>, StoreError> {
    let Some(row) = batches.get(digest.as_bytes())? else { return Ok(None) };
    let place = match record::open("a batch's row", &row)? {
        BatchRow::Inline(Bytes(bytes)) => return whole_batch(digest, &bytes).map(Some),
        BatchRow::Place(place) => place,
    };
    let bytes = segments::read(folder, place).map_err(|error| {
        if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::NotFound) {
            return StoreError::corrupt(format!("the bytes of batch {digest} are gone"));
        }
        error.into()
    })?;
    whole_batch(digest, &bytes).map(Some)
}

/// A batch from its bytes, which must still have its digest.
fn whole_batch(digest: &Digest, bytes: &[u8]) -> Result<Batch, StoreError> {
    match Batch::from_bytes(bytes) {
        Ok(batch) if batch.digest() == *digest => Ok(batch),
        Ok(_) => Err(StoreError::corrupt("a batch: its digest does not fit")),
        Err(error) => Err(StoreError::corrupt(format!("a batch: {error}"))),
    }
}

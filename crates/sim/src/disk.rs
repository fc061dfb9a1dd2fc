//! One replica's disk: what is written, what is synced, and what a crash leaves of it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use codec::{Decode, Encode};
use ledger::{AppId, Batch, BlockCertificate, CertifiedBlock, Epoch, StoredBlock};
use protocol::Protocol;
use replica::{Record, Recovered};
use types::limits::FRAME_BYTES_MAX;
use types::{Digest, Height, NodeId, Prng};

/// Blocks whose headers and batches a recovering replica is given.
const LAST_BLOCKS: usize = 1_024;
/// Most blocks served at once.
const SERVED_MAX: usize = 64;

/// Something written and perhaps not yet synced.
#[derive(Debug)]
pub(crate) enum Write<P: Protocol> {
    Record(Record<P>),
    Compact(Vec<P::Record>),
    Epoch(Epoch),
    Reset { attested: Height },
}

#[derive(Debug)]
pub(crate) struct Disk<P: Protocol> {
    me: NodeId,
    unsynced: VecDeque<Write<P>>,
    /// How many writes there ever were, and how many of them are synced.
    written: u64,
    synced: u64,
    core_log: Vec<P::Record>,
    epoch: Option<Epoch>,
    /// Batches that no block on this disk has executed: few, for each block takes some away.
    pending: Vec<Arc<Batch>>,
    /// Batches of the blocks, in the order of execution, and where each block's end.
    executed: Vec<Arc<Batch>>,
    executed_ends: Vec<usize>,
    blocks: Vec<Arc<StoredBlock>>,
    certificates: Vec<Option<Arc<BlockCertificate>>>,
    last_certificate: Option<Arc<BlockCertificate>>,
    next_batch_number: u64,
    /// Whether it still holds all that the core ever wrote.
    may_vote: bool,
    attested: Height,
    /// The entries after the first `materialised` blocks.
    entries: BTreeMap<(AppId, Vec<u8>), Vec<u8>>,
    materialised: usize,
}

impl<P: Protocol> Disk<P> {
    pub(crate) const fn new(me: NodeId) -> Self {
        Self {
            me,
            unsynced: VecDeque::new(),
            written: 0,
            synced: 0,
            core_log: Vec::new(),
            epoch: None,
            pending: Vec::new(),
            executed: Vec::new(),
            executed_ends: Vec::new(),
            blocks: Vec::new(),
            certificates: Vec::new(),
            last_certificate: None,
            next_batch_number: 0,
            may_vote: true,
            attested: Height::ZERO,
            entries: BTreeMap::new(),
            materialised: 0,
        }
    }

    /// Writes without syncing; gives the write's number.
    pub(crate) fn write(&mut self, write: Write<P>) -> u64 {
        // Numbers of own batches are never used again, synced or not: the next start is told a number above all.
        if let Write::Record(Record::Batch(batch)) = &write
            && batch.origin() == self.me
        {
            self.next_batch_number = self.next_batch_number.max(batch.number() + 1);
        }
        self.unsynced.push_back(write);
        self.written += 1;
        self.written
    }

    pub(crate) const fn written(&self) -> u64 {
        self.written
    }
    pub(crate) const fn synced(&self) -> u64 {
        self.synced
    }
    /// The last durable block.
    pub(crate) fn height(&self) -> Height {
        Height::new(self.blocks.len() as u64)
    }

    /// The durable blocks above a height.
    pub(crate) fn blocks_after(&self, height: Height) -> &[Arc<StoredBlock>] {
        let start = usize::try_from(height.get()).unwrap_or(usize::MAX).min(self.blocks.len());
        &self.blocks[start..]
    }

    /// The last durable block with a durable certificate.
    pub(crate) fn last_certified(&self) -> Option<(&StoredBlock, &BlockCertificate)> {
        let blocks = self.blocks.iter().zip(&self.certificates).rev();
        let mut certified = blocks
            .filter_map(|(block, certificate)| Some((block.as_ref(), certificate.as_deref()?)));
        certified.next()
    }

    /// Makes everything up to the write with number `up_to` durable.
    pub(crate) fn sync(&mut self, up_to: u64, shared: &mut SharedBlocks) {
        while self.synced < up_to {
            let Some(write) = self.unsynced.pop_front() else { return };
            self.apply(write, shared);
            self.synced += 1;
        }
    }

    /// Power is gone: of what was not synced, a prefix survives, and the record behind it may be torn.
    pub(crate) fn crash(&mut self, prng: &mut Prng, shared: &mut SharedBlocks) {
        let survivors = prng.below(self.unsynced.len() as u64 + 1);
        self.sync(self.synced + survivors, shared);
        if let Some(Write::Record(Record::Core(torn))) = self.unsynced.front() {
            // Half a record is no record: whoever reads it must see that, whatever the cut.
            let bytes = torn.to_bytes();
            let cut = prng.below(bytes.len() as u64) as usize;
            debug_assert!(P::Record::from_bytes(&bytes[..cut]).is_err(), "a torn record was read");
        }
        self.unsynced.clear();
        self.written = self.synced;
    }

    /// Loses what the core had been promised to be durable: for tests of the checkers.
    pub(crate) fn forget_core_log(&mut self) {
        self.core_log.clear();
    }

    /// Whether it still holds all that the core ever wrote.
    pub(crate) const fn may_vote(&self) -> bool {
        self.may_vote
    }

    /// What the core keeps is gone, and whoever reads the disk sees that.
    pub(crate) fn lose_votes(&mut self) {
        self.core_log.clear();
        self.may_vote = false;
    }

    /// A new, empty disk. Numbers of own batches begin above all that were used, as they do in a node, which counts its
    /// disks.
    pub(crate) fn reformat(&mut self) {
        let next_batch_number = self.next_batch_number;
        *self = Self { next_batch_number, ..Self::new(self.me) };
    }

    fn apply(&mut self, write: Write<P>, shared: &mut SharedBlocks) {
        match write {
            Write::Record(Record::Core(record)) => self.core_log.push(record),
            Write::Record(Record::Batch(batch)) => self.pending.push(batch),
            Write::Record(Record::Block(block)) => self.apply_block(block, shared),
            Write::Record(Record::Certificate(certificate)) => {
                self.apply_certificate(certificate, shared);
            }
            Write::Compact(records) => self.core_log = records,
            Write::Epoch(epoch) => {
                self.core_log.clear();
                self.epoch = Some(epoch);
            }
            Write::Reset { attested } => self.reset(attested),
        }
    }

    fn apply_block(&mut self, block: Arc<StoredBlock>, shared: &mut SharedBlocks) {
        for digest in &block.executed {
            if let Some(at) = self.pending.iter().position(|batch| batch.digest() == *digest) {
                self.executed.push(self.pending.swap_remove(at));
            }
        }
        self.executed_ends.push(self.executed.len());
        self.blocks.push(shared.block(block));
    }

    fn apply_certificate(&mut self, certificate: BlockCertificate, shared: &mut SharedBlocks) {
        let index = index_of(certificate.height);
        if self.certificates.len() <= index {
            self.certificates.resize(index + 1, None);
        }
        let certificate = shared.certificate(certificate);
        self.certificates[index] = Some(Arc::clone(&certificate));
        self.last_certificate = Some(certificate);
    }

    fn reset(&mut self, attested: Height) {
        self.blocks.clear();
        self.certificates.clear();
        self.last_certificate = None;
        self.entries.clear();
        self.materialised = 0;
        self.attested = attested;
        self.pending.append(&mut self.executed);
        self.executed_ends.clear();
    }

    /// What a start finds.
    pub(crate) fn recover(&mut self) -> Recovered<P> {
        for block in &self.blocks[self.materialised..] {
            for change in &block.changes {
                let key = (change.app, change.key.0.clone());
                match &change.value {
                    Some(value) => self.entries.insert(key, value.0.clone()),
                    None => self.entries.remove(&key),
                };
            }
        }
        self.materialised = self.blocks.len();
        let last = &self.blocks[self.blocks.len().saturating_sub(LAST_BLOCKS)..];
        let certified = self.last_certificate.as_deref();
        let certificate = certified.filter(|certificate| certificate.height <= self.height());
        let entries = self.entries.iter();
        Recovered {
            core_log: self.core_log.clone(),
            epoch: self.epoch.clone(),
            entries: entries
                .map(|((app, key), value)| (*app, key.clone(), value.clone()))
                .collect(),
            last_blocks: last
                .iter()
                .map(|block| (block.header.clone(), block.executed.clone()))
                .collect(),
            batches: self.pending.clone(),
            certificate: certificate.cloned(),
            attested: self.attested,
            next_batch_number: self.next_batch_number,
            may_vote: self.may_vote,
        }
    }

    /// Certified blocks from `from` on, as many as fit one answer.
    pub(crate) fn blocks_from(&self, from: Height) -> Vec<CertifiedBlock> {
        let mut bytes = 0;
        let heights = index_of(from)..self.blocks.len().min(self.certificates.len());
        let served = heights.map_while(|index| {
            let (block, certificate) = (&self.blocks[index], &self.certificates[index]);
            Some(CertifiedBlock {
                header: block.header.clone(),
                proposal: block.proposal.clone(),
                batches: self.batches_of(index).to_vec(),
                certificate: certificate.as_deref()?.clone(),
            })
        });
        served
            .take(SERVED_MAX)
            .take_while(|block| {
                bytes += block.batches.iter().map(|batch| batch.bytes().len()).sum::<usize>();
                bytes < FRAME_BYTES_MAX / 2
            })
            .collect()
    }

    /// The batches that one block executed.
    fn batches_of(&self, index: usize) -> &[Arc<Batch>] {
        let start = index.checked_sub(1).map_or(0, |before| self.executed_ends[before]);
        &self.executed[start..self.executed_ends[index]]
    }

    pub(crate) fn batch(&self, digest: &Digest) -> Option<&Arc<Batch>> {
        let mut kept = self.pending.iter().chain(self.executed.iter().rev());
        kept.find(|batch| batch.digest() == *digest)
    }
}

fn index_of(height: Height) -> usize {
    height.get().checked_sub(1).and_then(|index| usize::try_from(index).ok()).unwrap_or(0)
}

/// Equal blocks on many disks are kept once, and so are certificates of one block, which prove the same.
#[derive(Debug, Default)]
pub(crate) struct SharedBlocks {
    blocks: Vec<Arc<StoredBlock>>,
    certificates: Vec<Option<Arc<BlockCertificate>>>,
}

impl SharedBlocks {
    fn block(&mut self, block: Arc<StoredBlock>) -> Arc<StoredBlock> {
        let index = index_of(block.header.height);
        match self.blocks.get(index) {
            Some(shared) if *shared == block => Arc::clone(shared),
            Some(_) => block,
            None => {
                if index == self.blocks.len() {
                    self.blocks.push(Arc::clone(&block));
                }
                block
            }
        }
    }

    fn certificate(&mut self, certificate: BlockCertificate) -> Arc<BlockCertificate> {
        let index = index_of(certificate.height);
        if self.certificates.len() <= index {
            self.certificates.resize(index + 1, None);
        }
        match &self.certificates[index] {
            Some(shared) if shared.block == certificate.block => Arc::clone(shared),
            Some(_) => Arc::new(certificate),
            None => {
                let shared = Arc::new(certificate);
                self.certificates[index] = Some(Arc::clone(&shared));
                shared
            }
        }
    }
}

//! A validator's blocks behind the trait of all stores of a chain: nothing is started, signed or marked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codec::{Bytes, Decode};
use fjall::{Database, Keyspace, PersistMode};
use ledger::{
    Batch, BlockCertificate, By, EPOCHS, Epoch, Genesis, Handover, History, HistoryError, Lineage,
    Outline, Piece, Place, Seal, StoredBlock, Tip,
};
use types::{Digest, Height};

use crate::examine::{ENGINE_MARKER, keyspace};
use crate::load::last_height;
use crate::read::read_batch;
use crate::store::{BatchRow, at, keys, large, open_engine, small, state_key};
use crate::{StoreError, index, record, segments};

/// The blocks in the store of a validator that does not run, as far as they are certified.
///
/// Looking for a sender, a receiver or an operation reads all blocks, since a validator keeps no index of them. What is
/// put here has no changes of state: no validator starts from it, and a validator's own store is not put to.
pub struct ValidatorHistory {
    genesis: Genesis,
    db: Database,
    meta: Keyspace,
    blocks: Keyspace,
    certificates: Keyspace,
    batches: Keyspace,
    places: Keyspace,
    state: Keyspace,
    batch_folder: PathBuf,
}

/// Under which name it stands up to which height batches are gone.
const PRUNED: &[u8] = b"pruned";

fn told(error: StoreError) -> HistoryError {
    match error {
        StoreError::Corrupt { what } => HistoryError::Corrupt { height: None, what },
        StoreError::WrongChain { found, wanted } => HistoryError::WrongChain { found, wanted },
        StoreError::WrongFormat { found } => {
            HistoryError::TooNew { found: found.into(), known: record::FORMAT.into() }
        }
        StoreError::Full | StoreError::Io(_) | StoreError::Locked { .. } => {
            HistoryError::Unavailable { what: error.to_string() }
        }
    }
}
fn engine(error: fjall::Error) -> HistoryError {
    told(error.into())
}
/// Damage of a block that stands at a height.
fn of_block(height: Height) -> impl Fn(StoreError) -> HistoryError {
    move |error| told(error).at(height)
}

impl ValidatorHistory {
    /// Opens the store of a validator that is stopped.
    ///
    /// # Errors
    /// Where there is none, it is in use, damaged or of another chain.
    pub fn open(path: &Path, genesis: &Genesis) -> Result<Self, HistoryError> {
        if !path.join(ENGINE_MARKER).is_file() {
            let what = format!("there is no validator's store in {}", path.display());
            return Err(HistoryError::Unavailable { what });
        }
        Self::guarded(path, genesis, false)
    }
    /// Makes an empty store for blocks alone.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn create(path: &Path, genesis: &Genesis) -> Result<Self, HistoryError> {
        Self::guarded(path, genesis, true)
    }
    fn guarded(path: &Path, genesis: &Genesis, is_new: bool) -> Result<Self, HistoryError> {
        // The engine trusts its own files in places; a panic over damaged ones is damage found, not a bug of ours.
        let opened = std::panic::catch_unwind(|| Self::open_database(path, genesis, is_new));
        let what = || "the engine cannot read its files".to_owned();
        opened.unwrap_or_else(|_| Err(HistoryError::Corrupt { height: None, what: what() }))
    }
    fn open_database(path: &Path, genesis: &Genesis, is_new: bool) -> Result<Self, HistoryError> {
        let db = open_engine(path).map_err(|error| told(at(error, path)))?;
        let keyspace = |name: &str| {
            if is_new {
                let options = if ["meta", "certificates"].contains(&name) { small } else { large };
                return db.keyspace(name, options).map_err(engine);
            }
            keyspace(&db, name).map_err(told)
        };
        let history = Self {
            genesis: genesis.clone(),
            meta: keyspace("meta")?,
            blocks: keyspace("blocks")?,
            certificates: keyspace("certificates")?,
            batches: keyspace("batches")?,
            places: keyspace("places")?,
            state: keyspace("state")?,
            batch_folder: path.join("batches"),
            db,
        };
        let wanted = genesis.chain_id();
        if is_new {
            history.meta.insert(keys::CHAIN, record::seal(&wanted)).map_err(engine)?;
        }
        let found = history
            .meta(keys::CHAIN)?
            .ok_or_else(|| told(StoreError::corrupt("it names no chain")))?;
        if found == wanted { Ok(history) } else { Err(HistoryError::WrongChain { found, wanted }) }
    }
    fn meta<T: Decode>(&self, key: &[u8]) -> Result<Option<T>, HistoryError> {
        let bytes = self.meta.get(key).map_err(engine)?;
        bytes.map(|bytes| record::open("a number of the store", &bytes)).transpose().map_err(told)
    }
    fn stored(&self, height: Height) -> Result<Option<StoredBlock>, HistoryError> {
        let bytes = self.blocks.get(height.get().to_be_bytes()).map_err(engine)?;
        let block = bytes.map(|bytes| record::open("a block", &bytes)).transpose();
        block.map_err(of_block(height))
    }
    fn certificate(&self, height: Height) -> Result<Option<BlockCertificate>, HistoryError> {
        let bytes = self.certificates.get(height.get().to_be_bytes()).map_err(engine)?;
        let certificate = bytes.map(|bytes| record::open("a certificate", &bytes)).transpose();
        certificate.map_err(of_block(height))
    }
    fn must_have(&self, height: Height) -> Result<StoredBlock, HistoryError> {
        self.stored(height)?.ok_or(HistoryError::missing(height))
    }
    /// The epochs that the state at the tip names.
    fn epochs(&self, tip: Height) -> Result<BTreeMap<u64, Epoch>, HistoryError> {
        let mut epochs = BTreeMap::new();
        let mut add = |bytes: &[u8]| {
            let epoch = Epoch::from_bytes(bytes);
            let epoch =
                epoch.map_err(|error| told(StoreError::corrupt(format!("an epoch: {error}"))))?;
            if epoch.first <= tip && epoch.number > 0 {
                epochs.insert(epoch.number, epoch);
            }
            Ok::<(), HistoryError>(())
        };
        for guard in self.state.prefix(state_key(EPOCHS, Epoch::PREFIX)) {
            let value = guard.value().map_err(engine)?;
            add(record::open_bytes("an epoch", &value).map_err(told)?)?;
        }
        let written: u64 = self.meta(keys::STATE_HEIGHT)?.unwrap_or(0);
        for height in written + 1..=tip.get() {
            let changes = self.must_have(Height::new(height))?.changes;
            let named = |change: &&ledger::Change| {
                change.app == EPOCHS && change.key.0.starts_with(Epoch::PREFIX)
            };
            for change in changes.iter().filter(named) {
                change.value.as_ref().map_or(Ok(()), |value| add(&value.0))?;
            }
        }
        Ok(epochs)
    }
    /// The places in the pages of the index, and behind them the blocks that no page has.
    fn candidates(&self, id: &Digest) -> Result<Vec<Place>, HistoryError> {
        let prefix = index::prefix(id);
        let mut found = Vec::new();
        for guard in self.places.prefix([index::page_of(prefix)]) {
            let value = guard.value().map_err(engine)?;
            let page = record::open_bytes("a page of places", &value).map_err(told)?;
            found.extend(
                index::find_in_page(page, prefix)
                    .iter()
                    .map(|entry| Place { height: Height::new(entry.height), index: entry.index }),
            );
        }
        found.sort();
        Ok(found)
    }
    fn remove_dead_segments(&self) -> Result<(), HistoryError> {
        let mut alive = BTreeSet::new();
        for guard in self.batches.iter() {
            let value = guard.value().map_err(engine)?;
            if let BatchRow::Place(place) = record::open("a batch's row", &value).map_err(told)? {
                alive.insert(place.segment());
            }
        }
        segments::retain(&self.batch_folder, &alive).map_err(|error| told(error.into()))
    }
    fn write(&self, pieces: &[Piece]) -> Result<(), HistoryError> {
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncAll));
        for Piece { outline, batches, .. } in pieces {
            let Outline { header, proposal, executed, records, seal } = outline.clone();
            let key = header.height.get().to_be_bytes();
            let Seal::Certificate(certificate) = seal else {
                let why = "a validator's store keeps certified blocks only".to_owned();
                return Err(HistoryError::Unsound { height: header.height, why });
            };
            let changes = self.stored(header.height).ok().flatten().map(|block| block.changes);
            let changes = changes.unwrap_or_default();
            let block = StoredBlock { header, proposal, executed, records, changes };
            batch.insert(&self.blocks, key, record::seal(&block));
            batch.insert(&self.certificates, key, record::seal(&certificate));
            for one in batches {
                let row = BatchRow::Inline(Bytes(one.bytes().to_vec()));
                batch.insert(&self.batches, one.digest().as_bytes().as_slice(), record::seal(&row));
            }
        }
        batch.commit().map_err(engine)
    }
}

impl History for ValidatorHistory {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    fn tip(&self) -> Result<Tip, HistoryError> {
        let last = last_height(&self.certificates).map_err(told)?;
        let height = Height::new(last.min(last_height(&self.blocks).map_err(told)?));
        if height == Height::ZERO {
            return Ok(Tip::EMPTY);
        }
        let pruned = Height::new(self.meta(PRUNED)?.unwrap_or(0));
        Ok(Tip { height, hash: self.must_have(height)?.header.hash(), pruned })
    }
    fn put(&mut self, _tip: &Tip, pieces: &[Piece]) -> Result<(), HistoryError> {
        let starts: u64 = self.meta(keys::STARTING)?.unwrap_or(0);
        if starts > 0 { Err(HistoryError::ReadOnly) } else { self.write(pieces) }
    }
    fn outline(&self, height: Height) -> Result<Option<Outline>, HistoryError> {
        let (Some(block), Some(certificate)) = (self.stored(height)?, self.certificate(height)?)
        else {
            return Ok(None);
        };
        let StoredBlock { header, proposal, executed, records, .. } = block;
        let seal = Seal::Certificate(certificate);
        Ok(Some(Outline { header, proposal, executed, records, seal }))
    }
    fn batches(&self, height: Height) -> Result<Option<Vec<Arc<Batch>>>, HistoryError> {
        let Some(block) = self.stored(height)? else { return Ok(None) };
        let up_to = Height::new(self.meta(PRUNED)?.unwrap_or(0));
        if height <= up_to {
            return Err(HistoryError::Pruned { height, up_to });
        }
        let read = |digest: &Digest| {
            let batch = read_batch(&self.batches, &self.batch_folder, digest);
            let gone = || HistoryError::corrupt(height, format!("batch {digest} is missing"));
            batch.map_err(of_block(height))?.map(Arc::new).ok_or_else(gone)
        };
        block.executed.iter().map(read).collect::<Result<_, _>>().map(Some)
    }
    fn height_of(&self, hash: &Digest) -> Result<Option<Height>, HistoryError> {
        let mut at = self.tip()?;
        // Found from the end on: nobody asks a validator's store for old blocks by their hashes often.
        while at.height > Height::ZERO {
            if at.hash == *hash {
                return Ok(Some(at.height));
            }
            let parent = self.must_have(at.height)?.header.parent;
            at = Tip { height: Height::new(at.height.get() - 1), hash: parent, ..at };
        }
        Ok(None)
    }
    fn place(&self, id: &Digest) -> Result<Option<Place>, HistoryError> {
        let is_there = |place: &Place| {
            let record = self.stored(place.height)?.and_then(|block| {
                let index = usize::try_from(place.index).ok()?;
                block.records.get(index).copied()
            });
            Ok::<bool, HistoryError>(record.is_some_and(|record| record.id == *id))
        };
        for place in self.candidates(id)? {
            if is_there(&place)? {
                return Ok(Some(place));
            }
        }
        let (indexed, _): (u64, u32) = self.meta(keys::INDEXED)?.unwrap_or((0, 0));
        for height in indexed + 1..=self.tip()?.height.get() {
            let height = Height::new(height);
            let records = self.must_have(height)?.records;
            if let Some((_, index)) = records.iter().zip(0..).find(|(record, _)| record.id == *id) {
                return Ok(Some(Place { height, index }));
            }
        }
        Ok(None)
    }
    fn places(
        &self,
        by: &By,
        after: Option<Place>,
        count_max: usize,
    ) -> Result<Vec<Place>, HistoryError> {
        let (tip, mut places) = (self.tip()?, Vec::new());
        let from = after.map_or(Height::new(1), |after| after.height).max(tip.pruned.next());
        for height in from.get()..=tip.height.get() {
            let height = Height::new(height);
            let batches = self.batches(height)?.unwrap_or_default();
            let all = batches.iter().flat_map(|batch| batch.transactions());
            for ((_, tx), index) in all.zip(0..) {
                let place = Place { height, index };
                if places.len() >= count_max {
                    return Ok(places);
                }
                if after.is_none_or(|after| place > after) && by.is_met(&tx) {
                    places.push(place);
                }
            }
        }
        Ok(places)
    }
    fn prune(&mut self, up_to: Height) -> Result<(), HistoryError> {
        let tip = self.tip()?;
        let up_to = up_to.min(tip.height);
        for height in tip.pruned.get() + 1..=up_to.get() {
            let mut batch = self.db.batch();
            for digest in self.must_have(Height::new(height))?.executed {
                batch.remove(&self.batches, digest.as_bytes().as_slice());
            }
            // The number moves with the rows, so that what is cut short is gone on with.
            batch.insert(&self.meta, PRUNED, record::seal(&height));
            batch.commit().map_err(engine)?;
        }
        self.db.persist(PersistMode::SyncAll).map_err(engine)?;
        self.remove_dead_segments()
    }
    fn replace(&mut self, piece: &Piece) -> Result<(), HistoryError> {
        self.write(std::slice::from_ref(piece))
    }
    fn lineage(&self) -> Result<Lineage, HistoryError> {
        let mut lineage = Lineage::default();
        for epoch in self.epochs(self.tip()?.height)?.into_values() {
            if epoch.since == epoch.number {
                let last = Height::new(epoch.first.get().saturating_sub(1));
                let certificate = self.certificate(last)?.ok_or(HistoryError::missing(last))?;
                let header = self.must_have(last)?.header;
                lineage.handovers.push(Handover { header, certificate });
            }
            lineage.epochs.push(epoch);
        }
        Ok(lineage.until(Height::new(u64::MAX)))
    }
    fn set_lineage(&mut self, _lineage: &Lineage) -> Result<(), HistoryError> {
        // It follows from the state and the blocks.
        Ok(())
    }
}

impl fmt::Debug for ValidatorHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValidatorHistory({})", self.blocks.path().display())
    }
}

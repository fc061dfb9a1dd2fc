//! The database: what is written together, and what can be read back.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use codec::Bytes;
use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, OwnedWriteBatch as WriteBatch,
    PersistMode,
};
use ledger::{AppId, Batch, BlockCertificate, StoredBlock};
use types::{ChainId, Height};

use crate::index::{self, Recent};
use crate::segments::{Place, Segments};
use crate::sign_state::{self, Mark, SignState};
use crate::{Loaded, StoreError, record};

const MIB: u64 = 1024 * 1024;
/// The state is written when its waiting changes come to so many bytes.
const STATE_PENDING_BYTES_MAX: usize = 1024 * 1024;
/// The state is written at the latest after so many blocks, so that a start has few to replay.
const STATE_PENDING_BLOCKS_MAX: u64 = 256;

/// A smaller batch stands in the database itself: it costs no second sync.
const INLINE_BYTES_MAX: usize = 32 * 1024;

/// A batch's row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum BatchRow {
    /// Its bytes.
    Inline(Bytes),
    /// Where its bytes are.
    Place(Place),
}
codec::tagged!(BatchRow { 0 => Inline, 1 => Place });

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Where the database is.
    pub path: PathBuf,
    /// Where the sign-state is.
    pub sign_state_folder: PathBuf,
    /// The chain it is for.
    pub chain: ChainId,
    /// The operator says that this node may vote although its sign-state or store was lost.
    pub trust_lost_state: bool,
}

/// Something to keep.
#[derive(Clone, Debug)]
pub enum Op {
    /// A record of the core's log.
    CoreAppend(Vec<u8>),
    /// The core's whole log, in place of what was there.
    CoreReplace(Vec<Vec<u8>>),
    /// A batch.
    Batch(Arc<Batch>),
    /// A block, its state changes and the places of its transactions.
    Block(Arc<StoredBlock>),
    /// A block's certificate.
    Certificate(BlockCertificate),
    /// Forget all blocks, certificates and state.
    ResetLedger {
        /// Kept for [`Loaded::attested`].
        attested: Height,
    },
}

/// A failure that a drill or a test asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The disk is full.
    Full,
    /// The disk fails.
    Io,
}

/// What one validator keeps.
pub struct Store {
    pub(crate) db: Database,
    pub(crate) meta: Keyspace,
    pub(crate) log: Keyspace,
    pub(crate) batches: Keyspace,
    pub(crate) batch_folder: PathBuf,
    pub(crate) pending: Keyspace,
    pub(crate) blocks: Keyspace,
    pub(crate) certificates: Keyspace,
    pub(crate) state: Keyspace,
    pub(crate) places: Keyspace,
    pub(crate) writer: Mutex<Writer>,
    pub(crate) recent: Mutex<Recent>,
    fault: Mutex<Option<Fault>>,
    has_failed: AtomicBool,
}

/// Where the next records go.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) log_first: u64,
    pub(crate) log_next: u64,
    pub(crate) mark: Mark,
    pub(crate) sign_state: SignState,
    pub(crate) segments: Segments,
    pub(crate) state_pending: BTreeMap<(AppId, Vec<u8>), Option<Vec<u8>>>,
    pub(crate) state_pending_bytes: usize,
    pub(crate) state_height: u64,
    pub(crate) height: u64,
    pub(crate) runs: u32,
    /// The node may not vote: the marks stay as they are, so that the next start finds the same.
    pub(crate) is_frozen: bool,
}

pub(crate) mod keys {
    pub(crate) const CHAIN: &[u8] = b"chain";
    pub(crate) const STARTING: &[u8] = b"starting";
    pub(crate) const STARTED: &[u8] = b"started";
    pub(crate) const COMMITS: &[u8] = b"commits";
    pub(crate) const STATE_HEIGHT: &[u8] = b"state-height";
    pub(crate) const ATTESTED: &[u8] = b"attested";
    pub(crate) const INDEXED: &[u8] = b"indexed";
}

pub(crate) fn state_key(app: AppId, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 + key.len());
    bytes.extend_from_slice(&app.0.to_be_bytes());
    bytes.extend_from_slice(key);
    bytes
}

/// Opens the engine, with bounds on what it holds in memory whatever the length of the chain.
pub(crate) fn open_engine(path: &Path) -> Result<Database, StoreError> {
    let builder = Database::builder(path).cache_size(4 * MIB).worker_threads(2);
    Ok(builder.max_journaling_size(128 * MIB).max_cached_files(Some(128)).open()?)
}

/// Of rows that are few or short.
pub(crate) fn small() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(2 * MIB)
}

/// Of rows that may be long: those are kept apart from their keys.
pub(crate) fn large() -> KeyspaceCreateOptions {
    let blobs = KvSeparationOptions::default().separation_threshold(4 * 1024);
    KeyspaceCreateOptions::default().max_memtable_size(4 * MIB).with_kv_separation(Some(blobs))
}

impl Store {
    /// Opens or makes a store, and reads what a replica needs to go on.
    ///
    /// # Errors
    /// Where it cannot be read, belongs to another chain, or is in use.
    pub fn open(options: &StoreOptions) -> Result<(Self, Loaded), StoreError> {
        std::fs::create_dir_all(&options.path)?;
        std::fs::create_dir_all(&options.sign_state_folder)?;
        if options.trust_lost_state {
            sign_state::forget(&options.sign_state_folder)?;
        }
        // The engine trusts its own files in places; a panic over damaged ones is damage found, not a bug of ours.
        let opened = std::panic::catch_unwind(|| Self::open_and_load(options));
        opened.unwrap_or_else(|_| Err(StoreError::corrupt("the engine cannot read its files")))
    }

    fn open_and_load(options: &StoreOptions) -> Result<(Self, Loaded), StoreError> {
        let (sign_state, found) = SignState::open(&options.sign_state_folder)?;
        let store = Self::open_database(options, sign_state)?;
        let loaded = crate::load::load(&store, options, found)?;
        Ok((store, loaded))
    }

    fn open_database(options: &StoreOptions, sign_state: SignState) -> Result<Self, StoreError> {
        let db = open_engine(&options.path).map_err(|error| at(error, &options.path))?;
        Ok(Self {
            meta: db.keyspace("meta", small)?,
            log: db.keyspace("log", small)?,
            batches: db.keyspace("batches", large)?,
            batch_folder: options.path.join("batches"),
            pending: db.keyspace("pending", small)?,
            blocks: db.keyspace("blocks", large)?,
            certificates: db.keyspace("certificates", small)?,
            state: db.keyspace("state", || small().max_memtable_size(4 * MIB))?,
            places: db.keyspace("places", large)?,
            writer: Mutex::new(Writer {
                log_first: 0,
                log_next: 0,
                mark: Mark::default(),
                sign_state,
                segments: Segments::open(options.path.join("batches"))?,
                state_pending: BTreeMap::new(),
                state_pending_bytes: 0,
                state_height: 0,
                height: 0,
                runs: 0,
                is_frozen: false,
            }),
            recent: Mutex::new(Recent::default()),
            fault: Mutex::new(None),
            has_failed: AtomicBool::new(false),
            db,
        })
    }

    /// Keeps all of `ops`, or none, and returns once they are durable; certificates alone are not synced, since any
    /// quorum has them again. Returns how many bytes it wrote.
    ///
    /// # Errors
    /// Where the disk is full or fails; then nothing that depends on `ops` may leave the process.
    pub fn commit(&self, ops: &[Op]) -> Result<u64, StoreError> {
        let written = self.try_commit(ops);
        if written.is_err() {
            self.has_failed.store(true, Ordering::Relaxed);
        }
        written
    }

    fn try_commit(&self, ops: &[Op]) -> Result<u64, StoreError> {
        if let Some(fault) = *lock(&self.fault) {
            return Err(match fault {
                Fault::Full => StoreError::Full,
                Fault::Io => StoreError::Io(std::io::Error::other("a fault that was asked for")),
            });
        }
        let mut writer = lock(&self.writer);
        let must_sync = !ops.iter().all(|op| matches!(op, Op::Certificate(_)));
        let mut round = Round { batch: self.db.batch(), bytes: 0 };
        for op in ops {
            self.add(&mut round, &mut writer, op)?;
        }
        // A batch is durable before the row that says where it is.
        writer.segments.sync()?;
        self.add_lazy(&mut round, &mut writer);
        let must_mark = must_sync && !writer.is_frozen;
        let mark = Mark { commits: writer.mark.commits + u64::from(must_mark), ..writer.mark };
        if must_mark {
            round.insert(&self.meta, keys::COMMITS, record::seal(&mark.commits));
        }
        let mode = if must_sync { PersistMode::SyncData } else { PersistMode::Buffer };
        round.batch.durability(Some(mode)).commit()?;
        if must_mark {
            writer.mark = mark;
            writer.sign_state.advance(mark)?;
        }
        Ok(round.bytes)
    }

    fn add(&self, round: &mut Round, writer: &mut Writer, op: &Op) -> Result<(), StoreError> {
        match op {
            Op::CoreAppend(bytes) => self.append_to_log(round, writer, bytes),
            Op::CoreReplace(records) => {
                for seq in writer.log_first..writer.log_next {
                    round.batch.remove(&self.log, seq.to_be_bytes());
                }
                writer.log_first = writer.log_next;
                records.iter().for_each(|bytes| self.append_to_log(round, writer, bytes));
            }
            Op::Batch(batch) => {
                let row = if batch.bytes().len() < INLINE_BYTES_MAX {
                    BatchRow::Inline(Bytes(batch.bytes().to_vec()))
                } else {
                    round.bytes += batch.bytes().len() as u64;
                    BatchRow::Place(writer.segments.append(batch.bytes())?)
                };
                round.insert(&self.batches, batch.digest().as_bytes(), record::seal(&row));
                round.insert(&self.pending, batch.digest().as_bytes(), &[][..]);
            }
            Op::Block(block) => self.add_block(round, writer, block),
            Op::Certificate(certificate) => {
                let key = certificate.height.get().to_be_bytes();
                round.insert(&self.certificates, &key, record::seal(certificate));
            }
            Op::ResetLedger { attested } => self.reset_ledger(round, writer, *attested),
        }
        Ok(())
    }

    fn append_to_log(&self, round: &mut Round, writer: &mut Writer, bytes: &[u8]) {
        round.insert(&self.log, &writer.log_next.to_be_bytes(), record::seal_bytes(bytes));
        writer.log_next += 1;
    }

    fn add_block(&self, round: &mut Round, writer: &mut Writer, block: &StoredBlock) {
        let height = block.header.height;
        round.insert(&self.blocks, &height.get().to_be_bytes(), record::seal(block));
        let named = block.proposal.iter().flat_map(|proposal| &proposal.batches);
        for digest in named.chain(&block.executed) {
            round.batch.remove(&self.pending, digest.as_bytes().as_slice());
        }
        for change in &block.changes {
            let value = change.value.as_ref().map(|value| value.0.clone());
            writer.state_pending_bytes += change.key.0.len() + value.as_ref().map_or(0, Vec::len);
            writer.state_pending.insert((change.app, change.key.0.clone()), value);
        }
        writer.height = height.get();
        lock(&self.recent).add(height, block.records.iter().map(|record| record.id));
    }

    /// Writes the state and the places of transactions once enough of them wait.
    fn add_lazy(&self, round: &mut Round, writer: &mut Writer) {
        let waiting = writer.height.saturating_sub(writer.state_height);
        if writer.state_pending_bytes > STATE_PENDING_BYTES_MAX
            || waiting > STATE_PENDING_BLOCKS_MAX
        {
            for ((app, key), value) in std::mem::take(&mut writer.state_pending) {
                let key = state_key(app, &key);
                match value {
                    Some(value) => round.insert(&self.state, &key, record::seal_bytes(&value)),
                    None => round.batch.remove(&self.state, key),
                }
            }
            writer.state_pending_bytes = 0;
            writer.state_height = writer.height;
            round.insert(&self.meta, keys::STATE_HEIGHT, record::seal(&writer.height));
        }
        let mut recent = lock(&self.recent);
        if recent.len() >= index::RUN_ENTRIES {
            for (page, bytes) in index::pages(&recent.take()) {
                let mut key = vec![page];
                key.extend_from_slice(&writer.runs.to_be_bytes());
                round.insert(&self.places, &key, record::seal_bytes(&bytes));
            }
            writer.runs += 1;
            round.insert(&self.meta, keys::INDEXED, record::seal(&(writer.height, writer.runs)));
        }
    }

    fn reset_ledger(&self, round: &mut Round, writer: &mut Writer, attested: Height) {
        for keyspace in [&self.blocks, &self.certificates, &self.state, &self.places] {
            for guard in keyspace.iter() {
                if let Ok(key) = guard.key() {
                    round.batch.remove(keyspace, key);
                }
            }
        }
        writer.state_pending.clear();
        writer.state_pending_bytes = 0;
        (writer.state_height, writer.height, writer.runs) = (0, 0, 0);
        lock(&self.recent).take();
        round.insert(&self.meta, keys::ATTESTED, record::seal(&attested.get()));
        round.insert(&self.meta, keys::STATE_HEIGHT, record::seal(&0u64));
        round.insert(&self.meta, keys::INDEXED, record::seal(&(0u64, 0u32)));
    }

    /// Syncs everything; the last thing before a process ends in order.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::SyncAll)?;
        let mut writer = lock(&self.writer);
        let mark = writer.mark;
        if !writer.is_frozen {
            writer.sign_state.advance_and_sync(mark)?;
        }
        Ok(())
    }

    /// Makes every later commit fail: for drills and tests.
    pub fn inject(&self, fault: Option<Fault>) {
        *lock(&self.fault) = fault;
    }
    /// Whether a commit has failed: nothing can be kept any more.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }
    /// How many times this node was started on this store, this time included.
    #[must_use]
    pub fn generation(&self) -> u64 {
        lock(&self.writer).mark.generation
    }
    /// How many commits were synced.
    #[must_use]
    pub fn commits(&self) -> u64 {
        lock(&self.writer).mark.commits
    }
    /// Bytes on disk.
    #[must_use]
    pub fn disk_bytes(&self) -> Option<u64> {
        self.db.disk_space().ok()
    }
}

/// One atomic write in the making.
struct Round {
    batch: WriteBatch,
    bytes: u64,
}

impl Round {
    fn insert(&mut self, keyspace: &Keyspace, key: &[u8], value: impl Into<fjall::Slice>) {
        let value = value.into();
        self.bytes += (key.len() + value.len()) as u64;
        self.batch.insert(keyspace, key, value);
    }
}

pub(crate) fn at(error: StoreError, path: &Path) -> StoreError {
    match error {
        StoreError::Locked { .. } => StoreError::Locked { path: path.to_owned() },
        StoreError::Full
        | StoreError::Io(_)
        | StoreError::Corrupt { .. }
        | StoreError::WrongChain { .. }
        | StoreError::WrongFormat { .. } => error,
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.blocks.path().display())
    }
}

//! Reads back what a replica needs to go on, and judges whether it may vote.

use std::collections::BTreeMap;
use std::sync::Arc;

use fjall::{Keyspace, PersistMode};
use ledger::{AppId, Batch, BlockCertificate, Header, StoredBlock};
use types::{ChainId, Digest, Height};

use crate::sign_state::Mark;
use crate::store::{Writer, keys, lock};
use crate::{Store, StoreError, StoreOptions, VoteLoss, record};

/// The last blocks whose executed batches a replica must know.
const LAST_BLOCKS: u64 = 1_024;

/// An entry of an application's state: whose, the key, the value.
pub type StateEntry = (AppId, Vec<u8>, Vec<u8>);

/// What was durable.
#[derive(Debug)]
pub struct Loaded {
    /// The core's log.
    pub core_log: Vec<Vec<u8>>,
    /// All entries of all applications' states.
    pub entries: Vec<StateEntry>,
    /// The last blocks, oldest first: headers and executed batches.
    pub last_blocks: Vec<(Header, Vec<Digest>)>,
    /// Batches that no kept block has executed.
    pub batches: Vec<Arc<Batch>>,
    /// The certificate of the last certified block.
    pub certificate: Option<BlockCertificate>,
    /// The height of the last [`crate::Op::ResetLedger`]; zero where there was none.
    pub attested: Height,
    /// How many times the node was started on this store, this time included.
    pub generation: u64,
    /// Why the node may have forgotten what it promised; `None` where it has not.
    pub vote_loss: Option<VoteLoss>,
}

pub(crate) fn load(
    store: &Store,
    options: &StoreOptions,
    found: Option<Mark>,
) -> Result<Loaded, StoreError> {
    check_chain(store, options.chain)?;
    let tip = last_height(&store.blocks)?;
    let core_log = load_log(store)?;
    let entries = load_state(store, tip)?;
    reindex(store, tip)?;
    let vote_loss = begin_generation(store, options, found)?;
    Ok(Loaded {
        core_log,
        entries,
        last_blocks: last_blocks(store, tip)?,
        batches: pending_batches(store)?,
        certificate: last_certificate(store)?,
        attested: Height::new(number(store, keys::ATTESTED)?),
        generation: store.generation(),
        vote_loss,
    })
}

fn number(store: &Store, key: &[u8]) -> Result<u64, StoreError> {
    let bytes = store.meta.get(key)?;
    Ok(bytes.map(|bytes| record::open("a counter", &bytes)).transpose()?.unwrap_or(0))
}

fn check_chain(store: &Store, wanted: ChainId) -> Result<(), StoreError> {
    match store.meta.get(keys::CHAIN)? {
        Some(bytes) => {
            let found: ChainId = record::open("the chain's id", &bytes)?;
            if found == wanted { Ok(()) } else { Err(StoreError::WrongChain { found, wanted }) }
        }
        None => {
            let mut batch = store.db.batch().durability(Some(PersistMode::SyncAll));
            batch.insert(&store.meta, keys::CHAIN, record::seal(&wanted));
            Ok(batch.commit()?)
        }
    }
}

fn big_endian(key: &[u8]) -> Result<u64, StoreError> {
    let bytes = key.try_into().map_err(|_| StoreError::corrupt("a key is not eight bytes long"))?;
    Ok(u64::from_be_bytes(bytes))
}

pub(crate) fn last_height(blocks: &Keyspace) -> Result<u64, StoreError> {
    let Some(guard) = blocks.last_key_value() else { return Ok(0) };
    big_endian(&guard.key()?)
}

fn load_log(store: &Store) -> Result<Vec<Vec<u8>>, StoreError> {
    let log = read_log(&store.log)?;
    let mut writer = lock(&store.writer);
    (writer.log_first, writer.log_next) = (log.first, log.next);
    Ok(log.records)
}

/// The core's log as it is kept.
pub(crate) struct KeptLog {
    pub(crate) records: Vec<Vec<u8>>,
    /// The number of the first record.
    first: u64,
    /// The number of the next one.
    next: u64,
}

pub(crate) fn read_log(kept: &Keyspace) -> Result<KeptLog, StoreError> {
    let mut records = Vec::new();
    let mut seqs = None;
    for guard in kept.iter() {
        let (key, value) = guard.into_inner()?;
        let seq = big_endian(&key)?;
        let (first, next) = seqs.unwrap_or((seq, seq));
        if seq != next {
            return Err(StoreError::corrupt(format!("the log's record {next} is missing")));
        }
        seqs = Some((first, seq + 1));
        records.push(record::open_bytes("a record of the log", &value)?.to_vec());
    }
    let (first, next) = seqs.unwrap_or((0, 0));
    Ok(KeptLog { records, first, next })
}

fn must_have_block(store: &Store, height: u64) -> Result<StoredBlock, StoreError> {
    let block = store.block(Height::new(height))?;
    block.ok_or_else(|| StoreError::corrupt(format!("block {height} is missing")))
}

/// The written state, and on it the changes of the blocks behind it.
fn load_state(store: &Store, tip: u64) -> Result<Vec<StateEntry>, StoreError> {
    let mut entries: BTreeMap<(AppId, Vec<u8>), Vec<u8>> = BTreeMap::new();
    for guard in store.state.iter() {
        let (key, value) = guard.into_inner()?;
        let (app, key) = key
            .split_first_chunk::<2>()
            .ok_or_else(|| StoreError::corrupt("a key of the state names no application"))?;
        let value = record::open_bytes("an entry of the state", &value)?.to_vec();
        entries.insert((AppId(u16::from_be_bytes(*app)), key.to_vec()), value);
    }
    let written = number(store, keys::STATE_HEIGHT)?;
    let mut writer = lock(&store.writer);
    (writer.state_height, writer.height) = (written, tip);
    for height in written + 1..=tip {
        for change in must_have_block(store, height)?.changes {
            let key = (change.app, change.key.0);
            let value = change.value.map(|value| value.0);
            match &value {
                Some(value) => entries.insert(key.clone(), value.clone()),
                None => entries.remove(&key),
            };
            keep_pending(&mut writer, key, value);
        }
    }
    Ok(entries.into_iter().map(|((app, key), value)| (app, key, value)).collect())
}

fn keep_pending(writer: &mut Writer, key: (AppId, Vec<u8>), value: Option<Vec<u8>>) {
    writer.state_pending_bytes += key.1.len() + value.as_ref().map_or(0, Vec::len);
    writer.state_pending.insert(key, value);
}

/// Reads the transactions of the blocks that no written run holds.
fn reindex(store: &Store, tip: u64) -> Result<(), StoreError> {
    let indexed: Option<(u64, u32)> = match store.meta.get(keys::INDEXED)? {
        Some(bytes) => Some(record::open("the index's height", &bytes)?),
        None => None,
    };
    let (height, runs) = indexed.unwrap_or((0, 0));
    lock(&store.writer).runs = runs;
    for height in height + 1..=tip {
        let block = must_have_block(store, height)?;
        let ids = block.records.iter().map(|record| record.id);
        lock(&store.recent).add(Height::new(height), ids);
    }
    Ok(())
}

fn last_blocks(store: &Store, tip: u64) -> Result<Vec<(Header, Vec<Digest>)>, StoreError> {
    let first = tip.saturating_sub(LAST_BLOCKS - 1).max(1);
    let mut blocks: Vec<(Header, Vec<Digest>)> = Vec::new();
    for height in first..=tip {
        let block = must_have_block(store, height)?;
        if blocks.last().is_some_and(|(parent, _)| parent.hash() != block.header.parent) {
            return Err(StoreError::corrupt(format!(
                "block {height} does not name the block before it as its parent"
            )));
        }
        blocks.push((block.header, block.executed));
    }
    Ok(blocks)
}

fn pending_batches(store: &Store) -> Result<Vec<Arc<Batch>>, StoreError> {
    let mut batches = Vec::new();
    for guard in store.pending.iter() {
        let key = guard.key()?;
        let bytes: [u8; 32] = key
            .as_ref()
            .try_into()
            .map_err(|_| StoreError::corrupt("the key of a waiting batch is not 32 bytes long"))?;
        let digest = Digest::new(bytes);
        let batch = store.batch(&digest)?;
        batches.push(Arc::new(batch.ok_or_else(|| {
            StoreError::corrupt(format!("the waiting batch {digest} is missing"))
        })?));
    }
    batches.sort_by_key(|batch: &Arc<Batch>| (batch.origin(), batch.number()));
    Ok(batches)
}

fn last_certificate(store: &Store) -> Result<Option<BlockCertificate>, StoreError> {
    let Some(guard) = store.certificates.last_key_value() else { return Ok(None) };
    record::open("the last certificate", &guard.value()?).map(Some)
}

/// Compares the sign-state with the store, and starts a new generation of both.
///
/// The store first notes that it is starting, then the sign-state has the new generation, then the store has it:
/// a crash between two of these steps, before anything was signed, is not mistaken for a loss.
fn begin_generation(
    store: &Store,
    options: &StoreOptions,
    found: Option<Mark>,
) -> Result<Option<VoteLoss>, StoreError> {
    let (starting, started) = (number(store, keys::STARTING)?, number(store, keys::STARTED)?);
    let commits = number(store, keys::COMMITS)?;
    let loss =
        if options.trust_lost_state { None } else { judge(found, starting, started, commits) };
    let generation = found.unwrap_or_default().generation.max(starting).max(started) + 1;
    // A node that may not vote signs nothing: it leaves the marks alone, so that the next start says the same.
    let mark = Mark { generation, commits };
    let mut writer = lock(&store.writer);
    if loss.is_none() {
        note(store, keys::STARTING, generation)?;
        writer.sign_state.advance_and_sync(mark)?;
        note(store, keys::STARTED, generation)?;
    }
    writer.mark = mark;
    writer.is_frozen = loss.is_some();
    Ok(loss)
}

fn note(store: &Store, key: &[u8], generation: u64) -> Result<(), StoreError> {
    let mut batch = store.db.batch().durability(Some(PersistMode::SyncData));
    batch.insert(&store.meta, key, record::seal(&generation));
    Ok(batch.commit()?)
}

fn judge(found: Option<Mark>, starting: u64, started: u64, commits: u64) -> Option<VoteLoss> {
    let Some(mark) = found else {
        // No start of this store was ever completed: nothing was signed.
        return (started > 0).then_some(VoteLoss::SignStateLost);
    };
    if mark.generation > starting {
        let is_empty = starting == 0;
        return Some(if is_empty {
            VoteLoss::StoreLost
        } else {
            VoteLoss::StoreOlder { missing: mark.commits.saturating_sub(commits) }
        });
    }
    if mark.generation < started {
        return Some(VoteLoss::SignStateOlder);
    }
    (mark.commits > commits).then(|| VoteLoss::StoreOlder { missing: mark.commits - commits })
}

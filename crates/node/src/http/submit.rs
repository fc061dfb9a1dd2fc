//! Hands transactions to the node and waits for what becomes of them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::routes::PREFIX;
use api::{Code, Wait};
use axum::http::HeaderMap;
use ledger::{Outcome, Refusal, SealedTransaction, TxRecord};
use tokio::time::Instant;
use types::{Digest, Height};

use super::failure::{Answer, Failure};
use super::query::percent_encode;
use super::state::{Face, OperationRecord, Remembered};
use crate::handle::{TxResult, WaitError, WaitFor};

/// Transactions handed to the pool at once by an import; small enough that others get in between.
const CHUNK: usize = 256;
/// Pause before a full pool is asked again.
const POOL_PAUSE: Duration = Duration::from_millis(20);
/// How long a request in the background goes on asking a full pool.
const BACKGROUND_PATIENCE: Duration = Duration::from_secs(300);
/// Longest idempotency key, in bytes.
const KEY_BYTES_MAX: usize = 256;

/// What became of a transaction, as far as was waited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// The pool has it, or will be asked in the background.
    Pending,
    /// The pool refused it.
    Refused(Refusal),
    /// It was executed, and a quorum attests the block.
    Done(TxResult),
    /// It did not commit in time.
    Late,
}

/// What a client wants waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) wait: Wait,
    pub(super) timeout: Duration,
}

/// The transactions of a request: newly made, or those that its idempotency key stands for already.
///
/// Sending the same transactions again is harmless: each is executed once, and its outcome is the ledger's. So an
/// answer to a repeated request is the ledger's answer and needs no copy.
pub(super) fn transactions(
    face: &Face,
    headers: &HeaderMap,
    request: Digest,
    make: impl FnOnce() -> Answer<Vec<SealedTransaction>>,
) -> Answer<Arc<[SealedTransaction]>> {
    let Some(key) = headers.get("idempotency-key") else { return make().map(Arc::from) };
    let usable = key.to_str().ok().filter(|key| (1..=KEY_BYTES_MAX).contains(&key.len()));
    let Some(key) = usable else {
        let detail = format!("`Idempotency-Key` has to be 1 to {KEY_BYTES_MAX} visible characters");
        return Err(Failure::parameter(detail));
    };
    let kept = match face.remembered.get(&key.to_owned()) {
        Some(kept) => kept,
        None => {
            let made = Remembered { request, transactions: make()?.into() };
            face.remembered.keep(key.to_owned(), made)
        }
    };
    if kept.request == request {
        Ok(kept.transactions)
    } else {
        let detail = "the idempotency key came with another request before; take a new one";
        Err(Failure::new(Code::IdempotencyKeyReused, detail))
    }
}

/// Remembers a request's transactions, so that somebody can ask about them; gives the operation's path.
pub(super) fn remember(face: &Face, txs: &[SealedTransaction]) -> (Arc<OperationRecord>, String) {
    let ids: Vec<Digest> = txs.iter().map(SealedTransaction::id).collect();
    let id = match ids.as_slice() {
        [id] => *id,
        ids => {
            let bytes: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
            crypto::hash("unisono-operation", &bytes)
        }
    };
    let record = Arc::new(OperationRecord { ids, refused: Mutex::default() });
    (face.operations.keep(id, record), format!("{PREFIX}/operations/{id}"))
}

/// Hands transactions in, as many at a time as the pool takes, and waits as told. Fates come in the same order.
pub(super) async fn run(
    face: &Arc<Face>,
    txs: Arc<[SealedTransaction]>,
    record: &Arc<OperationRecord>,
    patience: Patience,
) -> Answer<Vec<Fate>> {
    if patience.wait == Wait::None {
        let (face, record, count) = (Arc::clone(face), Arc::clone(record), txs.len());
        tokio::spawn(async move {
            let deadline = Instant::now() + BACKGROUND_PATIENCE;
            if let Err(failure) = hand_in(&face, &txs, &record, deadline).await {
                tracing::warn!(?failure, "a request that nobody waits for could not be handed in");
            }
        });
        return Ok(vec![Fate::Pending; count]);
    }
    let deadline = Instant::now() + patience.timeout;
    let mut fates = hand_in(face, &txs, record, deadline).await?;
    if patience.wait == Wait::Commit {
        follow(face, &txs, &mut fates, deadline).await?;
    }
    Ok(fates)
}

/// Waits for the commit of all that is pending: for the last first, since when that is in, most others are too.
async fn follow(
    face: &Face,
    txs: &[SealedTransaction],
    fates: &mut [Fate],
    deadline: Instant,
) -> Answer<()> {
    let last = fates.iter().rposition(|fate| *fate == Fate::Pending);
    let Some(last) = last else { return Ok(()) };
    fates[last] = until_committed(face, txs[last].id(), deadline).await?;
    let pending = || txs.iter().zip(fates.iter()).filter(|(_, fate)| **fate == Fate::Pending);
    let ids: Vec<Digest> = pending().map(|(tx, _)| tx.id()).collect();
    let found = results(face, &ids).await;
    for (tx, fate) in txs.iter().zip(fates).filter(|(_, fate)| **fate == Fate::Pending) {
        *fate = match found.get(&tx.id()) {
            Some(result) if result.certified => Fate::Done(*result),
            Some(_) | None => until_committed(face, tx.id(), deadline).await?,
        };
    }
    Ok(())
}

/// What became of many transactions so far; each block that they share is read once.
pub(super) async fn results(face: &Face, ids: &[Digest]) -> BTreeMap<Digest, TxResult> {
    let mut blocks: BTreeMap<Height, Option<(Vec<TxRecord>, bool)>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for &id in ids {
        let Some((height, index)) = face.handle.locate(id).await else { continue };
        let block = match blocks.entry(height) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let records = face.handle.block(height).await.map(|block| block.records);
                let certified = face.handle.certificate(height).await.is_some();
                unknown.insert(records.map(|records| (records, certified)))
            }
        };
        if let Some((records, certified)) = block
            && let Some(record) = records.get(index as usize)
        {
            let (outcome, certified) = (record.outcome, *certified);
            found.insert(id, TxResult { height, index, outcome, certified });
        }
    }
    found
}

/// Hands transactions to the pool. A single one is asked once; many are asked again while the pool is full.
async fn hand_in(
    face: &Face,
    txs: &[SealedTransaction],
    record: &OperationRecord,
    deadline: Instant,
) -> Answer<Vec<Fate>> {
    let mut fates = Vec::with_capacity(txs.len());
    for chunk in txs.chunks(CHUNK) {
        let mut left: Vec<SealedTransaction> = chunk.to_vec();
        let mut said: BTreeMap<Digest, Fate> = BTreeMap::new();
        while !left.is_empty() {
            let answers = face.handle.submit(left.clone()).await?;
            let mut again = Vec::new();
            for (tx, answer) in left.into_iter().zip(answers) {
                let fate = admission(face, tx.id(), answer).await;
                if txs.len() > 1 && is_full(fate) && Instant::now() < deadline {
                    again.push(tx);
                } else {
                    said.insert(tx.id(), fate);
                }
            }
            if !again.is_empty() {
                tokio::time::sleep(POOL_PAUSE).await;
            }
            left = again;
        }
        let mut refused = record.refused.lock().unwrap_or_else(PoisonError::into_inner);
        for tx in chunk {
            let fate = said.get(&tx.id()).copied().unwrap_or(Fate::Late);
            if let Fate::Refused(refusal) = fate {
                refused.insert(tx.id(), refusal);
            }
            fates.push(fate);
        }
    }
    Ok(fates)
}

/// What the pool's answer means. A transaction that waits already, or was executed, is no new refusal.
async fn admission(face: &Face, id: Digest, answer: Result<(), Refusal>) -> Fate {
    match answer {
        Ok(()) | Err(Refusal::AlreadyPending) => Fate::Pending,
        Err(refusal @ (Refusal::NonceUsed | Refusal::Expired)) => {
            match face.handle.locate(id).await {
                Some(_) => Fate::Pending,
                None => Fate::Refused(refusal),
            }
        }
        Err(refusal) => Fate::Refused(refusal),
    }
}

fn is_full(fate: Fate) -> bool {
    matches!(fate, Fate::Refused(Refusal::PoolFull | Refusal::SenderLimit))
}

async fn until_committed(face: &Face, id: Digest, deadline: Instant) -> Answer<Fate> {
    let left = deadline.saturating_duration_since(Instant::now());
    match face.handle.wait_for(id, WaitFor::Commit, left).await {
        Ok(result) => Ok(Fate::Done(result)),
        Err(WaitError::Timeout) => Ok(Fate::Late),
        Err(error @ (WaitError::TooManyWaiters | WaitError::Stopping)) => Err(Failure::new(
            Code::NodeUnavailable,
            format!("the node cannot wait for the commit: {error}; ask the operation later"),
        )),
    }
}

/// The failure of a single transaction, where its fate is one.
pub(super) fn failure_of(fate: Fate, id: Digest, subject: &str) -> Option<Failure> {
    let instance = format!("{PREFIX}/transactions/{id}");
    let why = format!("{PREFIX}/why?subject={}", percent_encode(subject));
    let refusal = match fate {
        Fate::Pending => return None,
        Fate::Done(TxResult { outcome: Outcome::Applied, .. }) => return None,
        Fate::Done(TxResult { outcome: Outcome::Refused(refusal), .. }) => refusal,
        Fate::Refused(refusal) => refusal,
        Fate::Late => {
            let detail = "the transaction was taken and did not commit in time; it may still commit: ask \
                          for it, or ask why";
            return Some(Failure::new(Code::CommitTimeout, detail).at(instance).because(why));
        }
    };
    Some(Failure::from(refusal).at(instance).because(why))
}

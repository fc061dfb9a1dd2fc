//! What the handlers share.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::{Genesis, Refusal, SealedTransaction};
use tokio::sync::{Semaphore, SemaphorePermit};
use types::Digest;

use super::failure::{Answer, Failure};
use super::options::HttpOptions;
use super::rates::Rates;
use crate::Handle;

/// Most idempotency keys remembered.
const KEYS_KEPT_MAX: usize = 4_096;
/// Most operations remembered.
const OPERATIONS_KEPT_MAX: usize = 1_024;

/// Most bulk submissions that are read and checked at once.
const BULK_AT_ONCE: usize = 4;
/// How long another one waits for its turn.
const BULK_PATIENCE: Duration = Duration::from_secs(10);

/// What the handlers share.
#[derive(Debug)]
pub(super) struct Face {
    pub(super) handle: Handle,
    pub(super) options: HttpOptions,
    pub(super) rates: Rates,
    pub(super) remembered: Recent<String, Remembered>,
    pub(super) operations: Recent<Digest, Arc<OperationRecord>>,
    listeners: AtomicUsize,
    bulk: Semaphore,
}

/// The transactions that an idempotency key stands for.
#[derive(Clone, Debug)]
pub(super) struct Remembered {
    /// The digest of the request that they were made for.
    pub(super) request: Digest,
    /// The transactions.
    pub(super) transactions: Arc<[SealedTransaction]>,
}

/// The transactions of a request that somebody may ask about later.
#[derive(Debug)]
pub(super) struct OperationRecord {
    /// Their ids.
    pub(super) ids: Vec<Digest>,
    /// What the pool refused of them, with why.
    pub(super) refused: Mutex<BTreeMap<Digest, Refusal>>,
}

impl Face {
    pub(super) fn new(handle: Handle, options: HttpOptions) -> Self {
        Self {
            handle,
            rates: Rates::new(options.rate),
            options,
            remembered: Recent::new(KEYS_KEPT_MAX),
            operations: Recent::new(OPERATIONS_KEPT_MAX),
            listeners: AtomicUsize::new(0),
            bulk: Semaphore::new(BULK_AT_ONCE),
        }
    }

    pub(super) fn genesis(&self) -> &Genesis {
        self.handle.genesis()
    }

    /// This node's name for people.
    pub(super) fn name(&self) -> &str {
        self.handle.name()
    }

    /// Lets a bulk submission in whose body has not been read: a few at once, and none at once while the pool is full.
    /// The others wait in their connections, where they cost neither memory nor time.
    pub(super) async fn bulk_seat(&self) -> Answer<SemaphorePermit<'_>> {
        match tokio::time::timeout(BULK_PATIENCE, self.bulk.acquire()).await {
            Ok(Ok(seat)) => {
                self.handle.wait_for_some_room().await;
                Ok(seat)
            }
            Ok(Err(_)) | Err(_) => Err(Failure::from(Refusal::PoolFull)),
        }
    }

    /// A seat for one more listener, where one is free; it is given back when dropped.
    pub(super) fn listen(self: &Arc<Self>) -> Option<Seat> {
        let max = self.options.listeners_max;
        let took = self.listeners.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            (taken < max).then_some(taken + 1)
        });
        took.ok().map(|_| Seat(Arc::clone(self)))
    }
}

/// One listener's seat.
#[derive(Debug)]
pub(super) struct Seat(Arc<Face>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The last so many values by key; the oldest leaves when there is no room.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    kept_max: usize,
    inner: Mutex<(HashMap<K, V>, VecDeque<K>)>,
}

impl<K: Clone + Eq + Hash, V: Clone> Recent<K, V> {
    pub(super) fn new(kept_max: usize) -> Self {
        Self { kept_max, inner: Mutex::default() }
    }
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).0.get(key).cloned()
    }
    /// Keeps a value, unless the key has one already; returns the one that is kept.
    pub(super) fn keep(&self, key: K, value: V) -> V {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (values, order) = &mut *inner;
        if let Some(kept) = values.get(&key) {
            return kept.clone();
        }
        if order.len() >= self.kept_max
            && let Some(oldest) = order.pop_front()
        {
            values.remove(&oldest);
        }
        order.push_back(key.clone());
        values.insert(key, value.clone());
        value
    }
}

//! Checks clients' signatures as batches, off the replica's thread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crypto::{PreparedKey, verify_batch};
use ledger::{Account, Refusal, SealedTransaction, tx_signing_bytes};
use tokio::sync::{Semaphore, oneshot};

use crate::command::{Admitted, Command};
use crate::config::MempoolSettings;
use crate::handle::{NodeError, Shared};

/// Most sender keys remembered.
const KEYS_KEPT_MAX: usize = 16_384;
/// How long a submission waits for room in a full pool, and how often it looks.
const ROOM_PATIENCE: Duration = Duration::from_millis(100);
/// The same for one whose body has not been read.
const UNREAD_PATIENCE: Duration = Duration::from_millis(250);
const ROOM_INTERVAL: Duration = Duration::from_millis(10);
/// Most large submissions checked at once.
const CHECKS_AT_ONCE: usize = 2;
/// A submission of at most so many transactions is checked where it stands; a larger one where blocking is allowed.
const CHECKED_INLINE_MAX: usize = 2;

/// Checks signatures where the genesis asks for it, and remembers senders' keys.
#[derive(Debug)]
pub(crate) struct ClientChecks {
    is_required: bool,
    keys: Mutex<BTreeMap<Account, PreparedKey>>,
    /// Who may check a large submission now: more at once would only take the cores from the replica.
    seats: Semaphore,
}

impl ClientChecks {
    pub(crate) const fn new(is_required: bool) -> Self {
        let seats = Semaphore::const_new(CHECKS_AT_ONCE);
        Self { is_required, keys: Mutex::new(BTreeMap::new()), seats }
    }

    /// Whether each transaction's signature holds.
    pub(crate) fn check(&self, transactions: &[SealedTransaction]) -> Vec<bool> {
        if !self.is_required {
            return vec![true; transactions.len()];
        }
        let items: Vec<_> = transactions
            .iter()
            .map(|tx| {
                let view = tx.view();
                (self.key(view.sender), tx_signing_bytes(tx.bytes()), view.signature)
            })
            .collect();
        let known: Option<Vec<_>> = items
            .iter()
            .map(|(key, bytes, signature)| Some((key.as_ref()?, bytes.as_slice(), signature)))
            .collect();
        if known.is_some_and(|known| known.len() > 1 && verify_batch(known.iter().copied())) {
            return vec![true; transactions.len()];
        }
        let holds = |(key, bytes, signature): &(Option<PreparedKey>, Vec<u8>, _)| {
            key.is_some_and(|key| key.verify(bytes, signature).is_ok())
        };
        items.iter().map(holds).collect()
    }

    /// The sender's key, where it is one.
    fn key(&self, sender: Account) -> Option<PreparedKey> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&sender) {
            return Some(*key);
        }
        let key = PreparedKey::new(sender.0).ok()?;
        if keys.len() >= KEYS_KEPT_MAX {
            keys.pop_first();
        }
        keys.insert(sender, key);
        Some(key)
    }
}

/// How full the pool is, as last seen, and what is on its way to it: so that a full pool refuses before signatures
/// are checked, and overload costs little.
#[derive(Debug, Default)]
pub(crate) struct PoolGauge {
    txs: AtomicUsize,
    bytes: AtomicUsize,
    coming_txs: AtomicUsize,
    coming_bytes: AtomicUsize,
}

/// What is on its way to the pool; no longer when it is dropped.
struct Coming<'a> {
    gauge: &'a PoolGauge,
    txs: usize,
    bytes: usize,
}

impl PoolGauge {
    fn is_full(&self, limits: &MempoolSettings) -> bool {
        self.txs.load(Ordering::Relaxed) >= limits.transactions_max
            || self.bytes.load(Ordering::Relaxed) >= limits.bytes_max
    }

    /// Notes how full the pool is.
    pub(crate) fn set(&self, (txs, bytes): (usize, usize)) {
        self.txs.store(txs, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Which transactions may go on: those that there is room for, and those that offer a fee, since a dearer one
    /// gets in where the pool is full.
    fn admit(
        &self,
        limits: &MempoolSettings,
        all: &[SealedTransaction],
    ) -> (Vec<bool>, Coming<'_>) {
        let load = |now: &AtomicUsize, coming: &AtomicUsize| {
            now.load(Ordering::Relaxed).saturating_add(coming.load(Ordering::Relaxed))
        };
        let mut txs_left =
            limits.transactions_max.saturating_sub(load(&self.txs, &self.coming_txs));
        let mut bytes_left = limits.bytes_max.saturating_sub(load(&self.bytes, &self.coming_bytes));
        let mut coming = Coming { gauge: self, txs: 0, bytes: 0 };
        let goes_on = |transaction: &SealedTransaction| {
            let bytes = transaction.bytes().len();
            let has_room = txs_left > 0 && bytes <= bytes_left;
            if has_room {
                txs_left -= 1;
                bytes_left -= bytes;
                coming.txs += 1;
                coming.bytes += bytes;
            }
            has_room || transaction.view().fee > 0
        };
        let admitted = all.iter().map(goes_on).collect();
        self.coming_txs.fetch_add(coming.txs, Ordering::Relaxed);
        self.coming_bytes.fetch_add(coming.bytes, Ordering::Relaxed);
        (admitted, coming)
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.gauge.coming_txs.fetch_sub(self.txs, Ordering::Relaxed);
        self.gauge.coming_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Shared {
    /// Waits a little for room in a full pool: what is not even read yet costs nothing, and a client that hears at
    /// once that the pool is full comes back at once.
    pub(crate) async fn wait_for_some_room(&self) {
        let start = tokio::time::Instant::now();
        while self.pool.is_full(&self.settings.mempool) && start.elapsed() < UNREAD_PATIENCE {
            tokio::time::sleep(ROOM_INTERVAL).await;
        }
    }

    /// Refuses what there is no room for, checks client signatures, and hands what holds to the replica.
    pub(crate) async fn submit(self: &Arc<Self>, transactions: Vec<SealedTransaction>) -> Admitted {
        if self.readiness.has_disk_failed() {
            return Err(NodeError::Store("the disk is full".to_owned()));
        }
        let (fits, _coming) = self.wait_for_room(&transactions).await;
        let fitting = transactions.into_iter().zip(&fits).filter(|(_, fits)| **fits);
        let fitting: Vec<SealedTransaction> = fitting.map(|(transaction, _)| transaction).collect();
        let (fitting, holds) = self.checked(fitting).await?;
        let good = fitting.into_iter().zip(&holds).filter(|(_, holds)| **holds);
        let mut admitted =
            self.admit(good.map(|(transaction, _)| transaction).collect()).await?.into_iter();
        let mut holds = holds.into_iter();
        let answer = |fits| match fits && holds.next().unwrap_or(false) {
            true => admitted.next().unwrap_or(Err(Refusal::PoolFull)),
            false if fits => {
                self.metrics.drop_for("bad_client_signature");
                Err(Refusal::BadSignature)
            }
            false => Err(Refusal::PoolFull),
        };
        Ok(fits.into_iter().map(answer).collect())
    }

    /// What there is room for; where that is nothing, the answer waits a little: a client that hears at once that
    /// the pool is full comes back at once.
    async fn wait_for_room(&self, transactions: &[SealedTransaction]) -> (Vec<bool>, Coming<'_>) {
        let start = tokio::time::Instant::now();
        loop {
            let (fits, coming) = self.pool.admit(&self.settings.mempool, transactions);
            if transactions.is_empty() || fits.contains(&true) || start.elapsed() >= ROOM_PATIENCE {
                return (fits, coming);
            }
            tokio::time::sleep(ROOM_INTERVAL).await;
        }
    }

    async fn checked(
        self: &Arc<Self>,
        transactions: Vec<SealedTransaction>,
    ) -> Result<(Vec<SealedTransaction>, Vec<bool>), NodeError> {
        if !self.checker.is_required || transactions.len() <= CHECKED_INLINE_MAX {
            let holds = self.checker.check(&transactions);
            return Ok((transactions, holds));
        }
        let _seat = self.checker.seats.acquire().await.map_err(|_| NodeError::Stopping)?;
        let this = Arc::clone(self);
        let check = move || {
            let holds = this.checker.check(&transactions);
            (transactions, holds)
        };
        tokio::task::spawn_blocking(check).await.map_err(|_| NodeError::Stopping)
    }

    async fn admit(&self, transactions: Vec<SealedTransaction>) -> Admitted {
        if transactions.is_empty() {
            return Ok(Vec::new());
        }
        if !self.orders.load(Ordering::Relaxed) {
            return Ok(self.forward(transactions));
        }
        let (answer, answered) = oneshot::channel();
        let command = Command::Submit { transactions, answer: Some(answer) };
        self.commands.send(command).await.map_err(|_| NodeError::Stopping)?;
        answered.await.map_err(|_| NodeError::Stopping)?
    }
}

#[cfg(test)]
mod tests;

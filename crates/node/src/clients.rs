//! Checks clients' signatures as batches, off the replica's thread.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::{PublicKey, verify_batch};
use ledger::{Account, Refusal, SealedTransaction, tx_signing_bytes};
use tokio::sync::{Semaphore, oneshot};

use crate::command::{Admitted, Command};
use crate::handle::{NodeError, Shared};

/// Most sender keys remembered.
const KEYS_KEPT_MAX: usize = 16_384;
/// Most large submissions checked at once.
const CHECKS_AT_ONCE: usize = 2;
/// A submission of at most so many transactions is checked where it stands; a larger one where blocking is allowed.
const CHECKED_INLINE_MAX: usize = 2;

/// Checks signatures where the genesis asks for it, and remembers senders' keys.
#[derive(Debug)]
pub(crate) struct ClientChecks {
    is_required: bool,
    keys: Mutex<BTreeMap<Account, PublicKey>>,
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
            .map(|(key, bytes, signature)| Some(((*key)?, bytes.as_slice(), signature)))
            .collect();
        if known.is_some_and(|known| known.len() > 1 && verify_batch(known.iter().copied())) {
            return vec![true; transactions.len()];
        }
        let holds = |(key, bytes, signature): &(Option<PublicKey>, Vec<u8>, _)| {
            key.is_some_and(|key| key.verify(bytes, signature).is_ok())
        };
        items.iter().map(holds).collect()
    }

    /// The sender's key, where it is one.
    fn key(&self, sender: Account) -> Option<PublicKey> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&sender) {
            return Some(*key);
        }
        let key = PublicKey::new(sender.0).ok()?;
        if keys.len() >= KEYS_KEPT_MAX {
            keys.pop_first();
        }
        keys.insert(sender, key);
        Some(key)
    }
}

impl Shared {
    /// Checks client signatures, and hands what holds to the replica.
    pub(crate) async fn submit(self: &Arc<Self>, transactions: Vec<SealedTransaction>) -> Admitted {
        if self.readiness.has_disk_failed() {
            return Err(NodeError::Store("the disk is full".to_owned()));
        }
        let (transactions, holds) = self.checked(transactions).await?;
        let (good, bad): (Vec<_>, Vec<_>) =
            transactions.into_iter().zip(&holds).partition(|(_, holds)| **holds);
        for _ in &bad {
            self.metrics.drop_for("bad_client_signature");
        }
        let good: Vec<SealedTransaction> = good.into_iter().map(|(tx, _)| tx).collect();
        let mut answers = self.admit(good).await?.into_iter();
        let merged = holds.iter().map(|&holds| match holds {
            true => answers.next().unwrap_or(Err(Refusal::PoolFull)),
            false => Err(Refusal::BadSignature),
        });
        Ok(merged.collect())
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
        if !self.orders {
            return Ok(self.forward(transactions));
        }
        let (answer, answered) = oneshot::channel();
        let command = Command::Submit { transactions, answer: Some(answer) };
        self.commands.send(command).await.map_err(|_| NodeError::Stopping)?;
        answered.await.map_err(|_| NodeError::Stopping)?
    }
}

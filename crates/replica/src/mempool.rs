//! Client transactions that wait for a batch: bounded, deduplicated, replaceable, dearest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use app::Executor;
use ledger::{Account, Refusal, SealedTransaction};
use types::limits::BATCH_BYTES_MAX;
use types::{Digest, Time};

/// The pool's bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most transactions.
    pub txs_max: usize,
    /// Most bytes of them.
    pub bytes_max: usize,
    /// Most transactions of one sender.
    pub per_sender_max: usize,
}

/// Dearest first; among equals, first come first.
type Rank = (Reverse<u64>, u64);

/// The transactions that wait, and those of our own batches on their way.
#[derive(Debug)]
pub(crate) struct Mempool {
    limits: Limits,
    waiting: BTreeMap<Rank, SealedTransaction>,
    /// The waiting transaction of each sender and nonce: there is one at most.
    nonces: BTreeMap<(Account, u64), Rank>,
    /// When each waiting transaction expires.
    ends: BTreeSet<(Time, Rank)>,
    ids: BTreeSet<Digest>,
    senders: BTreeMap<Account, usize>,
    bytes: usize,
    arrivals: u64,
}

impl Mempool {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: BTreeMap::new(),
            nonces: BTreeMap::new(),
            ends: BTreeSet::new(),
            ids: BTreeSet::new(),
            senders: BTreeMap::new(),
            bytes: 0,
            arrivals: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a transaction in, or says why not. One that waits makes way for a dearer one with the same nonce.
    pub(crate) fn admit(
        &mut self,
        tx: SealedTransaction,
        executor: &Executor,
    ) -> Result<(), Refusal> {
        let view = tx.view();
        if view.chain != executor.chain() {
            return Err(Refusal::WrongChain);
        }
        if view.expires <= executor.time() {
            return Err(Refusal::Expired);
        }
        if tx.bytes().len() + BATCH_HEADER_BYTES > BATCH_BYTES_MAX {
            return Err(Refusal::TooLarge);
        }
        if self.ids.contains(&tx.id()) {
            return Err(Refusal::AlreadyPending);
        }
        executor.apps().check(&view)?;
        if view.fee < executor.fee_rule().least(view.payload.len()) {
            return Err(Refusal::FeeTooLow);
        }
        if executor.is_nonce_used(&view.sender, view.nonce) {
            return Err(Refusal::NonceUsed);
        }
        if executor.is_retired(&view.sender) {
            return Err(Refusal::KeyRetired);
        }
        let (sender, fee, bytes) = (view.sender, view.fee, tx.bytes().len());
        let replaced = self.nonces.get(&(sender, view.nonce)).copied();
        if replaced.is_some_and(|(Reverse(offered), _)| offered >= fee) {
            return Err(Refusal::NonceUsed);
        }
        let waiting = self.senders.get(&sender).copied().unwrap_or(0);
        if replaced.is_none() && waiting >= self.limits.per_sender_max {
            return Err(Refusal::SenderLimit);
        }
        let evicted = self.room_for(bytes, fee, replaced).ok_or(Refusal::PoolFull)?;
        replaced.into_iter().chain(evicted).for_each(|rank| self.drop_waiting(rank));
        self.arrivals += 1;
        self.put((Reverse(fee), self.arrivals), tx);
        Ok(())
    }

    /// Which transactions must go for one more of so many bytes: the cheapest, and only cheaper ones; `None` where that
    /// is not enough. The replaced one goes anyway.
    fn room_for(&self, bytes: usize, fee: u64, replaced: Option<Rank>) -> Option<Vec<Rank>> {
        let size = |rank: Rank| self.waiting.get(&rank).map_or(0, |tx| tx.bytes().len());
        let mut left = self.waiting.len() - usize::from(replaced.is_some());
        let mut left_bytes = self.bytes - replaced.map_or(0, size);
        let mut cheapest =
            self.waiting.keys().rev().copied().filter(|&rank| replaced != Some(rank));
        let mut evicted = Vec::new();
        while left >= self.limits.txs_max || left_bytes + bytes > self.limits.bytes_max {
            let rank = cheapest.next().filter(|&(Reverse(offered), _)| offered < fee)?;
            left -= 1;
            left_bytes -= size(rank);
            evicted.push(rank);
        }
        Some(evicted)
    }

    fn put(&mut self, rank: Rank, tx: SealedTransaction) {
        let view = tx.view();
        self.bytes += tx.bytes().len();
        self.ids.insert(tx.id());
        *self.senders.entry(view.sender).or_insert(0) += 1;
        self.nonces.insert((view.sender, view.nonce), rank);
        self.ends.insert((view.expires, rank));
        self.waiting.insert(rank, tx);
    }

    fn take(&mut self, rank: Rank) -> Option<SealedTransaction> {
        let tx = self.waiting.remove(&rank)?;
        let view = tx.view();
        self.bytes -= tx.bytes().len();
        self.nonces.remove(&(view.sender, view.nonce));
        self.ends.remove(&(view.expires, rank));
        if let Some(count) = self.senders.get_mut(&view.sender) {
            *count -= 1;
            if *count == 0 {
                self.senders.remove(&view.sender);
            }
        }
        Some(tx)
    }

    /// Takes a transaction out for good: it may come again.
    fn drop_waiting(&mut self, rank: Rank) {
        if let Some(tx) = self.take(rank) {
            self.ids.remove(&tx.id());
        }
    }

    /// Drops what has expired at the agreed time.
    pub(crate) fn expire(&mut self, now: Time) {
        while let Some(&(end, rank)) = self.ends.first() {
            if end > now {
                break;
            }
            self.drop_waiting(rank);
        }
    }

    /// Takes the dearest transactions out for a batch of at most `bytes_max` bytes and `txs_max` transactions.
    ///
    /// Those that have meanwhile expired or been executed are dropped. The ids stay known until
    /// [`Self::forget`], so that a client's repetition is still seen as one.
    pub(crate) fn drain(
        &mut self,
        bytes_max: usize,
        txs_max: usize,
        executor: &Executor,
    ) -> Vec<SealedTransaction> {
        let mut batch = Vec::new();
        let mut bytes = BATCH_HEADER_BYTES;
        while batch.len() < txs_max {
            let Some((&rank, first)) = self.waiting.first_key_value() else { break };
            if !batch.is_empty() && bytes + first.bytes().len() > bytes_max {
                break;
            }
            let Some(tx) = self.take(rank) else { break };
            let view = tx.view();
            if view.expires <= executor.time() || executor.is_nonce_used(&view.sender, view.nonce) {
                self.ids.remove(&tx.id());
                continue;
            }
            bytes += tx.bytes().len();
            batch.push(tx);
        }
        batch
    }

    /// Forgets the ids of transactions whose batch has been executed.
    pub(crate) fn forget<'a>(&mut self, ids: impl Iterator<Item = &'a Digest>) {
        ids.for_each(|id| {
            self.ids.remove(id);
        });
    }
}

/// Origin, number and count before a batch's transactions.
const BATCH_HEADER_BYTES: usize = 14;

#[cfg(test)]
mod tests;

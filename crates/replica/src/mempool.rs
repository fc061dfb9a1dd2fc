//! Client transactions that wait for a batch: bounded, deduplicated, dearest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use app::Executor;
use ledger::{Account, Refusal, SealedTransaction};
use types::Digest;
use types::limits::BATCH_BYTES_MAX;

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

    /// Takes a transaction in, or says why not.
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
        let (sender, fee) = (view.sender, view.fee);
        if self.senders.get(&sender).is_some_and(|&count| count >= self.limits.per_sender_max) {
            return Err(Refusal::SenderLimit);
        }
        self.make_room(tx.bytes().len(), fee)?;
        self.arrivals += 1;
        self.bytes += tx.bytes().len();
        self.ids.insert(tx.id());
        *self.senders.entry(sender).or_insert(0) += 1;
        self.waiting.insert((Reverse(fee), self.arrivals), tx);
        Ok(())
    }

    /// Where the pool is full, only a dearer transaction gets in, at the cost of the cheapest.
    fn make_room(&mut self, bytes: usize, fee: u64) -> Result<(), Refusal> {
        while self.waiting.len() >= self.limits.txs_max
            || self.bytes + bytes > self.limits.bytes_max
        {
            match self.waiting.last_key_value() {
                Some((&(Reverse(cheapest), arrival), _)) if cheapest < fee => {
                    if let Some(evicted) = self.take((Reverse(cheapest), arrival)) {
                        self.ids.remove(&evicted.id());
                    }
                }
                Some(_) | None => return Err(Refusal::PoolFull),
            }
        }
        Ok(())
    }

    fn take(&mut self, rank: Rank) -> Option<SealedTransaction> {
        let tx = self.waiting.remove(&rank)?;
        self.bytes -= tx.bytes().len();
        let sender = tx.view().sender;
        if let Some(count) = self.senders.get_mut(&sender) {
            *count -= 1;
            if *count == 0 {
                self.senders.remove(&sender);
            }
        }
        Some(tx)
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

//! Requests that wait for a transaction's execution or certificate.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::TxRecord;
use tokio::sync::oneshot;
use types::{Digest, Height};

use crate::handle::{TxResult, WaitFor};

/// Most requests that wait at once.
const WAITERS_MAX: usize = 65_536;

/// All waiting requests.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// How many wait, to be asked without the lock for every block.
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// Not executed yet.
    by_id: HashMap<Digest, Vec<Waiter>>,
    /// Executed, not certified yet.
    by_height: BTreeMap<Height, Vec<(Waiter, TxResult)>>,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    until: WaitFor,
    answer: oneshot::Sender<TxResult>,
}

/// One request that waits; dropping it ends the waiting.
#[derive(Debug)]
pub(crate) struct Registration {
    shared: Arc<Shared>,
    id: Digest,
    number: u64,
    answer: oneshot::Receiver<TxResult>,
}

impl Waiters {
    /// Starts to wait; `None` where too many do.
    pub(crate) fn register(&self, id: Digest, until: WaitFor) -> Option<Registration> {
        if self.0.count.fetch_add(1, Ordering::AcqRel) >= WAITERS_MAX {
            self.0.count.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        let (answer, receiver) = oneshot::channel();
        let mut waiting = self.0.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.by_id.entry(id).or_default().push(Waiter { number, until, answer });
        Some(Registration { shared: Arc::clone(&self.0), id, number, answer: receiver })
    }

    /// A block was executed.
    pub(crate) fn executed(&self, height: Height, records: &[TxRecord]) {
        if self.0.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut waiting = self.0.lock();
        if waiting.by_id.is_empty() {
            return;
        }
        for (index, record) in records.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let result = TxResult { height, index, outcome: record.outcome, certified: false };
            waiting.found(record.id, result);
        }
    }

    /// A transaction turned out to be executed already.
    pub(crate) fn found(&self, id: Digest, result: TxResult) {
        self.0.lock().found(id, result);
    }

    /// A block, and with it all before it, is certified.
    pub(crate) fn certified(&self, height: Height) {
        if self.0.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut waiting = self.0.lock();
        let later = waiting.by_height.split_off(&height.next());
        let done = std::mem::replace(&mut waiting.by_height, later);
        for (waiter, result) in done.into_values().flatten() {
            // Who no longer listens has dropped its registration.
            let _ = waiter.answer.send(TxResult { certified: true, ..result });
        }
    }
}

impl Waiting {
    fn found(&mut self, id: Digest, result: TxResult) {
        for waiter in self.by_id.remove(&id).unwrap_or_default() {
            if result.certified || waiter.until == WaitFor::Executed {
                let _ = waiter.answer.send(result);
            } else {
                self.by_height.entry(result.height).or_default().push((waiter, result));
            }
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    /// The result, once it is there; `None` where the node stops first.
    pub(crate) async fn result(mut self) -> Option<TxResult> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.shared.count.fetch_sub(1, Ordering::AcqRel);
        let mut waiting = self.shared.lock();
        if let Some(waiters) = waiting.by_id.get_mut(&self.id) {
            waiters.retain(|waiter| waiter.number != self.number);
            if waiters.is_empty() {
                waiting.by_id.remove(&self.id);
            }
            return;
        }
        waiting.by_height.retain(|_, waiters| {
            waiters.retain(|(waiter, _)| waiter.number != self.number);
            !waiters.is_empty()
        });
    }
}

#[cfg(test)]
mod tests;

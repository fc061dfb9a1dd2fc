//! Clients' transactions at nodes that cannot order them: gossiped to the validators, again and to the next one
//! until they are executed.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::{Refusal, SealedTransaction};
use replica::{Incoming, Input};
use tokio::sync::{mpsc, watch};
use types::{Digest, NodeId};

use crate::Core;
use crate::command::Command;
use crate::handle::Shared;
use crate::net::{Heard, turn_of};

/// Most transactions that are followed.
const FOLLOWED_MAX: usize = 10_000;
/// How long one validator has before the next one is asked.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// What was gossiped and is not executed yet.
#[derive(Debug, Default)]
pub(crate) struct Forwarder(Mutex<BTreeMap<Digest, (SealedTransaction, u8)>>);

impl Shared {
    /// Gossips transactions whose signatures hold.
    pub(crate) fn forward(&self, transactions: Vec<SealedTransaction>) -> Vec<Result<(), Refusal>> {
        let mut followed = self.forwarder.0.lock().unwrap_or_else(PoisonError::into_inner);
        let forward = |transaction: SealedTransaction| {
            if transaction.view().chain != self.genesis.chain_id() {
                return Err(Refusal::WrongChain);
            }
            if followed.contains_key(&transaction.id()) {
                return Err(Refusal::AlreadyPending);
            }
            if followed.len() >= FOLLOWED_MAX || !self.network.publish_transaction(&transaction, 0)
            {
                return Err(Refusal::PoolFull);
            }
            followed.insert(transaction.id(), (transaction, 0));
            Ok(())
        };
        transactions.into_iter().map(forward).collect()
    }

    /// Asks the next validator for everything that is not executed yet; gives up when all have been asked twice.
    fn forward_again(&self) {
        let mut followed = self.forwarder.0.lock().unwrap_or_else(PoisonError::into_inner);
        let attempts_max = self.genesis.validators.len().saturating_mul(2).min(255);
        followed.retain(|id, (transaction, attempt)| {
            let is_executed = self.store.locate(id).is_ok_and(|place| place.is_some());
            *attempt = attempt.saturating_add(1);
            let goes_on = !is_executed && usize::from(*attempt) < attempts_max;
            if goes_on {
                self.network.publish_transaction(transaction, *attempt);
            }
            goes_on
        });
    }
}

/// Repeats what was not executed, until the node stops.
pub(crate) async fn repeat(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(RETRY_INTERVAL);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                let shared = Arc::clone(&shared);
                let again = tokio::task::spawn_blocking(move || shared.forward_again());
                if again.await.is_err() {
                    return;
                }
            }
            _ = stop.changed() => return,
        }
    }
}

/// Takes in what others gossip: at a validator whose turn it is, transactions; at a follower, tips.
pub(crate) async fn take_in(
    shared: Arc<Shared>,
    mut heard: mpsc::Receiver<(Option<NodeId>, Heard)>,
    inputs: mpsc::Sender<Input<Core>>,
) {
    while let Some((from, heard)) = heard.recv().await {
        match heard {
            Heard::Transaction(attempt, transaction) => {
                let turn = turn_of(&transaction.id(), attempt, shared.genesis.validators.len());
                let is_mine = shared.orders.load(Ordering::Relaxed)
                    && shared.me.is_some_and(|me| me.index() == turn);
                if !is_mine {
                    continue;
                }
                if shared.checker.check(std::slice::from_ref(&transaction)) != [true] {
                    shared.metrics.drop_for("bad_client_signature");
                    continue;
                }
                let command = Command::Submit { transactions: vec![transaction], answer: None };
                if shared.commands.send(command).await.is_err() {
                    return;
                }
            }
            Heard::Tip(certificate) => {
                let Some(from) = from.filter(|_| !shared.orders.load(Ordering::Relaxed)) else {
                    continue;
                };
                let message = Incoming::Tip(certificate);
                if inputs.send(Input::Receive { from, message }).await.is_err() {
                    return;
                }
            }
        }
    }
}

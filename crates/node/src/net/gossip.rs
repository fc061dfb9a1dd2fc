//! What is gossiped: clients' transactions from nodes that cannot order them, and tips for observers.

use std::collections::{HashSet, VecDeque};

use codec::{Decode, Encode};
use ledger::{BlockCertificate, SealedTransaction};
use libp2p::gossipsub::IdentTopic;
use types::{ChainId, Digest};

/// A message to publish.
#[derive(Clone, Debug)]
pub(crate) enum Gossip {
    /// A client's transaction; each attempt is another validator's to take in.
    Transaction {
        /// Which attempt this is.
        attempt: u8,
        /// The transaction.
        transaction: SealedTransaction,
    },
    /// How far the chain is certified.
    Tip(BlockCertificate),
}

/// A message that came.
#[derive(Debug)]
pub(crate) enum Heard {
    /// See [`Gossip::Transaction`].
    Transaction(u8, SealedTransaction),
    /// See [`Gossip::Tip`].
    Tip(BlockCertificate),
}

/// The two topics of a chain.
#[derive(Clone, Debug)]
pub(crate) struct Topics {
    pub(crate) transactions: IdentTopic,
    pub(crate) tips: IdentTopic,
}

impl Topics {
    pub(crate) fn new(chain: ChainId) -> Self {
        let topic = |name| IdentTopic::new(format!("unisono/{}/{name}", chain.0));
        Self { transactions: topic("transactions"), tips: topic("tips") }
    }
}

impl Gossip {
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Transaction { .. } => "transaction",
            Self::Tip(_) => "tip",
        }
    }
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Transaction { attempt, transaction } => {
                let mut bytes = Vec::with_capacity(1 + transaction.bytes().len());
                bytes.push(*attempt);
                bytes.extend_from_slice(transaction.bytes());
                bytes
            }
            Self::Tip(certificate) => certificate.to_bytes(),
        }
    }
}

/// Reads a transaction's message.
pub(crate) fn read_transaction(bytes: &[u8]) -> Option<Heard> {
    let (attempt, bytes) = bytes.split_first()?;
    let transaction = SealedTransaction::from_bytes(bytes).ok()?;
    Some(Heard::Transaction(*attempt, transaction))
}

/// Reads a tip's message.
pub(crate) fn read_tip(bytes: &[u8]) -> Option<Heard> {
    BlockCertificate::from_bytes(bytes).ok().map(Heard::Tip)
}

/// The validator whose turn it is to take a gossiped transaction in: one of them, so that it is not ordered four
/// times, and another one at every attempt, so that no liar can keep it out.
pub(crate) fn turn_of(id: &Digest, attempt: u8, validators: usize) -> usize {
    let validators = validators.max(1) as u64;
    usize::try_from((id.short() % validators + u64::from(attempt)) % validators).unwrap_or(0)
}

/// The last ids that were seen, at most so many.
#[derive(Debug)]
pub(crate) struct SeenCache {
    max: usize,
    order: VecDeque<(Digest, u8)>,
    seen: HashSet<(Digest, u8)>,
}

impl SeenCache {
    pub(crate) fn new(max: usize) -> Self {
        Self { max: max.max(1), order: VecDeque::new(), seen: HashSet::new() }
    }
    /// Remembers an id; whether it is new.
    pub(crate) fn insert(&mut self, id: Digest, attempt: u8) -> bool {
        if !self.seen.insert((id, attempt)) {
            return false;
        }
        if self.order.len() >= self.max
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.order.push_back((id, attempt));
        true
    }
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }
}

#[cfg(test)]
mod tests;

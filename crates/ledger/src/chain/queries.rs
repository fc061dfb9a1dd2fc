//! What a chain knows: blocks, transactions, places, proofs, its head.

use std::sync::Arc;

use crypto::merkle;
use types::{ChainId, Digest, Height};

use super::block::Block;
use super::config::{ConsensusConfig, CryptoConfig, ForkChoice};
use super::error::Alarm;
use super::index::Place;
use super::{Chain, Entry};
use crate::{
    Account, Batch, BlockCertificate, ChainHead, Lineage, Nonces, Operation, Outcome, Proposal,
    Receipt, Refusal, TxRecord, TxView, VectorClock,
};

/// A chain in a few numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// The chain.
    pub chain: ChainId,
    /// The protocol's name.
    pub protocol: String,
    /// The height of the last block.
    pub height: Height,
    /// The height of the last final block.
    pub finalised: Height,
    /// The hash of the last block; zero before the first.
    pub tip: Digest,
    /// The weight of all blocks: their work, turns or number.
    pub weight: u128,
    /// The blocks beside the chain.
    pub beside: usize,
    /// How many alarms there were.
    pub alarms: u64,
}

/// The leaf of a block in the log of all blocks.
pub(super) fn log_leaf(hash: &Digest) -> Digest {
    merkle::leaf(hash.as_bytes())
}

impl Chain {
    /// The chain's id.
    #[must_use]
    pub const fn id(&self) -> ChainId {
        self.rules.chain
    }
    /// Its rules.
    #[must_use]
    pub const fn consensus(&self) -> &ConsensusConfig {
        &self.rules.consensus
    }
    /// What it demands of signatures.
    #[must_use]
    pub const fn crypto(&self) -> CryptoConfig {
        self.rules.crypto
    }
    /// Which of two branches stands.
    #[must_use]
    pub const fn fork_choice(&self) -> ForkChoice {
        self.rules.choice
    }
    /// The height of the last block; zero before the first.
    #[must_use]
    pub fn height(&self) -> Height {
        self.tip.height()
    }
    /// The hash of the last block; zero before the first.
    #[must_use]
    pub fn tip(&self) -> Digest {
        self.tip.hash
    }
    /// The height of the last block that no branch replaces any more.
    #[must_use]
    pub const fn finalised(&self) -> Height {
        self.finalised
    }
    /// The vector clock of the last block.
    #[must_use]
    pub fn clock(&self) -> &VectorClock {
        &self.tip.block.header.clock
    }
    /// The difficulty that the next block must declare under proof of work.
    #[must_use]
    pub fn next_difficulty(&self) -> u64 {
        self.difficulty_above(&self.tip)
    }
    /// The weight of all blocks.
    #[must_use]
    pub fn weight(&self) -> u128 {
        self.tip.weight
    }
    /// What must not have happened, oldest first.
    #[must_use]
    pub fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }
    /// The chain in a few numbers.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            chain: self.rules.chain,
            protocol: self.rules.consensus.protocol.clone(),
            height: self.height(),
            finalised: self.finalised,
            tip: self.tip.hash,
            weight: self.tip.weight,
            beside: self.side.len(),
            alarms: self.alarms_missed.saturating_add(self.alarms.len() as u64),
        }
    }
    /// The block at a height, from one.
    #[must_use]
    pub fn block(&self, height: Height) -> Option<&Block> {
        self.at(height).filter(|_| height > Height::ZERO).map(|entry| &entry.block)
    }
    /// The block with a hash, where it stands in the chain.
    #[must_use]
    pub fn block_by_hash(&self, hash: &Digest) -> Option<&Block> {
        self.block(self.index.height(hash)?)
    }
    /// The blocks from a height on.
    pub fn blocks_from(&self, height: Height) -> impl DoubleEndedIterator<Item = &Block> {
        let first = usize::try_from(height.get().max(1)).unwrap_or(usize::MAX);
        self.blocks.get(first..).unwrap_or(&[]).iter().map(|entry: &Arc<Entry>| &entry.block)
    }
    /// Where a transaction stands.
    #[must_use]
    pub fn place(&self, id: &Digest) -> Option<Place> {
        self.index.transaction(id)
    }
    /// The transaction at a place, and what became of it.
    #[must_use]
    pub fn transaction(&self, place: Place) -> Option<(Digest, TxView<'_>, Outcome)> {
        let (block, index) = (self.block(place.height)?, usize::try_from(place.index).ok()?);
        let (id, tx) = block.transaction(index)?;
        Some((id, tx, *block.outcomes.get(index)?))
    }
    /// Where a sender's transactions stand, ascending.
    pub fn of_sender(&self, sender: Account) -> impl DoubleEndedIterator<Item = Place> + '_ {
        self.index.of_sender(sender)
    }
    /// Where the transactions addressed to a receiver stand, ascending.
    pub fn of_receiver(&self, name: &[u8]) -> impl DoubleEndedIterator<Item = Place> + '_ {
        self.index.of_receiver(name)
    }
    /// Where the transactions of an operation stand, ascending.
    pub fn of_operation(
        &self,
        operation: Operation,
    ) -> impl DoubleEndedIterator<Item = Place> + '_ {
        self.index.of_operation(operation)
    }
    /// Whether a sender has used a nonce.
    #[must_use]
    pub fn is_nonce_used(&self, sender: &Account, nonce: u64) -> bool {
        self.accounts.get(sender).is_some_and(|nonces: &Nonces| nonces.is_used(nonce))
    }

    /// The next block over these batches, without a seal: repeated, expired and foreign transactions are refused, the
    /// others have the outcome that `execute` says.
    pub fn draft(
        &self,
        proposal: Proposal,
        batches: Vec<Arc<Batch>>,
        mut execute: impl FnMut(&TxView<'_>) -> Outcome,
    ) -> Block {
        let time = self.tip.time().max(proposal.time);
        let mut senders = std::collections::BTreeMap::new();
        let outcomes = batches.iter().flat_map(|batch| batch.transactions()).map(|(_, tx)| {
            let known = || self.accounts.get(&tx.sender).cloned().unwrap_or_default();
            let nonces = senders.entry(tx.sender).or_insert_with(known);
            let before = nonces.clone();
            match self.rules.admit(&tx, time, nonces, None) {
                Ok(()) => {
                    let outcome = execute(&tx);
                    if outcome == Outcome::Refused(Refusal::FeeTooLow) {
                        *nonces = before;
                    }
                    outcome
                }
                Err(refusal) => Outcome::Refused(refusal),
            }
        });
        let outcomes: Vec<Outcome> = outcomes.collect();
        let (below, hash) = (&self.tip.block.header, self.tip.hash);
        Block::above(self.rules.chain, below, hash, proposal, batches, outcomes, Vec::new())
    }

    /// The chain's head, to be signed.
    #[must_use]
    pub fn head(&self) -> ChainHead {
        ChainHead { chain: self.rules.chain, size: self.tip.height().get(), root: self.log.root() }
    }
    /// The head as it was at a height.
    #[must_use]
    pub fn head_at(&self, height: Height) -> Option<ChainHead> {
        let root = self.log.root_at(usize::try_from(height.get()).ok()?)?;
        Some(ChainHead { chain: self.rules.chain, size: height.get(), root })
    }
    /// The path from a block to the head of now.
    #[must_use]
    pub fn prove_block(&self, height: Height) -> Option<Vec<Digest>> {
        let index = usize::try_from(height.get().checked_sub(1)?).ok()?;
        self.log.leaf(index).map(|_| self.log.inclusion_path(index))
    }
    /// The path that shows that the chain up to `old` is a prefix of the chain up to `new`.
    #[must_use]
    pub fn prove_consistency(&self, old: Height, new: Height) -> Option<Vec<Digest>> {
        let place = |height: Height| usize::try_from(height.get()).ok();
        self.log.consistency_path(place(old)?, place(new)?)
    }
    /// The path from a transaction to its block's root, with its leaf; the block's tree is built for it, so whoever
    /// needs several of one block keeps [`Block::tree`].
    #[must_use]
    pub fn prove_transaction(&self, id: &Digest) -> Option<(Place, TxRecord, Vec<Digest>)> {
        let place = self.place(id)?;
        let (block, index) = (self.block(place.height)?, usize::try_from(place.index).ok()?);
        let outcome = *block.outcomes.get(index)?;
        Some((place, TxRecord { id: *id, outcome }, block.tree().inclusion_path(index)))
    }
    /// A receipt for a transaction, from a certificate of its block.
    #[must_use]
    pub fn receipt(&self, id: &Digest, certificate: BlockCertificate) -> Option<Receipt> {
        let (place, record, path) = self.prove_transaction(id)?;
        let header = self.block(place.height)?.header.clone();
        let lineage = Lineage::default();
        Some(Receipt { record, index: place.index, path, header, certificate, lineage })
    }
}

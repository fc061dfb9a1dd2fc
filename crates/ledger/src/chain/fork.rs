//! Which branch stands: atomic reorganisation above the last final block, and alarms below it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::{Digest, Height, NodeId};

use super::block::{Block, Seal};
use super::config::Sealing;
use super::error::{Alarm, BlockError, ChainError, SealError};
use super::rules::Rules;
use super::{ALARMS_MAX, Chain, Entry, Offered};
use crate::{Account, BlockCertificate, Nonces};

/// The nonces of accounts as a branch would leave them.
type Overlay = BTreeMap<Account, Nonces>;
/// The nonces of a block's senders before it.
type Before = Vec<(Account, Nonces)>;

impl Chain {
    /// Refuses a sealed block whose branch leaves the chain below its last final block.
    pub(super) fn check_fork(
        &mut self,
        parent: &Arc<Entry>,
        block: &Block,
        hash: Digest,
    ) -> Result<(), ChainError> {
        let fork = self.fork_of(parent);
        if fork >= self.finalised {
            return Ok(());
        }
        let height = block.header.height;
        let stands = self.at(height).map(|entry| (entry.hash, &entry.block.seal));
        let alarm = match (stands, &block.seal) {
            (Some((stands, Seal::Certificate(_))), Seal::Certificate(_)) => {
                Alarm::TwoCertificates { height, stands, other: hash }
            }
            (_, Seal::None | Seal::Certificate(_) | Seal::Signed(_) | Seal::Work { .. }) => {
                Alarm::DeepFork { block: hash, fork, finalised: self.finalised }
            }
        };
        self.alarm(alarm);
        Err(ChainError::BelowFinality { fork, finalised: self.finalised })
    }

    /// The last block of a branch that stands in the chain.
    fn fork_of(&self, entry: &Arc<Entry>) -> Height {
        let mut at: &Entry = entry;
        while !self.is_standing(at) {
            let Some(parent) = self.parent(at) else { break };
            at = parent;
        }
        at.height()
    }

    fn alarm(&mut self, alarm: Alarm) {
        if self.alarms.contains(&alarm) {
            return;
        }
        if self.alarms.len() >= ALARMS_MAX {
            self.alarms_missed = self.alarms_missed.saturating_add(1);
        } else {
            self.alarms.push(alarm);
        }
    }

    /// Makes the branch that ends with `head` the chain, or leaves all as it was.
    pub(super) fn reorganise(&mut self, head: &Arc<Entry>) -> Result<Offered, ChainError> {
        let mut branch = Vec::new();
        let mut at = head;
        while !self.is_standing(at) {
            branch.push(Arc::clone(at));
            let parent = at.block.header.parent;
            at = self.find(&parent).ok_or(ChainError::UnknownParent { parent })?;
        }
        let fork = at.height();
        branch.reverse();
        let added = branch.iter().map(|entry| entry.hash).collect();
        let removed = self.extend(fork, branch)?;
        Ok(Offered::Reorganised { fork, removed, added })
    }

    /// Puts a branch above the block at `fork`, in the place of what stands there; all of it or nothing.
    pub(super) fn extend(
        &mut self,
        fork: Height,
        branch: Vec<Arc<Entry>>,
    ) -> Result<Vec<Digest>, ChainError> {
        let mut overlay = Overlay::new();
        let undone = usize::try_from(self.tip.height().above(fork)).unwrap_or(usize::MAX);
        for before in self.undo.iter().rev().take(undone) {
            overlay.extend(before.iter().cloned());
        }
        let mut befores = Vec::with_capacity(branch.len());
        for entry in &branch {
            match self.judge(&mut overlay, entry) {
                Ok(before) => befores.push(before),
                Err(error) => {
                    self.forget(entry.hash);
                    return Err(ChainError::Block { hash: entry.hash, error });
                }
            }
        }
        // From here on nothing fails.
        let removed = self.roll_back(fork);
        for (entry, before) in branch.into_iter().zip(befores) {
            self.stand(entry, before);
        }
        self.accounts.extend(overlay);
        self.advance_finality();
        Ok(removed)
    }

    /// Whether a block's outcomes can follow from the nonces in `overlay`, which it changes; the nonces before it.
    fn judge(&self, overlay: &mut Overlay, entry: &Entry) -> Result<Before, BlockError> {
        let mut before = BTreeMap::new();
        let outcomes = entry.block.outcomes.iter();
        for (index, ((_, tx), &is)) in entry.block.transactions().zip(outcomes).enumerate() {
            let known = || self.accounts.get(&tx.sender).cloned().unwrap_or_default();
            let nonces = overlay.entry(tx.sender).or_insert_with(known);
            before.entry(tx.sender).or_insert_with(|| nonces.clone());
            let admitted = self.rules.admit(&tx, entry.time(), nonces, Some(is));
            Rules::check_outcome(index, is, admitted)?;
        }
        Ok(before.into_iter().collect())
    }

    fn stand(&mut self, entry: Arc<Entry>, before: Before) {
        self.side.remove(&entry.hash);
        self.index.add(entry.hash, entry.height(), &entry.block.batches);
        self.log.push(super::queries::log_leaf(&entry.hash));
        self.undo.push_back(before);
        self.tip = Arc::clone(&entry);
        self.blocks.push(entry);
    }

    /// Takes all blocks above a height off the chain and puts them beside it. The accounts are the caller's matter.
    fn roll_back(&mut self, fork: Height) -> Vec<Digest> {
        let keep = usize::try_from(fork.get()).unwrap_or(usize::MAX);
        let removed = self.blocks.split_off(self.blocks.len().min(keep.saturating_add(1)));
        for entry in removed.iter().rev() {
            self.index.remove(&entry.hash, entry.height(), &entry.block.batches);
            self.undo.pop_back();
        }
        self.log.truncate(keep);
        if let Some(tip) = self.blocks.last() {
            self.tip = Arc::clone(tip);
        }
        let hashes = removed.iter().map(|entry| entry.hash).collect();
        self.side.extend(removed.into_iter().map(|entry| (entry.hash, entry)));
        hashes
    }

    /// Forgets a bad block and all that stands on it.
    fn forget(&mut self, hash: Digest) {
        let mut bad = BTreeSet::from([hash]);
        while let Some(hash) = bad.pop_first() {
            self.side.remove(&hash);
            let above = self.side.values().filter(|entry| entry.block.header.parent == hash);
            bad.extend(above.map(|entry| entry.hash));
        }
    }

    /// Finds the last block that is final by the protocol's own rule.
    fn advance_finality(&mut self) {
        let (tip, depth) = (self.tip.height(), self.rules.consensus.finality_depth);
        let by_depth = Height::new(tip.get().saturating_sub(depth));
        let by_rule = match self.rules.sealing {
            Sealing::Certificate => tip,
            Sealing::Turns | Sealing::Slots => self.sealed_by_quorum().unwrap_or(Height::ZERO),
            Sealing::Stake | Sealing::Work | Sealing::Nothing => Height::ZERO,
        };
        self.finalise_to(by_depth.max(by_rule));
    }

    /// The highest block that a quorum of distinct sealers has sealed or built upon.
    fn sealed_by_quorum(&self) -> Option<Height> {
        let mut sealers: BTreeSet<NodeId> = BTreeSet::new();
        for entry in self.blocks.iter().rev().take_while(|entry| entry.height() > self.finalised) {
            sealers.extend(entry.block.header.proposer);
            if self.rules.quorum.is_met(sealers.len()) {
                return Some(entry.height());
            }
        }
        None
    }

    fn finalise_to(&mut self, height: Height) {
        self.finalised = self.finalised.max(height);
        let open = usize::try_from(self.tip.height().above(self.finalised)).unwrap_or(usize::MAX);
        while self.undo.len() > open {
            self.undo.pop_front();
        }
        let finalised = self.finalised;
        if !self.side.is_empty() {
            self.side.retain(|_, entry| entry.height() > finalised);
        }
    }

    /// Makes a block final because a quorum attests it, whatever its branch weighs.
    ///
    /// # Errors
    /// Where the certificate does not hold, its block is not known, or another block of its height is final already.
    pub fn finalise(&mut self, certificate: &BlockCertificate) -> Result<Offered, ChainError> {
        self.rules.check_certificate(certificate).map_err(|error| ChainError::Block {
            hash: certificate.block,
            error: SealError::into(error),
        })?;
        let (height, hash) = (certificate.height, certificate.block);
        if height <= self.finalised
            && let Some(stands) = self.at(height).map(|entry| entry.hash)
            && stands != hash
        {
            self.alarm(Alarm::TwoCertificates { height, stands, other: hash });
            let fork = height.previous().unwrap_or(Height::ZERO);
            return Err(ChainError::BelowFinality { fork, finalised: self.finalised });
        }
        let entry = self.find(&hash).filter(|entry| entry.height() == height).cloned();
        let entry = entry.ok_or(ChainError::UnknownParent { parent: hash })?;
        let offered = if self.is_standing(&entry) {
            Offered::Known
        } else {
            let fork = self.fork_of(&entry);
            if fork < self.finalised {
                self.alarm(Alarm::DeepFork { block: hash, fork, finalised: self.finalised });
                return Err(ChainError::BelowFinality { fork, finalised: self.finalised });
            }
            self.reorganise(&entry)?
        };
        self.finalise_to(height);
        Ok(offered)
    }
}

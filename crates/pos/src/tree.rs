//! The blocks above the last final one, and the choice among them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::{Digest, Seq};

use crate::message::Block;

/// Most blocks kept above the last final one, whoever made them.
pub(crate) const BLOCKS_MAX: usize = 1_024;

/// What the application says of a block's payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Judgement {
    Waiting,
    Valid,
    Invalid,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) block: Arc<Block>,
    pub(crate) judgement: Judgement,
    /// Whether it has been noticed beside the chain of the head.
    pub(crate) is_aside: bool,
}

impl Entry {
    pub(crate) fn parent(&self) -> Digest {
        self.block.header.statement.parent
    }
    pub(crate) fn seq(&self) -> Seq {
        self.block.header.statement.seq
    }
    pub(crate) fn slot(&self) -> u64 {
        self.block.header.statement.slot
    }
}

/// A tree of blocks, with some whose ancestors are missing.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The last final block.
    pub(crate) root: Digest,
    pub(crate) root_seq: Seq,
    pub(crate) root_slot: u64,
    entries: BTreeMap<Digest, Entry>,
}

impl Tree {
    pub(crate) const fn new(root: Digest, root_seq: Seq, root_slot: u64) -> Self {
        Self { root, root_seq, root_slot, entries: BTreeMap::new() }
    }
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
    pub(crate) fn get(&self, block: &Digest) -> Option<&Entry> {
        self.entries.get(block)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Digest, &Entry)> {
        self.entries.iter()
    }
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&Digest, &mut Entry)> {
        self.entries.iter_mut()
    }
    pub(crate) fn contains(&self, block: &Digest) -> bool {
        *block == self.root || self.entries.contains_key(block)
    }
    pub(crate) fn seq_of(&self, block: &Digest) -> Option<Seq> {
        if *block == self.root {
            return Some(self.root_seq);
        }
        self.get(block).map(Entry::seq)
    }
    /// Whether something stands above the last final block that may become final.
    pub(crate) fn is_tentative(&self) -> bool {
        self.entries.values().any(|entry| entry.judgement != Judgement::Invalid)
    }
    pub(crate) fn insert(&mut self, digest: Digest, block: Arc<Block>, judgement: Judgement) {
        self.entries.insert(digest, Entry { block, judgement, is_aside: false });
    }

    /// From a block down to the root or to a place, whichever comes first, newest first; `None` where a block in
    /// between is missing, or where the way leads past the root.
    pub(crate) fn path(&self, from: &Digest, above: Seq) -> Option<Vec<Digest>> {
        let mut path = Vec::new();
        let mut at = *from;
        while at != self.root {
            let entry = self.entries.get(&at)?;
            if entry.seq() <= above {
                break;
            }
            path.push(at);
            at = entry.parent();
        }
        Some(path)
    }

    /// The lowest known ancestor of a block above the root, and its parent, which is the root or missing.
    pub(crate) fn lowest(&self, from: &Digest) -> (Digest, Digest) {
        let mut at = *from;
        let mut parent = at;
        while let Some(entry) = self.entries.get(&parent) {
            at = parent;
            parent = entry.parent();
        }
        (at, parent)
    }

    /// Whether `block` is `ancestor` or stands above it.
    pub(crate) fn descends(&self, block: &Digest, ancestor: &Digest) -> bool {
        let mut at = block;
        loop {
            if at == ancestor {
                return true;
            }
            match self.entries.get(at) {
                Some(entry) => at = &entry.block.header.statement.parent,
                None => return false,
            }
        }
    }

    /// The last block up to a slot in the chain of `head`, and its place.
    pub(crate) fn up_to_slot(&self, head: &Digest, slot: u64) -> (Digest, Seq) {
        let mut at = *head;
        while let Some(entry) = self.entries.get(&at) {
            if entry.slot() <= slot {
                return (at, entry.seq());
            }
            at = entry.parent();
        }
        (self.root, self.root_seq)
    }

    /// GHOST: from `start` on always the heaviest child, in which all votes for it and its descendants count; between
    /// equals the one with the smaller digest (L17).
    pub(crate) fn head(&self, start: &Digest, votes: &[(Digest, u128)]) -> Digest {
        let mut weights: BTreeMap<Digest, u128> = BTreeMap::new();
        for (block, weight) in votes {
            if self.entries.contains_key(block) {
                *weights.entry(*block).or_insert(0) += weight;
            }
        }
        let mut order: Vec<(&Digest, &Entry)> = self.entries.iter().collect();
        order.sort_unstable_by_key(|(digest, entry)| (Reverse(entry.seq()), **digest));
        // Highest first: when a block is reached, all that stands above it has been added to it.
        let mut best: BTreeMap<Digest, (u128, Reverse<Digest>)> = BTreeMap::new();
        for (digest, entry) in order {
            let weight = weights.get(digest).copied().unwrap_or(0);
            *weights.entry(entry.parent()).or_insert(0) += weight;
            if entry.judgement == Judgement::Valid {
                let candidate = (weight, Reverse(*digest));
                let place = best.entry(entry.parent()).or_insert(candidate);
                *place = (*place).max(candidate);
            }
        }
        let mut head = *start;
        while let Some((_, Reverse(child))) = best.get(&head) {
            head = *child;
        }
        head
    }

    /// Moves the root up to one of its descendants, and forgets all that does not stand above it.
    pub(crate) fn advance(&mut self, root: Digest) {
        let Some(entry) = self.entries.get(&root) else { return };
        (self.root_seq, self.root_slot) = (entry.seq(), entry.slot());
        self.root = root;
        let mut order: Vec<(Seq, Digest)> =
            self.entries.iter().map(|(digest, entry)| (entry.seq(), *digest)).collect();
        order.sort_unstable();
        let mut dead = BTreeSet::new();
        for (seq, digest) in order {
            let Some(parent) = self.entries.get(&digest).map(Entry::parent) else { continue };
            let is_beside = seq == self.root_seq.next() && parent != root;
            if seq <= self.root_seq || is_beside || (parent != root && dead.contains(&parent)) {
                dead.insert(digest);
                self.entries.remove(&digest);
            }
        }
    }

    /// Begins anew above a final block whose ancestors are not needed.
    pub(crate) fn restart(&mut self, root: Digest, seq: Seq, slot: u64) {
        let slot = self.entries.get(&root).map_or(slot, Entry::slot);
        (self.root, self.root_seq, self.root_slot) = (root, seq, slot);
        self.entries.retain(|digest, entry| *digest != root && entry.seq() > seq);
    }

    /// Forgets blocks that came before a slot and never got an ancestor, and those that the application refuses.
    pub(crate) fn expire(&mut self, before_slot: u64) {
        let stale: Vec<Digest> = self
            .entries
            .iter()
            .filter(|(digest, entry)| {
                entry.slot() < before_slot
                    && (entry.judgement == Judgement::Invalid || self.lowest(digest).1 != self.root)
            })
            .map(|(digest, _)| *digest)
            .collect();
        for digest in stale {
            self.entries.remove(&digest);
        }
    }

    /// Forgets the oldest leaf that is not the head; false where there is none.
    pub(crate) fn drop_leaf(&mut self, head: &Digest) -> bool {
        let has_child: BTreeSet<Digest> = self.entries.values().map(Entry::parent).collect();
        let leaf = self
            .entries
            .iter()
            .filter(|(digest, _)| !has_child.contains(digest) && *digest != head)
            .min_by_key(|(digest, entry)| (entry.slot(), **digest))
            .map(|(digest, _)| *digest);
        leaf.is_some_and(|leaf| self.entries.remove(&leaf).is_some())
    }
}

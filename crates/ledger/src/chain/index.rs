//! Where in a chain what stands: by hash, transaction, sender, receiver and operation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use types::{Digest, Height};

use crate::kinds::receiver;
use crate::{Account, Batch, Operation, TxView};

/// Where a transaction stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The block's height.
    pub height: Height,
    /// Its place in the block.
    pub index: u32,
}

impl Place {
    const FIRST: Self = Self { height: Height::ZERO, index: 0 };
    const LAST: Self = Self { height: Height::new(u64::MAX), index: u32::MAX };
}

/// A map by digest: one while it is small, then one for each first 16 bits, because a tree of a million digests is deep
/// and seldom in the cache.
///
/// Whoever grinds digests into one of them makes it as slow as a single tree, and no slower.
#[derive(Clone, Debug)]
struct ByDigest<T>(Vec<BTreeMap<Digest, T>>);

/// From so many digests on there are many maps.
const SPLIT: usize = 4_096;
/// How many: one for each first two bytes.
const MAPS: usize = 1 << 16;

impl<T> Default for ByDigest<T> {
    fn default() -> Self {
        Self(vec![BTreeMap::new()])
    }
}
impl<T: Copy> ByDigest<T> {
    fn at(&self, digest: &Digest) -> usize {
        let [a, b, ..] = *digest.as_bytes();
        if self.0.len() == MAPS { usize::from(u16::from_be_bytes([a, b])) } else { 0 }
    }
    fn get(&self, digest: &Digest) -> Option<T> {
        self.0.get(self.at(digest))?.get(digest).copied()
    }
    /// Keeps what is there already.
    fn add(&mut self, digest: Digest, value: T) {
        let (at, is_one) = (self.at(&digest), self.0.len() == 1);
        let Some(map) = self.0.get_mut(at) else { return };
        map.entry(digest).or_insert(value);
        if is_one && map.len() >= SPLIT {
            let all = std::mem::take(map);
            self.0.resize_with(MAPS, BTreeMap::new);
            all.into_iter().for_each(|(digest, value)| self.add(digest, value));
        }
    }
    fn remove(&mut self, digest: &Digest) {
        let at = self.at(digest);
        if let Some(map) = self.0.get_mut(at) {
            map.remove(digest);
        }
    }
}

#[derive(Clone, Default, Debug)]
pub(crate) struct Index {
    blocks: ByDigest<Height>,
    transactions: ByDigest<Place>,
    senders: BTreeSet<(Account, Place)>,
    receivers: BTreeSet<(Vec<u8>, Place)>,
    operations: BTreeSet<(Operation, Place)>,
}

impl Index {
    pub(crate) fn add(&mut self, hash: Digest, height: Height, batches: &[Arc<Batch>]) {
        self.blocks.add(hash, height);
        for ((id, tx), index) in transactions(batches).zip(0..) {
            let place = Place { height, index };
            // A repeated transaction is refused where it stands again: its first place is the one that counts.
            self.transactions.add(id, place);
            self.senders.insert((tx.sender, place));
            self.operations.insert((tx.operation, place));
            if let Some(receiver) = receiver(&tx) {
                self.receivers.insert((receiver.to_vec(), place));
            }
        }
    }
    pub(crate) fn remove(&mut self, hash: &Digest, height: Height, batches: &[Arc<Batch>]) {
        self.blocks.remove(hash);
        for ((id, tx), index) in transactions(batches).zip(0..) {
            let place = Place { height, index };
            if self.transactions.get(&id) == Some(place) {
                self.transactions.remove(&id);
            }
            self.senders.remove(&(tx.sender, place));
            self.operations.remove(&(tx.operation, place));
            if let Some(receiver) = receiver(&tx) {
                self.receivers.remove(&(receiver.to_vec(), place));
            }
        }
    }
    pub(crate) fn height(&self, hash: &Digest) -> Option<Height> {
        self.blocks.get(hash)
    }
    pub(crate) fn transaction(&self, id: &Digest) -> Option<Place> {
        self.transactions.get(id)
    }
    pub(crate) fn of_sender(&self, sender: Account) -> impl DoubleEndedIterator<Item = Place> + '_ {
        let range = (sender, Place::FIRST)..=(sender, Place::LAST);
        self.senders.range(range).map(|&(_, place)| place)
    }
    pub(crate) fn of_receiver(&self, name: &[u8]) -> impl DoubleEndedIterator<Item = Place> + '_ {
        let range = (name.to_vec(), Place::FIRST)..=(name.to_vec(), Place::LAST);
        self.receivers.range(range).map(|&(_, place)| place)
    }
    pub(crate) fn of_operation(
        &self,
        operation: Operation,
    ) -> impl DoubleEndedIterator<Item = Place> + '_ {
        let range = (operation, Place::FIRST)..=(operation, Place::LAST);
        self.operations.range(range).map(|&(_, place)| place)
    }
}

fn transactions(batches: &[Arc<Batch>]) -> impl Iterator<Item = (Digest, TxView<'_>)> {
    batches.iter().flat_map(|batch| batch.transactions())
}

#[cfg(test)]
mod tests;

//! A tree that is kept: it grows leaf by leaf, and its proofs are copies of what it holds.

use types::Digest;

use super::node;
use crate::sha256;

/// The RFC 6962 tree over a growing list of leaf hashes, with every node at hand.
///
/// RFC 6962 splits at the largest power of two, which is the same as pairing each level's nodes from the left and
/// lifting a last one that is alone. So level `k` holds one node for every 2^k leaves begun, and a new leaf changes
/// the last node of each level at most: appending hashes as often as the tree is high, and a proof hashes nothing.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tree {
    levels: Vec<Vec<Digest>>,
}

impl Tree {
    /// A tree of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }
    /// The tree over these leaf hashes.
    #[must_use]
    pub fn of(leaves: Vec<Digest>) -> Self {
        let mut levels = Vec::new();
        let mut below = leaves;
        while below.len() > 1 {
            let above = below.chunks(2).map(pair).collect();
            levels.push(std::mem::replace(&mut below, above));
        }
        if !below.is_empty() {
            levels.push(below);
        }
        Self { levels }
    }
    /// How many leaves it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.levels.first().map_or(0, Vec::len)
    }
    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }
    /// The root over all leaves; the hash of nothing for an empty tree.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.levels.last().and_then(|top| top.first()).map_or_else(|| sha256(&[]), |root| *root)
    }
    /// The hash of one leaf.
    #[must_use]
    pub fn leaf(&self, index: usize) -> Option<Digest> {
        self.levels.first()?.get(index).copied()
    }
    /// Adds a leaf's hash, in time logarithmic in the leaves.
    pub fn push(&mut self, leaf: Digest) {
        match self.levels.first_mut() {
            Some(leaves) => leaves.push(leaf),
            None => self.levels.push(vec![leaf]),
        }
        self.mend();
    }
    /// Forgets all leaves but the first `length`, in time logarithmic in the leaves (and what is freed).
    pub fn truncate(&mut self, length: usize) {
        let mut keep = length;
        for level in &mut self.levels {
            level.truncate(keep);
            keep = keep.div_ceil(2);
        }
        let high = if length == 0 { 0 } else { height(length) + 1 };
        self.levels.truncate(high);
        self.mend();
    }
    /// Makes each level's last node anew from those below it.
    fn mend(&mut self) {
        let mut at = 0;
        while let Some(below) = self.levels.get(at).filter(|below| below.len() > 1) {
            let last = (below.len() - 1) / 2;
            let hash = below.get(2 * last..).map_or(Digest::ZERO, pair);
            at += 1;
            match self.levels.get_mut(at) {
                Some(level) if level.len() > last => level[last] = hash,
                Some(level) => level.push(hash),
                None => {
                    // The level begins with the pair that was the whole tree, where there was more than one leaf.
                    self.levels.push(vec![hash]);
                }
            }
        }
    }
    /// The path that proves that leaf `index` is in the tree (RFC 6962 section 2.1.1); empty beyond the end.
    #[must_use]
    pub fn inclusion_path(&self, index: usize) -> Vec<Digest> {
        let mut path = Vec::with_capacity(self.levels.len());
        if index >= self.len() {
            return path;
        }
        let mut at = index;
        for level in &self.levels {
            path.extend(level.get(at ^ 1));
            at /= 2;
        }
        path
    }
    /// The path that proves that leaf `index` was in the tree when it had `size` leaves; `None` where it was not.
    #[must_use]
    pub fn inclusion_path_at(&self, index: usize, size: usize) -> Option<Vec<Digest>> {
        if index >= size || size > self.len() {
            return None;
        }
        let (mut start, mut end, mut path) = (0, size, Vec::new());
        while end - start > 1 {
            let middle = start + (1 << (height(end - start) - 1));
            if index < middle {
                path.push(self.range(middle, end, size)?);
                end = middle;
            } else {
                path.push(self.range(start, middle, size)?);
                start = middle;
            }
        }
        path.reverse();
        Some(path)
    }
    /// The root over the first `length` leaves, as it was when there were no more.
    #[must_use]
    pub fn root_at(&self, length: usize) -> Option<Digest> {
        if length > self.len() {
            return None;
        }
        // Whole subtrees from the left, largest first, folded from the right.
        let (mut end, mut hash) = (length, None);
        while end > 0 {
            let low = end.trailing_zeros() as usize;
            let left = self.subtree(low, (end >> low) - 1)?;
            hash = Some(hash.map_or(left, |right| node(&left, &right)));
            end -= 1 << low;
        }
        Some(hash.unwrap_or_else(|| sha256(&[])))
    }
    /// The path that proves that the first `old` leaves are a prefix of the first `new` (RFC 6962 section 2.1.2); empty
    /// where there is nothing to prove, `None` where the tree has not so many leaves.
    #[must_use]
    pub fn consistency_path(&self, old: usize, new: usize) -> Option<Vec<Digest>> {
        if old > new || new > self.len() {
            return None;
        }
        let mut path = Vec::new();
        if old == 0 || old == new {
            return Some(path);
        }
        let (mut start, mut end, mut is_whole) = (0, new, true);
        // Down to the range that ends where the old tree did; its siblings on the way, from the bottom up.
        while end != old {
            let middle = start + (1 << (height(end - start) - 1));
            if old <= middle {
                path.push(self.range(middle, end, new)?);
                end = middle;
            } else {
                path.push(self.range(start, middle, new)?);
                start = middle;
                is_whole = false;
            }
        }
        if !is_whole {
            path.push(self.range(start, end, new)?);
        }
        path.reverse();
        Some(path)
    }
    /// The node over the leaves from `start` to `end` in the tree over the first `new`.
    fn range(&self, start: usize, end: usize, new: usize) -> Option<Digest> {
        let length = end - start;
        if length.is_power_of_two() || new == self.len() {
            return self.subtree(height(length), start >> height(length));
        }
        let low = 1 << (height(length) - 1);
        let left = self.range(start, start + low, new)?;
        Some(node(&left, &self.range(start + low, end, new)?))
    }
    /// The root over the 2^`level` leaves of which `index` times as many stand before; over fewer at the tree's end.
    #[must_use]
    pub fn subtree(&self, level: usize, index: usize) -> Option<Digest> {
        self.levels.get(level)?.get(index).copied()
    }
}

impl FromIterator<Digest> for Tree {
    fn from_iter<I: IntoIterator<Item = Digest>>(leaves: I) -> Self {
        Self::of(leaves.into_iter().collect())
    }
}

/// The node above one or two others.
fn pair(nodes: &[Digest]) -> Digest {
    match nodes {
        [left, right, ..] => node(left, right),
        [alone] => *alone,
        [] => Digest::ZERO,
    }
}

/// How many levels stand above the leaves of a tree of `length`, at least one.
fn height(length: usize) -> usize {
    (usize::BITS - (length.max(1) - 1).leading_zeros()) as usize
}

#[cfg(test)]
mod tests;

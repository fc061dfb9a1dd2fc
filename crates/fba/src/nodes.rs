//! Sets of replicas, one bit each.

use std::fmt;

use types::NodeId;
use types::limits::NODES_MAX;

const WORDS: usize = NODES_MAX / 64;

/// A set of replicas.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Nodes([u64; WORDS]);

impl Nodes {
    pub(crate) const NONE: Self = Self([0; WORDS]);

    /// The first `n` replicas.
    pub(crate) fn all(n: usize) -> Self {
        NodeId::all(n).collect()
    }
    /// Puts one in; false where it was there, or is nobody.
    pub(crate) fn insert(&mut self, node: NodeId) -> bool {
        let Some(word) = self.0.get_mut(node.index() / 64) else { return false };
        let bit = 1 << (node.index() % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
    pub(crate) fn remove(&mut self, node: NodeId) {
        if let Some(word) = self.0.get_mut(node.index() / 64) {
            *word &= !(1 << (node.index() % 64));
        }
    }
    pub(crate) fn contains(&self, node: NodeId) -> bool {
        let word = self.0.get(node.index() / 64).copied().unwrap_or(0);
        word & (1 << (node.index() % 64)) != 0
    }
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::NONE
    }
    /// How many are in both.
    pub(crate) fn shared(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a & b).count_ones()).sum()
    }
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }
    pub(crate) fn and(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & b)
    }
    pub(crate) fn or(&self, other: &Self) -> Self {
        self.with(other, |a, b| a | b)
    }
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.with(other, |a, b| a & !b)
    }
    fn with(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let mut words = self.0;
        words.iter_mut().zip(&other.0).for_each(|(a, b)| *a = combine(*a, *b));
        Self(words)
    }
    pub(crate) fn first(&self) -> Option<NodeId> {
        self.iter().next()
    }
    /// Its members, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.0.iter().enumerate().flat_map(|(index, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = usize::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
                left &= left - 1;
                u16::try_from(index * 64 + bit).ok().map(NodeId::new)
            })
        })
    }
    pub(crate) fn to_vec(self) -> Vec<NodeId> {
        self.iter().collect()
    }
}

impl FromIterator<NodeId> for Nodes {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        let mut set = Self::NONE;
        for node in nodes {
            set.insert(node);
        }
        set
    }
}
impl fmt::Debug for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

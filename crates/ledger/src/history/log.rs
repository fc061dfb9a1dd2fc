//! Proofs over the tree of all block hashes, from its whole subtrees: as many are read as the tree is high, squared.

use crypto::{merkle, sha256};
use types::Digest;

use super::HistoryError;

/// Reads the root over 2^level leaves that end before leaf (index + 1) 2^level.
type Nodes<'a> = &'a dyn Fn(u32, u64) -> Result<Digest, HistoryError>;

/// The largest power of two below `length`, which is at least 2.
const fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// The root over the leaves from `start` to `end`, which RFC 6962 has as one node.
fn range(start: u64, end: u64, nodes: Nodes<'_>) -> Result<Digest, HistoryError> {
    let length = end - start;
    if length.is_power_of_two() {
        return nodes(length.trailing_zeros(), start >> length.trailing_zeros());
    }
    let middle = start + split(length);
    Ok(merkle::node(&range(start, middle, nodes)?, &range(middle, end, nodes)?))
}

/// The root over the first `size` leaves.
pub(super) fn root(size: u64, nodes: Nodes<'_>) -> Result<Digest, HistoryError> {
    if size == 0 { Ok(sha256(&[])) } else { range(0, size, nodes) }
}

/// The path of RFC 6962 section 2.1.1; empty for a leaf beyond the end.
pub(super) fn inclusion(
    index: u64,
    size: u64,
    nodes: Nodes<'_>,
) -> Result<Vec<Digest>, HistoryError> {
    let (mut path, mut start, mut end) = (Vec::new(), 0, size);
    while index < size && end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range(middle, end, nodes)?);
            end = middle;
        } else {
            path.push(range(start, middle, nodes)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The path of RFC 6962 section 2.1.2; empty where there is nothing to prove.
pub(super) fn consistency(
    old: u64,
    new: u64,
    nodes: Nodes<'_>,
) -> Result<Vec<Digest>, HistoryError> {
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return Ok(path);
    }
    let (mut start, mut end, mut is_whole) = (0, new, true);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range(middle, end, nodes)?);
            end = middle;
        } else {
            path.push(range(start, middle, nodes)?);
            start = middle;
            is_whole = false;
        }
    }
    if !is_whole {
        path.push(range(start, end, nodes)?);
    }
    path.reverse();
    Ok(path)
}

/// The roots of the whole subtrees over all leaves so far, largest first: as much of the tree as a new leaf needs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Frontier {
    size: u64,
    roots: Vec<Digest>,
}

impl Frontier {
    /// That of the first `size` blocks of a store.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of(
        size: u64,
        node: impl Fn(u32, u64) -> Result<Digest, HistoryError>,
    ) -> Result<Self, HistoryError> {
        let levels = (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1);
        let roots =
            levels.map(|level| node(level, (size >> level) - 1)).collect::<Result<_, _>>()?;
        Ok(Self { size, roots })
    }
    /// How many blocks it is of.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
    /// Adds a block's hash: the nodes that it completes, from the pair up.
    pub fn push(&mut self, hash: &Digest) -> Vec<Digest> {
        let (mut node, mut nodes) = (merkle::leaf(hash.as_bytes()), Vec::new());
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.roots.pop() else { break };
            node = merkle::node(&left, &node);
            nodes.push(node);
        }
        self.roots.push(node);
        self.size += 1;
        nodes
    }
}

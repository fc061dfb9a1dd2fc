//! Vector clocks: which proposers' blocks a state has seen.

use std::collections::BTreeMap;

use codec::{Decode, DecodeError, Encode, Reader};
use types::NodeId;

/// One counter per proposer; an absent entry is zero (Mattern 1989).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct VectorClock(BTreeMap<NodeId, u64>);

/// How two clocks stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockOrder {
    /// The first has seen strictly less.
    Before,
    /// The first has seen strictly more.
    After,
    /// Both have seen the same.
    Equal,
    /// Each has seen something that the other has not.
    Concurrent,
}

impl VectorClock {
    /// A clock that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }
    /// The counter of one proposer.
    #[must_use]
    pub fn get(&self, node: NodeId) -> u64 {
        self.0.get(&node).copied().unwrap_or(0)
    }
    /// Counts one more block of `node`.
    pub fn increment(&mut self, node: NodeId) {
        let counter = self.0.entry(node).or_insert(0);
        *counter = counter.saturating_add(1);
    }
    /// Takes the larger of each counter.
    pub fn merge(&mut self, other: &Self) {
        for (&node, &count) in &other.0 {
            let counter = self.0.entry(node).or_insert(0);
            *counter = (*counter).max(count);
        }
    }
    /// Compares counter by counter.
    #[must_use]
    pub fn compare(&self, other: &Self) -> ClockOrder {
        let within = |a: &Self, b: &Self| a.0.iter().all(|(&node, &count)| count <= b.get(node));
        match (within(self, other), within(other, self)) {
            (true, true) => ClockOrder::Equal,
            (true, false) => ClockOrder::Before,
            (false, true) => ClockOrder::After,
            (false, false) => ClockOrder::Concurrent,
        }
    }
    /// Whether this is the clock of the block that `proposer` adds to one with the clock `parent`: one more of its
    /// blocks and nothing else; with no proposer, the same.
    #[must_use]
    pub fn follows(&self, parent: &Self, proposer: Option<NodeId>) -> bool {
        let counts =
            |node: NodeId| parent.get(node).saturating_add(u64::from(proposer == Some(node)));
        let begun = proposer.is_some_and(|node| !parent.0.contains_key(&node));
        self.0.len() == parent.0.len() + usize::from(begun)
            && self.0.iter().all(|(&node, &count)| count == counts(node))
    }
    /// How many blocks it has seen of all proposers together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, &count| sum.saturating_add(count))
    }
    /// The counters that are not zero, by proposer.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, u64)> + '_ {
        self.0.iter().map(|(&node, &count)| (node, count))
    }
}

impl Encode for VectorClock {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for VectorClock {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let counters = BTreeMap::<NodeId, u64>::decode(reader)?;
        if counters.values().any(|&count| count == 0) {
            return Err(DecodeError::NotCanonical { what: "a clock leaves out counters of zero" });
        }
        Ok(Self(counters))
    }
}

#[cfg(test)]
mod tests;

//! Voting power and its thresholds, in integers.

use types::{NodeId, Seq};

use crate::Config;

/// The set of one height.
#[derive(Clone, Debug)]
pub(crate) struct Validators {
    weights: Vec<u64>,
    quorum: u128,
    one_honest: u128,
}

impl Validators {
    /// Thresholds for these weights: a quorum holds strictly more than two thirds of all power, and some honest replica
    /// is among more than one third (L2).
    fn new(config: &Config, weights: &[u64]) -> Self {
        let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
        let mut quorum = total * 2 / 3 + 1;
        if broken!(config, QuorumOfTwoFPlusOne) {
            quorum = 2 * (total.saturating_sub(1) / 3) + 1;
        }
        if broken!(config, QuorumOfTwoThirds) {
            quorum = (total * 2).div_ceil(3);
        }
        Self { weights: weights.to_vec(), quorum, one_honest: total / 3 + 1 }
    }
    /// The set that counts for a height (L3).
    pub(crate) fn at(config: &Config, seq: Seq) -> Self {
        let seq = if broken!(config, SetNeverChanges) { Seq::ZERO } else { seq };
        Self::new(config, config.weights_at(seq))
    }
    /// One replica's power; none for a stranger.
    pub(crate) fn power(&self, node: NodeId) -> u128 {
        self.weights.get(node.index()).map_or(0, |&weight| weight.into())
    }
    /// The power of several, each named once.
    pub(crate) fn power_of<'a>(&self, nodes: impl Iterator<Item = &'a NodeId>) -> u128 {
        nodes.map(|&node| self.power(node)).sum()
    }
    /// Whether any two such powers share an honest replica.
    pub(crate) const fn is_quorum(&self, power: u128) -> bool {
        power >= self.quorum
    }
    /// Whether an honest replica is part of such a power.
    pub(crate) const fn has_honest(&self, power: u128) -> bool {
        power >= self.one_honest
    }
    /// Whether distinct members, and nobody else, make up a quorum.
    pub(crate) fn are_quorum<'a>(&self, nodes: impl Iterator<Item = &'a NodeId> + Clone) -> bool {
        nodes.clone().all(|&node| self.power(node) > 0) && self.is_quorum(self.power_of(nodes))
    }
    /// The fewest votes that can become a quorum with those that are there.
    pub(crate) fn need(&self, have: &[NodeId]) -> usize {
        let mut power = self.power_of(have.iter());
        let mut others: Vec<u64> = NodeId::all(self.weights.len())
            .filter(|node| !have.contains(node))
            .filter_map(|node| self.weights.get(node.index()).copied())
            .collect();
        others.sort_unstable();
        let mut count = have.len();
        while !self.is_quorum(power) {
            let Some(next) = others.pop() else { break };
            power += u128::from(next);
            count += 1;
        }
        count
    }
}

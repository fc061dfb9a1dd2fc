//! Who weighs how much in which epoch, who proposes, and who attests when.

use crypto::Hasher;
use types::{Digest, NodeId, Prng};

use crate::Config;

/// The weights from one epoch until the next change.
#[derive(Debug)]
pub(crate) struct Snapshot {
    from_epoch: u64,
    weights: Vec<u64>,
    /// Where each validator's share of all stake ends.
    ends: Vec<u128>,
    pub(crate) total: u128,
}

impl Snapshot {
    fn new(from_epoch: u64, weights: Vec<u64>) -> Self {
        let mut total = 0_u128;
        let ends = weights
            .iter()
            .map(|weight| {
                total += u128::from(*weight);
                total
            })
            .collect();
        Self { from_epoch, weights, ends, total }
    }
    pub(crate) fn weight(&self, validator: NodeId) -> u128 {
        self.weights.get(validator.index()).map_or(0, |weight| u128::from(*weight))
    }
}

/// All of them, and the seed.
#[derive(Debug)]
pub(crate) struct Stakes {
    snapshots: Vec<Snapshot>,
    seed: Digest,
    slots_per_epoch: u64,
    rule: Rule,
}

/// What a vote weighs, and how much is enough.
#[derive(Clone, Copy, Debug)]
struct Rule {
    by_heads: bool,
    half: bool,
    rounded: bool,
    no_snapshots: bool,
    turns: bool,
}

impl Stakes {
    /// Of a configuration that [`Config::validate`] lets pass.
    pub(crate) fn new(config: &Config) -> Self {
        let wraps = broken!(config, WeightsWrap);
        let weigh = |stake: &crate::Stake| {
            let wrapped =
                || stake.delegated.iter().fold(stake.own, |sum, (_, more)| sum.wrapping_add(*more));
            stake.weight().unwrap_or_else(|| if wraps { wrapped() } else { 0 })
        };
        let mut weights: Vec<u64> = config.stakes.iter().map(weigh).collect();
        let mut snapshots = vec![Snapshot::new(0, weights.clone())];
        for (index, change) in config.changes.iter().enumerate() {
            if let Some(weight) = weights.get_mut(change.validator.index()) {
                *weight = weigh(&change.stake);
            }
            let is_last =
                config.changes.get(index + 1).is_none_or(|next| next.epoch != change.epoch);
            if is_last {
                snapshots.push(Snapshot::new(change.epoch, weights.clone()));
            }
        }
        let rule = Rule {
            by_heads: broken!(config, HeadsCounted),
            half: broken!(config, ThresholdOfHalf),
            rounded: broken!(config, RoundedThreshold),
            no_snapshots: broken!(config, NoSnapshots),
            turns: broken!(config, StakeIgnored),
        };
        let slots_per_epoch = config.slots_per_epoch.max(1);
        Self { snapshots, seed: config.seed, slots_per_epoch, rule }
    }

    /// The weights of an epoch.
    pub(crate) fn at(&self, epoch: u64) -> &Snapshot {
        let epoch = if self.rule.no_snapshots { u64::MAX } else { epoch };
        let later = self.snapshots.partition_point(|snapshot| snapshot.from_epoch <= epoch);
        &self.snapshots[later.saturating_sub(1)]
    }

    /// What a vote of `validator` adds in an epoch.
    pub(crate) fn weight(&self, epoch: u64, validator: NodeId) -> u128 {
        if self.rule.by_heads { 1 } else { self.at(epoch).weight(validator) }
    }

    /// Whether a weight is two thirds of an epoch's or more: exactly two thirds are enough (L13).
    pub(crate) fn is_supermajority(&self, epoch: u64, weight: u128) -> bool {
        let snapshot = self.at(epoch);
        let total =
            if self.rule.by_heads { snapshot.weights.len() as u128 } else { snapshot.total };
        if self.rule.half {
            return weight * 2 >= total;
        }
        if self.rule.rounded {
            return weight * 100 >= total * 66;
        }
        weight * 3 >= total * 2
    }

    /// Who proposes in a slot: a draw over all stake by the seed and the slot's number alone (L3).
    pub(crate) fn leader(&self, slot: u64, twist: Option<Digest>) -> NodeId {
        let snapshot = self.at(slot / self.slots_per_epoch);
        let count = snapshot.weights.len() as u64;
        if self.rule.turns {
            return NodeId::new(u16::try_from(slot % count.max(1)).unwrap_or(0));
        }
        let mut hasher = Hasher::new("unisono-pos-proposer");
        hasher.update(self.seed.as_bytes());
        hasher.update(&slot.to_le_bytes());
        if let Some(twist) = twist {
            hasher.update(twist.as_bytes());
        }
        let drawn = wide(&hasher.finish()) % snapshot.total.max(1);
        let index = snapshot.ends.partition_point(|end| *end <= drawn);
        NodeId::new(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// In which slot of an epoch each validator attests: a shuffle by the seed and the epoch's number (L9).
    pub(crate) fn places(&self, epoch: u64) -> Vec<u64> {
        let mut hasher = Hasher::new("unisono-pos-committees");
        hasher.update(self.seed.as_bytes());
        hasher.update(&epoch.to_le_bytes());
        let count = self.at(epoch).weights.len();
        let mut order: Vec<usize> = (0..count).collect();
        Prng::new(hasher.finish().short(), 0).shuffle(&mut order);
        let mut places = vec![0; count];
        for (place, validator) in (0_u64..).zip(order) {
            places[validator] = place % self.slots_per_epoch;
        }
        places
    }
}

/// The first half of a digest as a number: over less than 2^75 of stake, its remainder is biased by less than 2^-53.
fn wide(digest: &Digest) -> u128 {
    digest.as_bytes().first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes))
}

//! The network between the replicas, and what can be done to it.

use std::collections::BTreeSet;

use types::{Duration, NodeId, Prng};

/// Loses, delays and cuts what replicas say to each other.
#[derive(Debug)]
pub struct Network {
    loss_ppm: u32,
    losses_ppm: Vec<Vec<u32>>,
    delay: Duration,
    cut_off: BTreeSet<NodeId>,
    dice: Prng,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self {
            loss_ppm: 0,
            losses_ppm: Vec::new(),
            delay: Duration::ZERO,
            cut_off: BTreeSet::new(),
            dice: Prng::new(1, 1),
        }
    }
    /// Draws what is lost from another seed from now on.
    pub fn reseed(&mut self, seed: u64) {
        self.dice = Prng::new(seed, 1);
    }
    /// Loses this share of all messages from each replica to each other, in parts per million; beyond the rows and
    /// their ends nothing more is lost than [`Self::lose`] says.
    pub fn lose_on(&mut self, losses_ppm: Vec<Vec<u32>>) {
        self.losses_ppm = losses_ppm;
    }
    /// Loses this share of all messages, in parts per million.
    pub const fn lose(&mut self, loss_ppm: u32) {
        self.loss_ppm = loss_ppm;
    }
    /// Delays every message by so much more.
    pub const fn delay(&mut self, delay: Duration) {
        self.delay = delay;
    }
    /// Cuts a replica off from all others.
    pub fn cut_off(&mut self, replica: NodeId) {
        self.cut_off.insert(replica);
    }
    /// Lets everything pass again.
    pub fn heal(&mut self) {
        self.loss_ppm = 0;
        self.losses_ppm.clear();
        self.delay = Duration::ZERO;
        self.cut_off.clear();
    }

    /// How much longer a message takes; `None` where it is lost.
    pub(crate) fn carry(&mut self, from: NodeId, to: NodeId) -> Option<Duration> {
        let is_cut = self.cut_off.contains(&from) || self.cut_off.contains(&to);
        let row = self.losses_ppm.get(from.index());
        let link_ppm = row.and_then(|row| row.get(to.index())).copied().unwrap_or(0);
        let is_lost =
            is_cut || self.dice.chance_ppm(self.loss_ppm) || self.dice.chance_ppm(link_ppm);
        (!is_lost).then_some(self.delay)
    }
}

//! The network between the replicas, and what can be done to it.

use std::collections::BTreeSet;

use types::{Duration, NodeId, Prng};

/// Loses, delays and cuts what replicas say to each other.
#[derive(Debug)]
pub struct Network {
    loss_ppm: u32,
    delay: Duration,
    cut_off: BTreeSet<NodeId>,
    dice: Prng,
}

impl Network {
    pub(crate) fn new() -> Self {
        Self { loss_ppm: 0, delay: Duration::ZERO, cut_off: BTreeSet::new(), dice: Prng::new(1, 1) }
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
        self.delay = Duration::ZERO;
        self.cut_off.clear();
    }

    /// How much longer a message takes; `None` where it is lost.
    pub(crate) fn carry(&mut self, from: NodeId, to: NodeId) -> Option<Duration> {
        let is_cut = self.cut_off.contains(&from) || self.cut_off.contains(&to);
        let is_lost = is_cut || self.dice.chance_ppm(self.loss_ppm);
        (!is_lost).then_some(self.delay)
    }
}

//! Slots and epochs: time as all replicas count it.

use types::{Duration, Time};

use crate::Config;

/// The names of a replica's timers. Each is set only while something waits or stands above the last final block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// The next slot begins.
    Slot,
    /// Half of the slot is over: whoever's turn it is attests.
    Attest,
}

/// Counts slots and epochs from the zero of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    slot_us: u64,
    pub(crate) slots_per_epoch: u64,
}

impl Clock {
    pub(crate) fn new(config: &Config) -> Self {
        Self { slot_us: config.slot.us().max(1), slots_per_epoch: config.slots_per_epoch.max(1) }
    }
    pub(crate) const fn slot(&self, now: Time) -> u64 {
        now.us() / self.slot_us
    }
    pub(crate) const fn epoch(&self, slot: u64) -> u64 {
        slot / self.slots_per_epoch
    }
    /// The last slot whose block can be the checkpoint of an epoch.
    pub(crate) const fn first_slot(&self, epoch: u64) -> u64 {
        epoch.saturating_mul(self.slots_per_epoch)
    }
    pub(crate) const fn place_in_epoch(&self, slot: u64) -> u64 {
        slot % self.slots_per_epoch
    }
    /// How long until the next slot begins.
    pub(crate) const fn until_next(&self, now: Time) -> Duration {
        Duration::from_us(self.slot_us - now.us() % self.slot_us)
    }
    /// How long until the middle of this slot; no time where it is over.
    pub(crate) const fn until_middle(&self, now: Time) -> Duration {
        Duration::from_us((self.slot_us / 2).saturating_sub(now.us() % self.slot_us))
    }
    /// Whether the first half of this slot is not over.
    pub(crate) const fn is_early(&self, now: Time) -> bool {
        now.us() % self.slot_us < self.slot_us / 2
    }
}

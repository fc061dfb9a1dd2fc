//! What a validator has signed: it never signs what contradicts that.

use codec::record;

/// The highest numbers that a validator has put its name to. Survives restarts, and can be carried to another machine.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Protection {
    /// The slot of the last block proposed.
    pub slot: u64,
    /// The highest source of an attestation, as an epoch.
    pub source_epoch: u64,
    /// The highest target of an attestation, as an epoch.
    pub target_epoch: u64,
}
record!(Protection { slot: u64, source_epoch: u64, target_epoch: u64 });

impl Protection {
    /// Whether a block for a slot contradicts nothing: no other block for it can have been signed.
    #[must_use]
    pub const fn may_propose(&self, slot: u64) -> bool {
        slot > self.slot
    }
    /// Whether an attestation contradicts nothing: its target is a new one, and with a source not below the highest it
    /// surrounds no earlier vote and is surrounded by none.
    #[must_use]
    pub const fn may_attest(&self, source_epoch: u64, target_epoch: u64) -> bool {
        source_epoch < target_epoch
            && target_epoch > self.target_epoch
            && source_epoch >= self.source_epoch
    }
    /// Remembers a block.
    pub const fn proposed(&mut self, slot: u64) {
        if slot > self.slot {
            self.slot = slot;
        }
    }
    /// Remembers an attestation.
    pub const fn attested(&mut self, source_epoch: u64, target_epoch: u64) {
        if source_epoch > self.source_epoch {
            self.source_epoch = source_epoch;
        }
        if target_epoch > self.target_epoch {
            self.target_epoch = target_epoch;
        }
    }
    /// Remembers what another memory of the same validator holds.
    pub const fn merge(&mut self, other: &Self) {
        self.proposed(other.slot);
        self.attested(other.source_epoch, other.target_epoch);
    }
}

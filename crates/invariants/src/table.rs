//! A map from numbers to numbers without allocation per entry and without an order to iterate in.

/// Open addressing over a power of two of slots; a zero key marks a free slot.
#[derive(Clone, Default, Debug)]
pub(crate) struct Table {
    slots: Vec<(u64, u64)>,
    len: usize,
}

const SLOTS_MIN: usize = 64;

impl Table {
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, key: u64) -> Option<u64> {
        if self.slots.is_empty() {
            return None;
        }
        let (found, value) = self.slots[self.slot_of(key)];
        (found != 0).then_some(value)
    }

    /// The value that stands under `key` afterwards: the one there already, or else `value`.
    pub(crate) fn get_or_insert(&mut self, key: u64, value: u64) -> u64 {
        if self.len * 2 >= self.slots.len() {
            self.grow();
        }
        let slot = self.slot_of(key);
        let entry = &mut self.slots[slot];
        if entry.0 == 0 {
            *entry = (key.max(1), value);
            self.len += 1;
        }
        entry.1
    }

    pub(crate) fn clear(&mut self) {
        self.slots.fill((0, 0));
        self.len = 0;
    }

    fn slot_of(&self, key: u64) -> usize {
        let key = key.max(1);
        let mask = self.slots.len() - 1;
        let mut slot = key.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_right(29) as usize & mask;
        while self.slots[slot].0 != 0 && self.slots[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); size]);
        for entry in old.into_iter().filter(|entry| entry.0 != 0) {
            let slot = self.slot_of(entry.0);
            self.slots[slot] = entry;
        }
    }
}

/// Folds numbers into one, for keys: a finaliser of our own pinning (MurmurHash3's).
pub(crate) fn fold(parts: [u64; 3]) -> u64 {
    parts.into_iter().fold(0x243f_6a88_85a3_08d3, |hash, part| {
        let mut mixed = hash.rotate_left(23) ^ part;
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^ (mixed >> 33)
    })
}

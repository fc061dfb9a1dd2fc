//! A rolling hash over every event: two runs with the same hash went the same way.

/// 128 bits of state, mixed by one folded multiplication per lane and event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Trace {
    left: u64,
    right: u64,
}

impl Trace {
    pub(crate) const fn new() -> Self {
        Self { left: 0x243f_6a88_85a3_08d3, right: 0x1319_8a2e_0370_7344 }
    }

    /// Takes one event in: when, what to whom, and about what.
    pub(crate) fn event(&mut self, at_us: u64, what: u64, about: u64) {
        self.left = fold(self.left ^ about, 0x9e37_79b9_7f4a_7c15 ^ at_us).wrapping_add(what);
        self.right = fold(self.right ^ what, 0xe703_7ed1_a0b4_28db ^ about).rotate_left(17) ^ at_us;
    }

    /// The hash so far, as 32 hexadecimal digits.
    pub(crate) fn digits(self) -> String {
        let left = fold(self.left, 0xa076_1d64_78bd_642f ^ self.right);
        let right = fold(self.right, 0x8ebc_6af0_9c88_c6e3 ^ left);
        format!("{left:016x}{right:016x}")
    }
}

/// The two halves of a 128-bit product, added without carry; odd factors keep it from sticking at zero.
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * ((b | 1) as u128);
    (product as u64) ^ ((product >> 64) as u64) ^ a.rotate_left(32)
}

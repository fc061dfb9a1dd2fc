//! Coins and counters for 64 rounds at once.

use types::Prng;

use crate::Odds;

/// A biased coin: its probability in units of 2^-64.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coin {
    bits: u64,
    sure: bool,
}

impl Coin {
    pub(super) fn new(odds: Odds) -> Self {
        let scaled = odds.yes * 18_446_744_073_709_551_616.0;
        Self { bits: scaled as u64, sure: odds.no == 0.0 }
    }

    /// Tosses it 64 times: the digits of 64 numbers below one are drawn together, first digits first, until each number
    /// differs from the probability.
    #[inline]
    pub(super) fn toss(&self, dice: &mut Prng) -> u64 {
        if self.sure {
            return u64::MAX;
        }
        let (mut digits, mut equal, mut below) = (self.bits, u64::MAX, 0);
        while digits != 0 && equal != 0 {
            let drawn = dice.next_u64();
            // All ones where the probability's digit is a one.
            let one = 0_u64.wrapping_sub(digits >> 63);
            below |= equal & one & !drawn;
            equal &= !(drawn ^ one);
            digits <<= 1;
        }
        below
    }
}

/// Most planes: votes of up to 2^13 - 1 nodes.
const PLANES_MAX: usize = 13;

/// A counter for each of 64 rounds: plane i holds the digit worth 2^i of all of them.
#[derive(Clone, Debug)]
pub(super) struct Votes {
    planes: [u64; PLANES_MAX],
    levels: usize,
}

impl Votes {
    /// Counters of so many digits.
    pub(super) fn new(levels: usize) -> Self {
        Self { planes: [0; PLANES_MAX], levels: levels.min(PLANES_MAX) }
    }
    pub(super) fn clear(&mut self) {
        self.planes[..self.levels].fill(0);
    }
    /// Counts one vote in the rounds whose bit is set.
    #[inline]
    pub(super) fn add(&mut self, mut carry: u64) {
        for plane in &mut self.planes[..self.levels] {
            let sum = *plane ^ carry;
            carry &= *plane;
            *plane = sum;
        }
    }
    /// The rounds with at least `k` votes: those in which adding 2^levels - k overflows.
    #[inline]
    pub(super) fn at_least(&self, k: usize) -> u64 {
        let span = 1_usize << self.levels;
        if k == 0 {
            return u64::MAX;
        }
        if k >= span {
            return 0;
        }
        let added = span - k;
        let planes = self.planes[..self.levels].iter().enumerate();
        planes.fold(0, |carry, (at, plane)| match added >> at & 1 {
            1 => plane | carry,
            _ => plane & carry,
        })
    }
}

#[cfg(test)]
mod tests;

//! Unsigned 256-bit numbers: as much arithmetic as targets and sums of work need.

use std::cmp::Ordering;
use std::fmt;

use types::Digest;

/// A number below 2^256, the least significant limb first.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct U256([u64; 4]);

impl U256 {
    /// Nothing.
    pub const ZERO: Self = Self([0; 4]);
    /// One.
    pub const ONE: Self = Self([1, 0, 0, 0]);
    /// The largest number.
    pub const MAX: Self = Self([u64::MAX; 4]);

    /// A small number.
    #[must_use]
    pub const fn from_u64(value: u64) -> Self {
        Self([value, 0, 0, 0])
    }
    /// A digest's bytes as a big-endian number.
    #[must_use]
    pub fn from_digest(digest: &Digest) -> Self {
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().rev().zip(digest.as_bytes().as_chunks().0) {
            *limb = u64::from_be_bytes(*bytes);
        }
        Self(limbs)
    }
    /// The number as big-endian bytes.
    #[must_use]
    pub fn to_digest(self) -> Digest {
        let mut bytes = [0; 32];
        for (limb, chunk) in self.0.iter().rev().zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&limb.to_be_bytes());
        }
        Digest::new(bytes)
    }
    /// The lowest 64 bits.
    #[must_use]
    pub const fn low_u64(self) -> u64 {
        self.0[0]
    }
    /// How many bits it takes.
    #[must_use]
    pub fn bits(self) -> u32 {
        let highest = (0..4_u32).rev().find(|&at| self.limb(at) != 0);
        highest.map_or(0, |at| 64 * (at + 1) - self.limb(at).leading_zeros())
    }
    fn limb(self, at: u32) -> u64 {
        self.0.get(at as usize).copied().unwrap_or(0)
    }

    /// The sum, and whether it is 2^256 or more (and so has lost that much).
    #[must_use]
    pub fn overflowing_add(self, other: Self) -> (Self, bool) {
        let mut sum = [0; 4];
        let mut carry = false;
        for (at, limb) in sum.iter_mut().enumerate() {
            let (part, first) = self.0[at].overflowing_add(other.0[at]);
            let (whole, second) = part.overflowing_add(u64::from(carry));
            (*limb, carry) = (whole, first || second);
        }
        (Self(sum), carry)
    }
    /// The sum, or the largest number.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        match self.overflowing_add(other) {
            (sum, false) => sum,
            (_, true) => Self::MAX,
        }
    }
    /// The difference modulo 2^256.
    #[must_use]
    pub fn wrapping_sub(self, other: Self) -> Self {
        self.overflowing_add(other.inverted()).0.overflowing_add(Self::ONE).0
    }
    /// Every bit turned over.
    #[must_use]
    pub const fn inverted(self) -> Self {
        let [a, b, c, d] = self.0;
        Self([!a, !b, !c, !d])
    }
    /// Moved up by `by` bits; what leaves the top is lost.
    #[must_use]
    pub fn shifted_up(self, by: u32) -> Self {
        let (limbs, bits) = (by / 64, by % 64);
        let mut out = [0; 4];
        for (at, limb) in (0..4_u32).zip(out.iter_mut()) {
            let high = at.checked_sub(limbs).map_or(0, |from| self.limb(from));
            let low = at.checked_sub(limbs + 1).map_or(0, |from| self.limb(from));
            *limb = high << bits | low.checked_shr(64 - bits).unwrap_or(0);
        }
        Self(out)
    }
    /// Moved down by `by` bits.
    #[must_use]
    pub fn shifted_down(self, by: u32) -> Self {
        let (limbs, bits) = (by / 64, by % 64);
        let mut out = [0; 4];
        for (at, limb) in (0..4_u32).zip(out.iter_mut()) {
            let low = self.limb(at + limbs);
            let high = self.limb(at + limbs + 1);
            *limb = low >> bits | high.checked_shl(64 - bits).unwrap_or(0);
        }
        Self(out)
    }
    /// The whole quotient; the largest number where `by` is zero.
    #[must_use]
    pub fn divided_by(self, by: Self) -> Self {
        if by == Self::ZERO {
            return Self::MAX;
        }
        let (mut quotient, mut rest) = (Self::ZERO, Self::ZERO);
        for bit in (0..self.bits()).rev() {
            // The bit that leaves the top says that the rest exceeds any divisor.
            let is_over = rest.bits() == 256;
            rest = rest.shifted_up(1);
            rest.0[0] |= self.shifted_down(bit).low_u64() & 1;
            quotient = quotient.shifted_up(1);
            if is_over || rest >= by {
                rest = rest.wrapping_sub(by);
                quotient.0[0] |= 1;
            }
        }
        quotient
    }
    /// `self * times / by` without losing what exceeds 2^256 in between; the largest number where the result would,
    /// or `by` is zero.
    #[must_use]
    pub fn mul_div(self, times: u64, by: u64) -> Self {
        let mut product = [0_u64; 5];
        let mut carry = 0_u128;
        for (at, limb) in product.iter_mut().enumerate() {
            let part = self.0.get(at).copied().unwrap_or(0);
            let wide = u128::from(part) * u128::from(times) + carry;
            *limb = low(wide);
            carry = wide >> 64;
        }
        let mut quotient = [0_u64; 5];
        let mut rest = 0_u128;
        for (at, limb) in product.iter().enumerate().rev() {
            let wide = rest << 64 | u128::from(*limb);
            let Some(part) = wide.checked_div(u128::from(by)) else { return Self::MAX };
            quotient[at] = low(part);
            rest = wide - part * u128::from(by);
        }
        let [a, b, c, d, over] = quotient;
        if over == 0 { Self([a, b, c, d]) } else { Self::MAX }
    }
}

/// The lowest 64 bits.
const fn low(wide: u128) -> u64 {
    (wide & u64::MAX as u128) as u64
}

impl Ord for U256 {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}
impl PartialOrd for U256 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl fmt::Display for U256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", self.to_digest())
    }
}
impl fmt::Debug for U256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;

//! Targets in their compact form, the work that they stand for, and how they follow the time that blocks took.

use std::fmt;

use codec::{Decode, DecodeError, Encode, Reader};
use types::Digest;

use crate::u256::U256;

/// A target in 32 bits, as Bitcoin's `bits`: a base-256 exponent and a signed mantissa of three bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Target(u32);

/// A retarget makes blocks at most this many times harder or easier.
pub(crate) const RETARGET_FACTOR: u64 = 4;
/// The sign of the mantissa.
const SIGN: u32 = 0x0080_0000;

impl Target {
    /// About one hash in 256 counts: a machine with a thousand hashes per second finds a block in a quarter of one.
    pub const EASY: Self = Self(0x2000_ffff);

    /// The target that one hash in 2^`bits` meets on average, for at most 128 bits.
    #[must_use]
    pub const fn of_bits(bits: u8) -> Self {
        let bits = if bits < 128 { bits } else { 128 };
        // 0xffff with this exponent is just below 2^256; every eight bits are one byte less.
        let size = 0x21 - (bits / 8) as u32;
        Self(size << 24 | 0xffff >> (bits % 8))
    }
    /// Takes the compact form as it is; [`Self::number`] says whether it names a target.
    #[must_use]
    pub const fn from_compact(bits: u32) -> Self {
        Self(bits)
    }
    /// The compact form.
    #[must_use]
    pub const fn compact(self) -> u32 {
        self.0
    }
    /// The largest hash that counts; `None` where the compact form is negative, zero or exceeds 256 bits.
    #[must_use]
    pub fn number(self) -> Option<U256> {
        let (size, mantissa) = (self.0 >> 24, self.0 & 0x007f_ffff);
        let is_negative = self.0 & SIGN != 0;
        let is_too_large =
            size > 34 || (mantissa > 0xff && size > 33) || (mantissa > 0xffff && size > 32);
        if mantissa == 0 || is_negative || is_too_large {
            return None;
        }
        let mantissa = U256::from_u64(u64::from(mantissa));
        let number = match size.checked_sub(3) {
            Some(up) => mantissa.shifted_up(8 * up),
            None => mantissa.shifted_down(8 * (3 - size)),
        };
        (number != U256::ZERO).then_some(number)
    }
    /// The compact form of a number, which loses all but its first three bytes.
    #[must_use]
    pub fn from_number(number: U256) -> Self {
        let mut size = number.bits().div_ceil(8);
        let mut mantissa = match size.checked_sub(3) {
            Some(down) => number.shifted_down(8 * down).low_u64(),
            None => number.shifted_up(8 * (3 - size)).low_u64(),
        };
        if mantissa & u64::from(SIGN) != 0 {
            mantissa >>= 8;
            size += 1;
        }
        Self(u32::try_from(mantissa).unwrap_or(0) | size << 24)
    }
    /// The target as the bytes that a hash is compared with; zero, which no hash meets, where it is none.
    #[must_use]
    pub fn digest(self) -> Digest {
        self.number().unwrap_or(U256::ZERO).to_digest()
    }
    /// Whether a hash, as a big-endian number, is at most the target.
    #[must_use]
    pub fn is_met_by(self, hash: &Digest) -> bool {
        self.number().is_some_and(|target| U256::from_digest(hash) <= target)
    }
    /// How many hashes a block takes on average: 2^256 / (target + 1). No target stands for no work.
    #[must_use]
    pub fn work(self) -> U256 {
        let Some(target) = self.number() else { return U256::ZERO };
        // 2^256 does not fit, but ~target / (target + 1) + 1 is the same.
        let (above, is_over) = target.overflowing_add(U256::ONE);
        if is_over {
            U256::ONE
        } else {
            target.inverted().divided_by(above).saturating_add(U256::ONE)
        }
    }
    /// The target of the next period, after one that took `actual` where `expected` was meant: at most
    /// [`RETARGET_FACTOR`] times harder or easier, and never easier than `limit`.
    #[must_use]
    pub fn retarget(self, actual: u64, expected: u64, limit: Self) -> Self {
        let low = expected / RETARGET_FACTOR;
        let high = expected.saturating_mul(RETARGET_FACTOR);
        self.scaled(actual.clamp(low, high), expected, limit)
    }
    /// The target times `actual` by `expected`, and never easier than `limit`.
    pub(crate) fn scaled(self, actual: u64, expected: u64, limit: Self) -> Self {
        let Some(target) = self.number() else { return limit };
        let moved = target.mul_div(actual.max(1), expected).max(U256::ONE);
        let limit_number = limit.number().unwrap_or(U256::MAX);
        if moved >= limit_number { limit } else { Self::from_number(moved) }
    }
}

impl Encode for Target {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for Target {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(u32::decode(reader)?))
    }
}
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

#[cfg(test)]
mod tests;

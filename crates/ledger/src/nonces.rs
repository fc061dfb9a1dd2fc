//! Which nonces of an account have been used: exact, bounded, and small for counters.

use codec::{Decode, DecodeError, Encode, Reader, record};
use types::limits::NONCES_KEPT_MAX;

/// The used nonces as ascending, disjoint, non-adjacent ranges, both ends included.
///
/// A client that counts keeps one range for ever. Where more than [`NONCES_KEPT_MAX`] ranges come together the two
/// lowest are joined, which declares the nonces between them too old: a nonce is never accepted twice.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Nonces {
    ranges: Vec<Range>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Range {
    first: u64,
    last: u64,
}
record!(Range { first: u64, last: u64 });

impl Nonces {
    /// Whether `nonce` was used, or is too old to tell.
    #[must_use]
    pub fn is_used(&self, nonce: u64) -> bool {
        let after = self.ranges.partition_point(|range| range.first <= nonce);
        after > 0 && nonce <= self.ranges[after - 1].last
    }

    /// Uses `nonce`; false where it was used before, or is too old to tell.
    pub fn take(&mut self, nonce: u64) -> bool {
        let after = self.ranges.partition_point(|range| range.first <= nonce);
        if after > 0 && nonce <= self.ranges[after - 1].last {
            return false;
        }
        let joins_left = after > 0 && self.ranges[after - 1].last.checked_add(1) == Some(nonce);
        let joins_right =
            self.ranges.get(after).is_some_and(|range| nonce.checked_add(1) == Some(range.first));
        match (joins_left, joins_right) {
            (true, true) => {
                self.ranges[after - 1].last = self.ranges[after].last;
                self.ranges.remove(after);
            }
            (true, false) => self.ranges[after - 1].last = nonce,
            (false, true) => self.ranges[after].first = nonce,
            (false, false) => self.ranges.insert(after, Range { first: nonce, last: nonce }),
        }
        if self.ranges.len() > NONCES_KEPT_MAX {
            self.ranges[0].last = self.ranges[1].last;
            self.ranges.remove(1);
        }
        true
    }
}

impl Encode for Nonces {
    fn encode(&self, out: &mut Vec<u8>) {
        self.ranges.encode(out);
    }
}
impl Decode for Nonces {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let ranges: Vec<Range> = reader.list("nonce ranges", NONCES_KEPT_MAX)?;
        let apart = ranges
            .windows(2)
            .all(|pair| pair[0].last.checked_add(1).is_some_and(|next| next < pair[1].first));
        if !apart || ranges.iter().any(|range| range.first > range.last) {
            return Err(DecodeError::NotCanonical { what: "nonce ranges ascend and stand apart" });
        }
        Ok(Self { ranges })
    }
}

#[cfg(test)]
mod tests;

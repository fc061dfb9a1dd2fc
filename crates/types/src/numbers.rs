//! Newtypes for identities and counters.

use std::cmp::Ordering;
use std::fmt;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(u64);

        impl $name {
            /// The first one.
            pub const ZERO: Self = Self(0);
            /// Names a number from outside.
            #[must_use]
            pub const fn new(value: u64) -> Self {
                Self(value)
            }
            /// The bare number, for encoding and display.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
            /// The next one; stays at the maximum rather than wrapping.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
            /// The one before, or `None` before the first.
            #[must_use]
            pub const fn previous(self) -> Option<Self> {
                match self.0.checked_sub(1) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }
            /// This one moved up by `by`, staying at the maximum rather than wrapping.
            #[must_use]
            pub const fn plus(self, by: u64) -> Self {
                Self(self.0.saturating_add(by))
            }
            /// How far this one is above `below`, zero where it is not.
            #[must_use]
            pub const fn above(self, below: Self) -> u64 {
                self.0.saturating_sub(below.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

counter!(
    /// A view: the reign of one primary (PBFT section 4).
    View, "v"
);
counter!(
    /// A sequence number that a core assigns to a payload (PBFT section 4.1).
    Seq, "s"
);
counter!(
    /// A block's height in the ledger; the genesis stands at zero.
    Height, "h"
);

/// A replica's index in its set, from zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(u16);

impl NodeId {
    /// Names an index from outside.
    #[must_use]
    pub const fn new(index: u16) -> Self {
        Self(index)
    }
    /// The bare number, for encoding.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
    /// The index for a slice of the set's length.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    /// All members of a set of `n`.
    pub fn all(n: usize) -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..u16::try_from(n).unwrap_or(u16::MAX)).map(Self)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}
impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// A 32-byte SHA-256 digest. All zeros names nothing (the null request, the parent of the genesis).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest([u8; 32]);

/// By their bytes; the first eight decide almost always, and cost one comparison.
impl Ord for Digest {
    fn cmp(&self, other: &Self) -> Ordering {
        let first = |digest: &Self| digest.0.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        first(self).cmp(&first(other)).then_with(|| self.0.cmp(&other.0))
    }
}
impl PartialOrd for Digest {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Digest {
    /// The digest of nothing.
    pub const ZERO: Self = Self([0; 32]);
    /// Wraps bytes that a hash function produced or a peer sent.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// Whether this names nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
    /// The first eight bytes as a number: enough to tell events apart in a trace hash, never for agreement.
    #[must_use]
    pub const fn short(&self) -> u64 {
        let b = &self.0;
        u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])
    }
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The digest of a network's genesis: the chain that a signature or transaction belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct ChainId(pub Digest);

#[cfg(test)]
mod tests;

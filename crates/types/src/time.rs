//! Time as data: microseconds since the world's own zero. Nobody below the worlds reads a clock.

use std::fmt;

/// A moment, in microseconds since the world's zero (the Unix epoch in a network, zero in a simulation).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

/// A span of time in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(u64);

impl Time {
    /// The world's zero.
    pub const ZERO: Self = Self(0);
    /// A moment `us` microseconds after the zero.
    #[must_use]
    pub const fn from_us(us: u64) -> Self {
        Self(us)
    }
    /// Microseconds since the zero.
    #[must_use]
    pub const fn us(self) -> u64 {
        self.0
    }
    /// The moment `span` later.
    #[must_use]
    pub const fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
    /// The span since `earlier`, zero where that is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// A span in microseconds.
    #[must_use]
    pub const fn from_us(us: u64) -> Self {
        Self(us)
    }
    /// A span in milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1_000))
    }
    /// The span in microseconds.
    #[must_use]
    pub const fn us(self) -> u64 {
        self.0
    }
    /// The span in whole milliseconds.
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0 / 1_000
    }
    /// The span `factor` times over.
    #[must_use]
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}
impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

//! Thresholds, in integers, in one place.

/// The thresholds of a set of `n` replicas of which at most `f` lie.
///
/// The quorum is ceil((n+f+1)/2), so that two quorums share at least one honest replica for every `n`;
/// it equals 2f+1 only where n = 3f+1 (Castro and Liskov, thesis, section 2.2; rule X-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quorum {
    n: usize,
    f: usize,
}

impl Quorum {
    /// The thresholds for `n` replicas with the most liars that any protocol stands, floor((n-1)/3).
    #[must_use]
    pub const fn of(n: usize) -> Self {
        Self { n, f: n.saturating_sub(1) / 3 }
    }
    /// How many replicas there are.
    #[must_use]
    pub const fn n(self) -> usize {
        self.n
    }
    /// How many of them may lie or fail.
    #[must_use]
    pub const fn f(self) -> usize {
        self.f
    }
    /// The least number of distinct replicas any two of which sets share an honest one.
    #[must_use]
    pub const fn size(self) -> usize {
        (self.n + self.f + 1).div_ceil(2)
    }
    /// The least number of distinct replicas among which one is honest.
    #[must_use]
    pub const fn one_honest(self) -> usize {
        self.f + 1
    }
    /// Whether `votes` distinct replicas are a quorum.
    #[must_use]
    pub const fn is_met(self, votes: usize) -> bool {
        votes >= self.size()
    }
}

#[cfg(test)]
mod tests;

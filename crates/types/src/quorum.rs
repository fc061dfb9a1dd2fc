//! Thresholds, in integers, in one place.

/// What may go wrong with a member of a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultModel {
    /// It may lie: any two quorums must share an honest member.
    Byzantine,
    /// It may stop, and never lies: any two quorums must share a member.
    Crash,
}

impl FaultModel {
    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Byzantine => "Byzantine",
            Self::Crash => "crash",
        }
    }
}

/// The thresholds of a set of `n` replicas of which at most `f` lie.
///
/// The quorum is ceil((n+f+1)/2), so that two quorums share at least one honest replica for every `n`;
/// it equals 2f+1 only where n = 3f+1 (Castro and Liskov, thesis, section 2.2; rule X-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quorum {
    n: usize,
    f: usize,
    size: usize,
    one_honest: usize,
}

impl Quorum {
    /// The thresholds for `n` replicas with the most liars that any protocol stands, floor((n-1)/3).
    #[must_use]
    pub const fn of(n: usize) -> Self {
        let f = n.saturating_sub(1) / 3;
        Self { n, f, size: (n + f + 1).div_ceil(2), one_honest: f + 1 }
    }
    /// The thresholds for `n` replicas of which a minority may stop, and none lies: a majority.
    #[must_use]
    pub const fn majority(n: usize) -> Self {
        Self { n, f: n.saturating_sub(1) / 2, size: n / 2 + 1, one_honest: 1 }
    }
    /// The thresholds under a fault model.
    #[must_use]
    pub const fn under(faults: FaultModel, n: usize) -> Self {
        match faults {
            FaultModel::Byzantine => Self::of(n),
            FaultModel::Crash => Self::majority(n),
        }
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
        self.size
    }
    /// The least number of distinct replicas among which one is honest.
    #[must_use]
    pub const fn one_honest(self) -> usize {
        self.one_honest
    }
    /// Whether `votes` distinct replicas are a quorum.
    #[must_use]
    pub const fn is_met(self, votes: usize) -> bool {
        votes >= self.size()
    }
}

#[cfg(test)]
mod tests;

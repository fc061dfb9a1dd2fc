use types::Duration;

use crate::Members;
#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on `n`, `members`
/// and `election_timeout`.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many replicas the network has, members or not.
    pub n: usize,
    /// The members before the first change.
    pub members: Members,
    /// A follower that has not heard from a leader for this long, and up to as much again drawn at random, asks for
    /// votes; within it nobody votes against a leader that was heard (the lease).
    pub election_timeout: Duration,
    /// How often a leader is heard; well below `election_timeout`.
    pub heartbeat_interval: Duration,
    /// Where the random part of election timeouts comes from; replicas draw from streams of their own.
    pub seed: u64,
    /// Most entries that the leader has appended and that are not decided yet; work that comes meanwhile goes into the
    /// next payload.
    pub window: u64,
    /// A snapshot is taken every time this many entries have been executed.
    pub snapshot_interval: u64,
    /// How many entries below the last snapshot are kept for followers that are a little behind.
    pub entries_kept: u64,
    /// Whether reads trust the leader's lease instead of asking a majority each time.
    pub lease_reads: bool,
    /// By how much clocks may run apart, in parts per million: the lease is that much shorter.
    pub clock_drift_ppm: u32,
    /// False for a replica that lost its vote: it follows, and neither votes nor campaigns.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

impl Config {
    /// The recommended values for `n` replicas, all of them voters.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            n,
            members: Members::of(n),
            election_timeout: Duration::from_ms(1_000),
            heartbeat_interval: Duration::from_ms(150),
            seed: 0,
            window: 8,
            snapshot_interval: 4_096,
            entries_kept: 512,
            lease_reads: false,
            clock_drift_ppm: 10_000,
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}

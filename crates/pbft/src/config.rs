use types::{Duration, NodeId};

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on `n`,
/// `checkpoint_interval` and `window`.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many replicas there are.
    pub n: usize,
    /// How long submitted work may wait before a backup asks for the next view; doubled by every view that ends
    /// without progress.
    pub view_timeout: Duration,
    /// Where the doubling ends.
    pub view_timeout_max: Duration,
    /// How long a replica with something outstanding waits without progress before it asks the others to repeat.
    pub retry_interval: Duration,
    /// A checkpoint is taken at every multiple of this (K).
    pub checkpoint_interval: u64,
    /// How far above the last stable checkpoint a replica takes part (L); at least K, 2K in the paper.
    pub window: u64,
    /// Most proposals that the primary has on their way; work that comes meanwhile goes into the next one.
    pub pipeline: u64,
    /// Who leads the first views, for systematic tests; the replicas take turns in all others.
    pub leaders: Vec<NodeId>,
    /// False for a replica that lost its sign-state: it follows, and signs nothing.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

impl Config {
    /// The recommended values for `n` replicas.
    #[must_use]
    pub const fn new(n: usize) -> Self {
        Self {
            n,
            view_timeout: Duration::from_ms(2_000),
            view_timeout_max: Duration::from_ms(60_000),
            retry_interval: Duration::from_ms(250),
            checkpoint_interval: 64,
            window: 128,
            pipeline: 8,
            leaders: Vec::new(),
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}

use types::{Duration, NodeId};

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;

/// How many certificates in a row decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phases {
    /// The three-chain of HotStuff (PODC '19): locks on the second, decides by the third.
    Three,
    /// The two-chain of Jolteon (FC '22) and HotStuff-2: decides by the second; timeout certificates carry the
    /// highest certificate past a failed leader.
    Two,
}

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on `n` and
/// `phases`.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many replicas there are.
    pub n: usize,
    /// Which rules decide.
    pub phases: Phases,
    /// How long a view may last while something is outstanding; doubled by every view in a row that fails.
    pub view_timeout: Duration,
    /// Where the doubling ends.
    pub view_timeout_max: Duration,
    /// How long a replica waits before it repeats a timeout or asks another peer for a missing block.
    pub retry_interval: Duration,
    /// How many decided blocks are kept for peers that lag.
    pub window: usize,
    /// Who leads the first views, for systematic tests; in all others it is as the certificates say.
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
            phases: Phases::Two,
            view_timeout: Duration::from_ms(1_000),
            view_timeout_max: Duration::from_ms(30_000),
            retry_interval: Duration::from_ms(250),
            window: 128,
            leaders: Vec::new(),
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}

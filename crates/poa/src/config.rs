use types::{Duration, NodeId};

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;
use crate::message::Vote;

/// Whose turn it is, and what happens to a turn that is missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// EIP-225: turns go by height; others step in after a delay, with half the difficulty.
    Clique,
    /// Authority round: turns go by time; a missed step is skipped.
    Aura,
}

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on everything but
/// `agenda`, `retry_interval`, `renew_after` and `voting`.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many replicas there are.
    pub n: usize,
    /// Who may seal at the genesis, ascending; the other replicas follow until they are voted in.
    pub signers: Vec<NodeId>,
    /// The rule of turns.
    pub style: Style,
    /// Clique: the least time from a block to the next. Aura: the length of a step.
    pub period: Duration,
    /// Clique: how much longer each further signer in line waits for those before it.
    pub wiggle: Duration,
    /// Clique: within this many periods a signer seals a height at most once.
    pub era_periods: u64,
    /// Votes are forgotten, and the signers written down, at every multiple of this height.
    pub epoch: u64,
    /// A block is not called final before it has this many blocks above it, whoever sealed them.
    pub finality_depth: u64,
    /// A block whose time is further ahead than this is refused; one that is less ahead waits for its time.
    pub drift_max: Duration,
    /// How long a replica with something outstanding waits for a new head before it asks the others for theirs.
    pub retry_interval: Duration,
    /// How long submitted work may wait before a sealer proposes it again.
    pub renew_after: Duration,
    /// Final blocks kept for peers that have missed them.
    pub history: u64,
    /// What this replica votes for when it seals.
    pub agenda: Vec<Vote>,
    /// False for a replica that lost its sign-state: it follows, and signs nothing.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

impl Config {
    /// The recommended values for `n` replicas, all of which may seal.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            n,
            signers: NodeId::all(n).collect(),
            style: Style::Clique,
            period: Duration::from_ms(250),
            wiggle: Duration::from_ms(150),
            era_periods: 64,
            epoch: 30_000,
            finality_depth: 1,
            drift_max: Duration::from_ms(1_000),
            retry_interval: Duration::from_ms(500),
            renew_after: Duration::from_ms(10_000 + 1_000 * n as u64),
            history: 256,
            agenda: Vec::new(),
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}

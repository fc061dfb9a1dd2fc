use types::{Digest, Duration};

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;
use crate::Target;

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on everything but
/// `retry_interval`, `history`, `voting` and, if they know what they do, `confirmations`.
#[derive(Clone, Debug)]
pub struct Config {
    /// How many replicas there are.
    pub n: usize,
    /// Names the chain: the parent of its first block.
    pub genesis: Digest,
    /// How many blocks deep a payload is handed to the application. What is that deep is taken for decided; nothing
    /// but the work on top makes it so.
    pub confirmations: u64,
    /// The target of the first blocks, and the easiest there is. It should make a block of all miners together last
    /// about `block_interval`.
    pub target_initial: Target,
    /// How long a block should take all miners together.
    pub block_interval: Duration,
    /// The target changes every so many blocks.
    pub retarget_interval: u64,
    /// How far a block's time may be ahead of the reader's.
    pub future_max: Duration,
    /// How long a replica that waits for something waits for a new head before it asks the others for theirs.
    pub retry_interval: Duration,
    /// About how many blocks are kept below those that may still be replaced, for replicas that are behind.
    pub history: u64,
    /// False for a replica that follows and mines nothing.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

impl Config {
    /// The recommended values for `n` replicas of a simulated network.
    #[must_use]
    pub const fn new(n: usize) -> Self {
        Self {
            n,
            genesis: Digest::ZERO,
            confirmations: 6,
            target_initial: Target::EASY,
            block_interval: Duration::from_ms(250),
            retarget_interval: 64,
            future_max: Duration::from_ms(10_000),
            retry_interval: Duration::from_ms(1_000),
            history: 512,
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
}

use types::{Duration, NodeId, Seq};

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on the weights.
#[derive(Clone, Debug)]
pub struct Config {
    /// The voting power of each replica, by index; zero for one that only follows.
    pub weights: Vec<u64>,
    /// Later sets, by ascending first height; of the same length as `weights`.
    pub changes: Vec<SetChange>,
    /// How long the proposer of round 0 has, once work waits; half of it more in each later round, and a quarter of it
    /// for the stragglers' votes.
    pub view_timeout: Duration,
    /// Where the growth ends.
    pub view_timeout_max: Duration,
    /// How long a replica with something outstanding waits without progress before it asks the others to repeat.
    pub retry_interval: Duration,
    /// How many commit certificates are kept for replicas that fall behind.
    pub history: usize,
    /// Who proposes first, for systematic tests: in round r of height h the one at h - 1 + r; beyond them it is as the
    /// weights say.
    pub leaders: Vec<NodeId>,
    /// False for a replica that lost its sign-state: it follows, and signs nothing.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

/// A set of weights that counts from a height on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetChange {
    /// The first height it counts for.
    pub from: Seq,
    /// The voting power of each replica from there on.
    pub weights: Vec<u64>,
}

impl Config {
    /// The recommended values for `n` replicas of equal weight.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            weights: vec![1; n],
            changes: Vec::new(),
            view_timeout: Duration::from_ms(2_000),
            view_timeout_max: Duration::from_ms(60_000),
            retry_interval: Duration::from_ms(250),
            history: 64,
            leaders: Vec::new(),
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
    /// How many replicas there are.
    pub(crate) const fn n(&self) -> usize {
        self.weights.len()
    }
    /// The weights that count for a height (L3).
    pub(crate) fn weights_at(&self, seq: Seq) -> &[u64] {
        let mut later = self.changes.iter().rev();
        later.find(|change| change.from <= seq).map_or(&self.weights, |change| &change.weights)
    }
}

//! What one replica is told before it starts, and whether a network may start with it.

use std::fmt;

use types::{Duration, NodeId};

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;
use crate::intersection::{Intersection, check_intersection};
use crate::quorum_set::{QuorumSet, QuorumSetError};

/// What one replica is told before it starts. Start from [`Config::new`].
#[derive(Clone, Debug)]
pub struct Config {
    /// How many replicas there are.
    pub n: usize,
    /// Each replica's quorum set, by replica. A peer's statements name the one that counts for them; what stands
    /// here is known without asking.
    pub quorum_sets: Vec<QuorumSet>,
    /// How long the first round of nomination lasts; each further one is longer by as much.
    pub nomination_timeout: Duration,
    /// How long the first ballot may take once a quorum has come to it; each further one is longer by as much.
    pub ballot_timeout: Duration,
    /// Where the growing of both ends.
    pub timeout_max: Duration,
    /// How long a replica with something outstanding waits without progress before it says everything again.
    pub retry_interval: Duration,
    /// How many decided slots are kept for replicas that missed them.
    pub history: usize,
    /// False for a replica that lost its sign-state, and for one that only watches: it follows, and signs nothing.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

/// Why a network must not start with a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// There are not as many quorum sets as replicas.
    Count {
        /// Replicas.
        n: usize,
        /// Quorum sets.
        sets: usize,
    },
    /// A quorum set cannot be used.
    Set {
        /// Whose.
        node: NodeId,
        /// Why.
        error: QuorumSetError,
    },
    /// No set of replicas satisfies all its members: nothing could ever be decided.
    NoQuorum,
    /// Two quorums without a common member: each could decide by itself, and the network would fork.
    Disjoint {
        /// One of them.
        first: Vec<NodeId>,
        /// The other.
        second: Vec<NodeId>,
    },
    /// The search for disjoint quorums was given up: nothing is known.
    Undecided {
        /// How many sets of replicas were looked at.
        looked_at: u64,
    },
}

impl Config {
    /// The recommended values for `n` replicas that all trust any ceil((n+f+1)/2) of them.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            n,
            quorum_sets: vec![QuorumSet::flat(n); n],
            nomination_timeout: Duration::from_ms(1_000),
            ballot_timeout: Duration::from_ms(1_000),
            timeout_max: Duration::from_ms(60_000),
            retry_interval: Duration::from_ms(250),
            history: 128,
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }

    /// Whether a network may be started with this: every quorum set is sane, there is a quorum, and every two quorums
    /// share a replica (L1). It is for the operator, before activation: a running replica does not ask again.
    ///
    /// # Errors
    /// The first thing that is wrong; disjoint quorums are named member by member.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.quorum_sets.len() != self.n {
            return Err(ConfigError::Count { n: self.n, sets: self.quorum_sets.len() });
        }
        for (node, set) in NodeId::all(self.n).zip(&self.quorum_sets) {
            set.check(self.n).map_err(|error| ConfigError::Set { node, error })?;
        }
        if broken!(self, IntersectionUnchecked) {
            return Ok(());
        }
        match check_intersection(&self.quorum_sets) {
            Intersection::Enjoyed => Ok(()),
            Intersection::NoQuorum => Err(ConfigError::NoQuorum),
            Intersection::Disjoint { first, second } => {
                Err(ConfigError::Disjoint { first, second })
            }
            Intersection::Undecided { looked_at } => Err(ConfigError::Undecided { looked_at }),
        }
    }
}

pub(crate) fn names(nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
    format!("{{{}}}", names.join(", "))
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { n, sets } => write!(f, "{sets} quorum sets for {n} replicas"),
            Self::Set { node, error } => write!(f, "the quorum set of {node} is unusable: {error}"),
            Self::NoQuorum => f.write_str("there is no quorum: nothing could ever be decided"),
            Self::Disjoint { first, second } => write!(
                f,
                "the quorums {} and {} share no replica: the network could fork; raise thresholds until every \
                 two quorums meet",
                names(first),
                names(second)
            ),
            Self::Undecided { looked_at } => write!(
                f,
                "whether all quorums intersect is unknown after {looked_at} sets of replicas; use fewer or more \
                 regular quorum sets"
            ),
        }
    }
}
impl std::error::Error for ConfigError {}

//! The third line: the real cores, in virtual time, over links with the same losses.
//!
//! A trial starts replicas, submits one payload at all of them, and counts who has decided it when the time is over.
//! Without help a message is sent once and no leader is replaced, as in the theory's round: both timers are set beyond
//! the end. With help the core does what it does in a network.

use std::num::NonZeroUsize;

use ::reliability::{Error, Links, Model, Protocol};
use cluster::{Cluster, ClusterError};
use crypto::Scheme;
use protocols::Params;
use types::{Duration, NodeId, Prng};

use super::Estimate;
use crate::parallel;

/// What a core may do against loss.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Help {
    /// Nothing: every message is sent once.
    None,
    /// Say again what was not answered.
    Retransmission,
    /// That, and replace a leader that brings nothing.
    ViewChange,
}

impl Help {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Retransmission, Self::ViewChange];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Retransmission => "retransmission",
            Self::ViewChange => "view-change",
        }
    }
    /// Raft says again by heartbeats, of which an election timeout has a fixed number: one does not go without the
    /// other.
    #[must_use]
    pub const fn is_known_to(self, protocol: Protocol) -> bool {
        !matches!((self, protocol), (Self::Retransmission, Protocol::Raft))
    }

    fn params(self) -> Params {
        let usual = Params::default();
        let never = Params { view_timeout: BEYOND, view_timeout_max: BEYOND, ..usual };
        match self {
            Self::None => Params { retry_interval: BEYOND, ..never },
            Self::Retransmission => never,
            Self::ViewChange => usual,
        }
    }
}

/// A timer set to this does not run out in a trial.
const BEYOND: Duration = Duration::from_ms(24 * 3_600_000);
/// Within this a Raft cluster without losses has a leader, however long its timers run ...
const ELECTION: Duration = Duration::from_ms(4 * 24 * 3_600_000);
/// ... and it is looked at first after so long, then after twice as long.
const ELECTION_LOOK: Duration = Duration::from_ms(1_000);
/// How often a trial looks whether everybody has decided: what says again never rests.
const LOOKS: u64 = 64;
/// Most replicas of a trial.
pub const REPLICAS_MAX: usize = 128;
/// Most trials.
pub const TRIALS_MAX: u64 = 100_000_000;
/// Trials that one thread takes at once.
const PIECE: u64 = 64;

/// What is tried.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// The protocol.
    pub protocol: Protocol,
    /// The round in the model: how many replicas, how many of them must decide.
    pub model: &'a Model,
    /// Replicas that never say anything, as the model has them: the last ones, the leader apart.
    pub silent: usize,
    /// The links.
    pub links: &'a Links,
    /// What the core may do against loss.
    pub help: Help,
    /// For how long, in virtual time; a message takes a millisecond.
    pub horizon: Duration,
}

/// How many trials, and from which seed.
#[derive(Clone, Copy, Debug)]
pub struct CoreRuns {
    /// How many.
    pub trials: u64,
    /// Where all randomness comes from.
    pub seed: u64,
    /// How many threads share them; it changes nothing else.
    pub threads: NonZeroUsize,
}

/// What came of the trials.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Observed {
    /// In how many enough replicas decided, of how many, with its interval.
    pub success: Estimate,
    /// The mean share of replicas that decided.
    pub decided_share: f64,
}

/// Who leads a core's first round: what the model's leader must be for a comparison.
///
/// # Errors
/// Where there are no such replicas.
pub fn leader(protocol: Protocol, n: usize) -> Result<usize, Error> {
    let mut cluster = start(protocol, n, Help::None)?;
    Ok(leader_of(&mut cluster))
}

fn leader_of(cluster: &mut Cluster) -> usize {
    let statuses = cluster.statuses();
    let leader = statuses.iter().find_map(|(_, status)| status.leader);
    leader.unwrap_or(NodeId::new(0)).index()
}

/// Tries a core again and again. The same seed gives the same counts on any number of threads.
///
/// # Errors
/// Where the trial makes no sense, or is too large.
pub fn observe(trial: &Trial<'_>, runs: &CoreRuns) -> Result<Observed, Error> {
    if runs.trials == 0 || runs.trials > TRIALS_MAX {
        let why = format!("{} trials of a core; 1 to {TRIALS_MAX} are possible", runs.trials);
        return Err(Error::Rounds { why });
    }
    let losses_ppm = losses_ppm(trial.links);
    start(trial.protocol, trial.model.n(), trial.help)?;
    let pieces: Vec<u64> = (0..runs.trials.div_ceil(PIECE)).collect();
    let counts = parallel::map(&pieces, runs.threads, |piece| {
        let first = piece * PIECE;
        let trials = first..runs.trials.min(first + PIECE);
        trials.fold((0_u64, 0_u64), |(hits, decided), number| {
            let seed = Prng::new(runs.seed, number).next_u64();
            let now = attempt(trial, &losses_ppm, seed);
            (hits + u64::from(now >= trial.model.need()), decided + now as u64)
        })
    });
    let (hits, decided) =
        counts.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let replicas = runs.trials as f64 * trial.model.n() as f64;
    Ok(Observed {
        success: Estimate::new(hits, runs.trials, None),
        decided_share: decided as f64 / replicas,
    })
}

const PAYLOAD: &[u8] = b"shall we?";

/// How many replicas decide in one trial.
fn attempt(trial: &Trial<'_>, losses_ppm: &[Vec<u32>], seed: u64) -> usize {
    let n = trial.model.n();
    let Ok(mut cluster) = start(trial.protocol, n, trial.help) else { return 0 };
    let leader = leader_of(&mut cluster);
    let silent = (0..n).rev().filter(|&node| node != leader).take(trial.silent);
    let silent: Vec<NodeId> =
        NodeId::all(n).filter(|id| silent.clone().any(|node| node == id.index())).collect();
    silent.into_iter().for_each(|id| cluster.stop(id));
    cluster.network().reseed(seed);
    cluster.network().lose_on(losses_ppm.to_vec());
    cluster.submit(PAYLOAD);
    let (mut left, look) = (trial.horizon, Duration::from_us(trial.horizon.us() / LOOKS + 1));
    loop {
        let has_decided = |id| cluster.decided(id).iter().any(|one| one.bytes == PAYLOAD);
        let decided = NodeId::all(n).filter(|&id| has_decided(id)).count();
        if decided == n || left == Duration::ZERO {
            return decided;
        }
        let span = look.min(left);
        cluster.run(span);
        left = Duration::from_us(left.us() - span.us());
    }
}

/// Fresh replicas, with a leader.
fn start(protocol: Protocol, n: usize, help: Help) -> Result<Cluster, Error> {
    if n > REPLICAS_MAX {
        return Err(Error::Nodes { given: n, max: REPLICAS_MAX });
    }
    let refused = |error: ClusterError| Error::Rounds { why: error.to_string() };
    let mut cluster =
        Cluster::signed(protocol.name(), n, &help.params(), Scheme::Cheap).map_err(refused)?;
    if protocol == Protocol::Raft {
        elect(&mut cluster);
    }
    Ok(cluster)
}

/// Runs until everybody knows a leader.
fn elect(cluster: &mut Cluster) {
    let (mut gone, mut look) = (Duration::ZERO, ELECTION_LOOK);
    while gone < ELECTION && cluster.statuses().iter().any(|(_, status)| status.leader.is_none()) {
        cluster.run(look);
        gone = Duration::from_us(gone.us() + look.us());
        look = look.times(2);
    }
}

fn losses_ppm(links: &Links) -> Vec<Vec<u32>> {
    let ppm = |from, to| (links.get(from, to).no * 1e6).round() as u32;
    (0..links.n()).map(|from| (0..links.n()).map(|to| ppm(from, to)).collect()).collect()
}

#[cfg(test)]
mod tests;

//! From a protocol's name and a network's settings to a core's configuration.

use std::fmt;

use types::{Digest, Duration};

use crate::{Config, PROTOCOLS};

/// What all cores are told alike, in the words of a network's configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Params {
    /// What tells this chain from all others: cores whose proofs no signature binds to a chain build on it.
    pub chain: Digest,
    /// How long submitted work may wait before the leader is replaced.
    pub view_timeout: Duration,
    /// Where the doubling of that ends.
    pub view_timeout_max: Duration,
    /// How long to wait without progress before asking for lost messages.
    pub retry_interval: Duration,
    /// A checkpoint is taken at every multiple of this many blocks.
    pub checkpoint_interval: u64,
    /// Most proposals on their way.
    pub pipeline: u64,
    /// A proof of work's first blocks, which are its easiest, take two to this many hashes on average.
    pub work_bits: u8,
}

impl Default for Params {
    /// The recommended values.
    fn default() -> Self {
        let pbft = pbft::Config::new(4);
        Self {
            chain: Digest::ZERO,
            view_timeout: pbft.view_timeout,
            view_timeout_max: pbft.view_timeout_max,
            retry_interval: pbft.retry_interval,
            checkpoint_interval: pbft.checkpoint_interval,
            pipeline: pbft.pipeline,
            work_bits: SIMULATED_WORK_BITS,
        }
    }
}

/// A simulated miner takes some thirty milliseconds for a hash.
const SIMULATED_WORK_BITS: u8 = 5;

/// Why there is no core to run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// No protocol has this name.
    Unknown {
        /// The name.
        name: String,
    },
    /// The core has no deliberate bug with this label, or the build has none at all.
    NoMutant {
        /// The label.
        label: String,
    },
    /// The quorum sets of a federation are no good.
    Federation(fba::ConfigError),
    /// The stakes are no good.
    Stake(pos::ConfigError),
}

impl ConfigError {
    /// What the error is about, as a flag of the command line.
    #[must_use]
    pub const fn flag(&self) -> &'static str {
        match self {
            Self::NoMutant { .. } => "mutant",
            Self::Unknown { .. } | Self::Federation(_) | Self::Stake(_) => "protocol",
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => {
                write!(f, "no protocol is called `{name}`; there is")?;
                PROTOCOLS.iter().try_for_each(|protocol| write!(f, " `{}`", protocol.name))
            }
            Self::NoMutant { label } => {
                let why = if cfg!(feature = "mutants") { "this core" } else { "this build" };
                write!(
                    f,
                    "{why} has no deliberate bug `{label}`; the feature `mutants` builds them in"
                )
            }
            Self::Federation(error) => error.fmt(f),
            Self::Stake(error) => error.fmt(f),
        }
    }
}
impl std::error::Error for ConfigError {}

/// Whether the votes of the core called `name` have weights; elsewhere they are counted.
#[must_use]
pub fn weighs(name: &str) -> bool {
    matches!(name, "tendermint" | "pos")
}

/// The configuration of the core called `name` for replicas with these weights, which mean something only where
/// [`weighs`] says so.
///
/// # Errors
/// As [`config`], and where it cannot run with these weights.
pub fn config_weighed(name: &str, weights: &[u64], params: &Params) -> Result<Config, ConfigError> {
    let mut config = config(name, weights.len(), params)?;
    match &mut config {
        Config::Tendermint(tendermint) => tendermint.weights = weights.to_vec(),
        Config::Pos(pos) => {
            for (stake, weight) in pos.stakes.iter_mut().zip(weights) {
                stake.own = stake.own.saturating_mul(*weight);
            }
            pos.validate().map_err(ConfigError::Stake)?;
        }
        Config::Pbft(_)
        | Config::HotStuff(_)
        | Config::Raft(_)
        | Config::Poa(_)
        | Config::Pow(_)
        | Config::Fba(_)
        | Config::Central(_) => {}
    }
    Ok(config)
}

/// The configuration of the core called `name` for `n` replicas.
///
/// # Errors
/// Where no core has that name, or it cannot run with so many.
pub fn config(name: &str, n: usize, params: &Params) -> Result<Config, ConfigError> {
    Ok(match name {
        "pbft" => Config::Pbft(pbft(n, params)),
        "hotstuff" => Config::HotStuff(hotstuff(n, hotstuff::Phases::Two, params)),
        "hotstuff-3" => Config::HotStuff(hotstuff(n, hotstuff::Phases::Three, params)),
        "tendermint" => Config::Tendermint(tendermint(n, params)),
        "raft" => Config::Raft(raft(n, params)),
        "poa" => Config::Poa(poa(n, poa::Style::Clique, params)),
        "aura" => Config::Poa(poa(n, poa::Style::Aura, params)),
        "pos" => Config::Pos(pos(n, params)?),
        "pow" => Config::Pow(pow(n, params)),
        "fba" => Config::Fba(fba(n, params)?),
        "central" => Config::Central(central(n, central::Mode::Sequencer, params)),
        "none" => Config::Central(central(n, central::Mode::None, params)),
        _ => return Err(ConfigError::Unknown { name: name.to_owned() }),
    })
}

fn pbft(n: usize, params: &Params) -> pbft::Config {
    let interval = params.checkpoint_interval.max(1);
    pbft::Config {
        view_timeout: params.view_timeout,
        view_timeout_max: params.view_timeout_max.max(params.view_timeout),
        retry_interval: params.retry_interval,
        checkpoint_interval: interval,
        window: interval.saturating_mul(2),
        pipeline: params.pipeline.max(1),
        ..pbft::Config::new(n)
    }
}

fn hotstuff(n: usize, phases: hotstuff::Phases, params: &Params) -> hotstuff::Config {
    hotstuff::Config {
        phases,
        view_timeout: params.view_timeout,
        view_timeout_max: params.view_timeout_max.max(params.view_timeout),
        retry_interval: params.retry_interval,
        ..hotstuff::Config::new(n)
    }
}

fn tendermint(n: usize, params: &Params) -> tendermint::Config {
    tendermint::Config {
        view_timeout: params.view_timeout,
        view_timeout_max: params.view_timeout_max.max(params.view_timeout),
        retry_interval: params.retry_interval,
        ..tendermint::Config::new(n)
    }
}

/// A leader speaks several times in each election timeout.
const HEARTBEATS_PER_TIMEOUT: u64 = 6;

fn raft(n: usize, params: &Params) -> raft::Config {
    raft::Config {
        election_timeout: params.view_timeout,
        heartbeat_interval: Duration::from_us(params.view_timeout.us() / HEARTBEATS_PER_TIMEOUT),
        window: params.pipeline.max(1),
        ..raft::Config::new(n)
    }
}

fn poa(n: usize, style: poa::Style, params: &Params) -> poa::Config {
    poa::Config { style, retry_interval: params.retry_interval.times(2), ..poa::Config::new(n) }
}

fn pos(n: usize, params: &Params) -> Result<pos::Config, ConfigError> {
    let config = pos::Config { seed: params.chain, ..pos::Config::new(n) };
    config.validate().map_err(ConfigError::Stake)?;
    Ok(config)
}

/// Deeper than chance forks of a network whose latency is a tenth of the block interval ever get in practice.
const POW_CONFIRMATIONS: u64 = 12;

fn pow(n: usize, params: &Params) -> pow::Config {
    pow::Config {
        genesis: params.chain,
        confirmations: POW_CONFIRMATIONS,
        target_initial: pow::Target::of_bits(params.work_bits),
        retry_interval: params.retry_interval.times(4),
        ..pow::Config::new(n)
    }
}

fn fba(n: usize, params: &Params) -> Result<fba::Config, ConfigError> {
    let config = fba::Config {
        nomination_timeout: params.view_timeout,
        ballot_timeout: params.view_timeout,
        timeout_max: params.view_timeout_max.max(params.view_timeout),
        retry_interval: params.retry_interval,
        ..fba::Config::new(n)
    };
    config.validate().map_err(ConfigError::Federation)?;
    Ok(config)
}

fn central(n: usize, mode: central::Mode, params: &Params) -> central::Config {
    central::Config {
        mode,
        retry_interval: params.retry_interval,
        window: params.pipeline.max(1),
        ..central::Config::new(n)
    }
}

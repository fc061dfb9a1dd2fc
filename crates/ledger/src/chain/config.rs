//! Under which protocol and bounds a chain stands, and how its blocks are sealed.

use std::fmt;

use types::Duration;

use crate::Genesis;

/// Deepest branch that can still replace another, in blocks: so much is kept to undo.
pub const FINALITY_DEPTH_MAX: u64 = 4_096;

/// What makes a block count under a protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sealing {
    /// A quorum's attestations.
    Certificate,
    /// The signature of a validator that has not sealed any of the last n/2 blocks; in its turn it weighs two
    /// (EIP-225).
    Turns,
    /// The signature of the validator whose slot of time it is.
    Slots,
    /// The signature of a validator with enough stake.
    Stake,
    /// A hash that few nonces give.
    Work,
    /// Nothing: whoever makes a block has made it.
    Nothing,
}

/// Which of two branches stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ForkChoice {
    /// The first: every block is final, and a second branch is an alarm.
    First,
    /// The one with more blocks above the last final one.
    Longest,
    /// The one with more weight: work, or turns kept.
    Heaviest,
}

/// Each protocol's way. A test where `protocols` is at hand holds this list against the list of all protocols.
const WAYS: &[(&str, Sealing, ForkChoice)] = &[
    ("pbft", Sealing::Certificate, ForkChoice::First),
    ("hotstuff", Sealing::Certificate, ForkChoice::First),
    ("hotstuff-3", Sealing::Certificate, ForkChoice::First),
    ("tendermint", Sealing::Certificate, ForkChoice::First),
    ("raft", Sealing::Certificate, ForkChoice::First),
    ("poa", Sealing::Turns, ForkChoice::Heaviest),
    ("aura", Sealing::Slots, ForkChoice::Longest),
    ("pos", Sealing::Stake, ForkChoice::Longest),
    ("pow", Sealing::Work, ForkChoice::Heaviest),
    ("fba", Sealing::Certificate, ForkChoice::First),
    ("central", Sealing::Certificate, ForkChoice::First),
    ("none", Sealing::Nothing, ForkChoice::Longest),
];

/// How blocks of a protocol are sealed, and which of two branches stands; `None` for no protocol's name.
#[must_use]
pub fn way_of(protocol: &str) -> Option<(Sealing, ForkChoice)> {
    let of = |&&(name, ..): &&(&str, Sealing, ForkChoice)| name == protocol;
    WAYS.iter().find(of).map(|&(_, sealing, choice)| (sealing, choice))
}

/// The rules of one chain's blocks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsensusConfig {
    /// The protocol's name, as in `unisono protocols`.
    pub protocol: String,
    /// The time that a block should take.
    pub block_interval: Duration,
    /// The difficulty of the first blocks under [`Sealing::Work`], and the least there is: so many hashes on average.
    pub difficulty_initial: u64,
    /// The difficulty changes every so many blocks, at least 2.
    pub retarget_interval: u64,
    /// Most transactions of one block.
    pub block_txs_max: usize,
    /// Most bytes of the transactions of one block.
    pub block_bytes_max: usize,
    /// The validators' stakes in the order of the genesis; one each where there are none.
    pub stakes: Vec<u64>,
    /// The least stake that seals under [`Sealing::Stake`].
    pub minimum_stake: u64,
    /// The share of all stake that must have signed a certificate, in millionths, besides the protocol's quorum.
    pub authority_threshold_ppm: u32,
    /// A block under so many others is final, whatever else makes it so; at most [`FINALITY_DEPTH_MAX`].
    pub finality_depth: u64,
    /// A block is refused for now where its time is further ahead than this.
    pub time_ahead_max: Duration,
}

/// What the chain demands of signatures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CryptoConfig {
    /// Whether every transaction must be signed by its sender. A genesis that says so cannot be overruled.
    pub require_signatures: bool,
}

/// Why a configuration is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// No protocol has this name.
    UnknownProtocol {
        /// The name.
        name: String,
    },
    /// The genesis names another protocol.
    OtherProtocol {
        /// That of the genesis.
        genesis: String,
        /// That of the configuration.
        config: String,
    },
    /// A number is out of its range.
    OutOfRange {
        /// Which.
        what: &'static str,
        /// The number.
        is: u64,
        /// The least that is allowed.
        min: u64,
        /// The most that is allowed.
        max: u64,
    },
}

impl ConsensusConfig {
    /// The usual rules under a protocol.
    ///
    /// # Errors
    /// Where no protocol has this name.
    pub fn of(protocol: &str) -> Result<Self, ConfigError> {
        if way_of(protocol).is_none() {
            return Err(ConfigError::UnknownProtocol { name: protocol.to_owned() });
        }
        Ok(Self {
            protocol: protocol.to_owned(),
            block_interval: Duration::from_ms(10_000),
            difficulty_initial: 256,
            retarget_interval: 100,
            block_txs_max: 8_192,
            block_bytes_max: 8 * 1024 * 1024,
            stakes: Vec::new(),
            minimum_stake: 0,
            authority_threshold_ppm: 0,
            finality_depth: 64,
            time_ahead_max: Duration::from_ms(15_000),
        })
    }
    /// The stake of a validator.
    #[must_use]
    pub fn stake(&self, index: usize) -> u64 {
        if self.stakes.is_empty() { 1 } else { self.stakes.get(index).copied().unwrap_or(0) }
    }
    pub(super) fn check(&self, genesis: &Genesis) -> Result<(Sealing, ForkChoice), ConfigError> {
        let unknown = || ConfigError::UnknownProtocol { name: self.protocol.clone() };
        let way = way_of(&self.protocol).ok_or_else(unknown)?;
        if genesis.protocol != self.protocol {
            let config = self.protocol.clone();
            return Err(ConfigError::OtherProtocol { genesis: genesis.protocol.clone(), config });
        }
        let within = |what, is, min, max| match (min..=max).contains(&is) {
            true => Ok(()),
            false => Err(ConfigError::OutOfRange { what, is, min, max }),
        };
        let validators = genesis.validators.len() as u64;
        let stakes = if self.stakes.is_empty() { validators } else { self.stakes.len() as u64 };
        within("stakes, one for each validator", stakes, validators, validators)?;
        within("difficulty_initial", self.difficulty_initial, 1, u64::MAX)?;
        within("retarget_interval", self.retarget_interval, 2, FINALITY_DEPTH_MAX)?;
        within("finality_depth", self.finality_depth, 1, FINALITY_DEPTH_MAX)?;
        within("block_interval", self.block_interval.us(), 1, u64::MAX)?;
        within("authority_threshold_ppm", self.authority_threshold_ppm.into(), 0, 1_000_000)?;
        Ok(way)
    }
}

impl CryptoConfig {
    /// What the genesis demands.
    #[must_use]
    pub const fn of(genesis: &Genesis) -> Self {
        Self { require_signatures: genesis.client_signatures }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProtocol { name } => write!(f, "no protocol is called `{name}`"),
            Self::OtherProtocol { genesis, config } => write!(
                f,
                "the genesis orders blocks by `{genesis}`, the configuration by `{config}`"
            ),
            Self::OutOfRange { what, is, min, max } => {
                write!(f, "{what}: {is} is not between {min} and {max}")
            }
        }
    }
}
impl std::error::Error for ConfigError {}

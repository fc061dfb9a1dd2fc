//! Turn a protocol's name into its core: the one place that knows them all.

mod any;
mod table;

use std::fmt;

use protocol::Protocol as _;
use types::{Duration, FaultModel};

pub use any::{Any, Config, Message, Record, Running, Timer};
pub use table::{PROTOCOLS, Properties};

/// What all cores are told alike, in the words of a network's configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Params {
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
}

impl Default for Params {
    /// The recommended values.
    fn default() -> Self {
        let pbft = pbft::Config::new(4);
        Self {
            view_timeout: pbft.view_timeout,
            view_timeout_max: pbft.view_timeout_max,
            retry_interval: pbft.retry_interval,
            checkpoint_interval: pbft.checkpoint_interval,
            pipeline: pbft.pipeline,
        }
    }
}

/// A name that no protocol has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownProtocol {
    /// The name.
    pub name: String,
}

impl fmt::Display for UnknownProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no protocol is called `{}`; there is", self.name)?;
        PROTOCOLS.iter().try_for_each(|protocol| write!(f, " `{}`", protocol.name))
    }
}
impl std::error::Error for UnknownProtocol {}

/// What the core called `name` stands; an unknown name is taken for the worst.
#[must_use]
pub fn fault_model(name: &str) -> FaultModel {
    let found = PROTOCOLS.iter().find(|protocol| protocol.name == name);
    found.map_or(FaultModel::Byzantine, |protocol| protocol.fault_model)
}

/// The configuration of the core called `name` for `n` replicas.
///
/// # Errors
/// Where no core has that name.
pub fn config(name: &str, n: usize, params: &Params) -> Result<Config, UnknownProtocol> {
    match name {
        pbft::Core::NAME => Ok(Config::Pbft(pbft::Config {
            view_timeout: params.view_timeout,
            view_timeout_max: params.view_timeout_max.max(params.view_timeout),
            retry_interval: params.retry_interval,
            checkpoint_interval: params.checkpoint_interval.max(1),
            window: params.checkpoint_interval.max(1).saturating_mul(2),
            pipeline: params.pipeline.max(1),
            ..pbft::Config::new(n)
        })),
        _ => Err(UnknownProtocol { name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests;

//! Turn a protocol's name into its core: the one place that knows them all.

mod any;
mod broken;
mod configs;
mod forensics;
mod schedule;
mod table;

use types::FaultModel;

pub use any::{Any, Config, Message, Record, Running, Timer};
pub use broken::{break_core, mutants};
pub use configs::{ConfigError, Params, config, config_weighed, weighs};
pub use forensics::{ForensicsError, Testimony, forensics};
pub use schedule::{round_of, schedule};
pub use table::{PROTOCOLS, Properties, Synchrony};

/// The properties of the core called `name`.
#[must_use]
pub fn properties(name: &str) -> Option<&'static Properties> {
    PROTOCOLS.iter().find(|protocol| protocol.name == name)
}

/// What the core called `name` stands; an unknown name is taken for the worst.
#[must_use]
pub fn fault_model(name: &str) -> FaultModel {
    properties(name).map_or(FaultModel::Byzantine, |protocol| protocol.fault_model)
}

#[cfg(test)]
mod tests;

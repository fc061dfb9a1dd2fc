//! Deliberate bugs of the cores by their labels, in builds that have them.

use crate::{Config, ConfigError};

#[cfg(feature = "mutants")]
macro_rules! registries {
    ($($variant:ident = $core:ident),+ $(,)?) => {
        /// The labels of all deliberate bugs of a configuration's core.
        #[must_use]
        pub fn mutants(config: &Config) -> Vec<&'static str> {
            match config {
                $(Config::$variant(_) => $core::Mutant::ALL.iter().map(|bug| bug.label()).collect()),+
            }
        }

        /// Gives a core the deliberate bug with this label.
        ///
        /// # Errors
        /// Where it has no such bug.
        pub fn break_core(config: &mut Config, label: &str) -> Result<(), ConfigError> {
            match config {
                $(Config::$variant(config) => {
                    let bug = $core::Mutant::ALL.iter().find(|bug| bug.label() == label);
                    config.mutant = bug.copied();
                    bug.map(|_| ()).ok_or_else(|| ConfigError::NoMutant { label: label.to_owned() })
                })+
            }
        }
    };
}

#[cfg(feature = "mutants")]
registries! {
    Pbft = pbft,
    HotStuff = hotstuff,
    Tendermint = tendermint,
    Raft = raft,
    Poa = poa,
    Pos = pos,
    Pow = pow,
    Fba = fba,
    Central = central,
}

/// The labels of all deliberate bugs of a configuration's core: none in this build.
#[cfg(not(feature = "mutants"))]
#[must_use]
pub const fn mutants(_config: &Config) -> Vec<&'static str> {
    Vec::new()
}

/// Gives a core the deliberate bug with this label.
///
/// # Errors
/// In this build always: it has none.
#[cfg(not(feature = "mutants"))]
pub fn break_core(_config: &mut Config, label: &str) -> Result<(), ConfigError> {
    Err(ConfigError::NoMutant { label: label.to_owned() })
}

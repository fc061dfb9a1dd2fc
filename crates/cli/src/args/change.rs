//! Changes that the validators of a network agree on.

use clap::{Args, Subcommand};

use super::values;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ChangeCommand {
    /// Let all validators agree on another protocol from some block on
    Switch {
        /// That protocol; it has to stand the same faults as the first.
        #[arg(value_parser = values::protocol())]
        protocol: String,
        #[command(flatten)]
        when: WhenArgs,
    },
    /// Let all validators agree that another one joins
    Join {
        /// Its name.
        name: String,
        /// The key of its votes, as `unisono node keys` shows it.
        #[arg(long, value_name = "HEX")]
        key: String,
        /// The key of its network identity.
        #[arg(long, value_name = "HEX")]
        network_key: String,
        /// How much its vote weighs; 1 wherever votes are counted.
        #[arg(long, default_value_t = 1)]
        weight: u64,
        #[command(flatten)]
        when: WhenArgs,
    },
    /// Let all validators agree that one of them leaves
    Leave {
        /// Its name.
        name: String,
        #[command(flatten)]
        when: WhenArgs,
    },
    /// Let all validators agree that one of them votes with its next key
    Rotate {
        /// Its name.
        name: String,
        /// The key, as `unisono node next-key` shows it.
        #[arg(long, value_name = "HEX")]
        key: String,
        #[command(flatten)]
        when: WhenArgs,
    },
    /// Let all validators agree that the vote of one of them weighs otherwise
    Weigh {
        /// Its name.
        name: String,
        /// The weight; only Tendermint and proof of stake weigh votes.
        weight: u64,
        #[command(flatten)]
        when: WhenArgs,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct WhenArgs {
    /// The first block that it holds for [default: 24 above the last].
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) at: Option<u64>,
}

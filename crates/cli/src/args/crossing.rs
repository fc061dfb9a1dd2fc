//! `unisono crossing`.

use std::time::Duration;

use clap::Subcommand;

use super::federation::Who;
use super::values;

/// Another network: its folder, or where one of its validators or its supervisor answers.
pub(crate) type End = String;

#[derive(Debug, Subcommand)]
pub(crate) enum CrossingCommand {
    /// Let the validators of two local networks connect their chains
    Connect {
        /// The other network: its folder.
        with: End,
    },
    /// Send data to a connected chain
    Send {
        /// The other network: its folder, or its API as http://HOST:PORT.
        to: End,
        /// What to send.
        data: String,
        /// To whom: an account or a key file [default: oneself].
        #[arg(long, value_name = "WHO")]
        receiver: Option<Who>,
        /// After how long it does not arrive any more, and is returned.
        #[arg(long, default_value = "5m", value_parser = values::duration)]
        life: Duration,
    },
    /// What was sent to a connected chain and what came of it, and what has arrived from there
    List {
        /// The other network: its folder, or its API as http://HOST:PORT.
        with: End,
        /// At most so many of each, the latest.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000))]
        limit: u64,
    },
    /// Carry proofs between two connected chains, until Ctrl-C
    Relay {
        /// The other network: its folder, or its API as http://HOST:PORT.
        with: End,
        /// Stop when nothing is left to do.
        #[arg(long)]
        exit: bool,
        /// How long to rest between two rounds.
        #[arg(long, default_value = "1s", value_parser = values::duration)]
        every: Duration,
    },
}

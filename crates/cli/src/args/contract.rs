//! `unisono contract`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Deploy a WebAssembly module
    Deploy {
        /// The module, at most 60 KiB.
        file: PathBuf,
        /// What its `init` is given: see `contract call`.
        args: Vec<String>,
        /// Tells contracts of one account and module apart.
        #[arg(long, default_value_t = 0)]
        salt: u64,
        #[command(flatten)]
        cost: CostArgs,
    },
    /// Call a function of a contract
    Call {
        /// The contract's address.
        address: String,
        /// The function.
        function: String,
        /// What it is given, one behind the other: a whole number (eight bytes), an account (64 hexadecimal digits or the
        /// file of its key), `text:TEXT` or `hex:DIGITS`.
        args: Vec<String>,
        #[command(flatten)]
        cost: CostArgs,
    },
    /// Ask a contract; changes nothing and costs nothing
    Query {
        /// The contract's address.
        address: String,
        /// The function.
        function: String,
        /// What it is given: see `contract call`.
        args: Vec<String>,
        /// The most fuel that it may use [default: as much as a question may].
        #[arg(long)]
        fuel: Option<u64>,
    },
    /// A contract's owner, module and size
    Show {
        /// The contract's address.
        address: String,
    },
}

/// What a call may use, and what goes with it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct CostArgs {
    /// The most fuel that it may use; what it uses is paid for.
    #[arg(long, default_value_t = 5_000_000)]
    pub(crate) fuel: u64,
    /// Free stake of the signer that the contract gets.
    #[arg(long, default_value_t = 0)]
    pub(crate) stake: u64,
}

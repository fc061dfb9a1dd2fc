//! `unisono ledger`, and whatever signs with a client's key.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::StoreCommand;

/// With which key a request is signed, and what it offers.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SignArgs {
    /// The file of the key that signs, plain, encrypted or naming one in a token [default: `client.key` in the network's
    /// folder, made when it is first needed].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// The file whose line is the key's passphrase or the token's PIN [default: UNISONO_PASSPHRASE, or the terminal asks].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// What to offer for being served [default: the agreed least fee].
    #[arg(long, global = true, value_name = "AMOUNT")]
    pub(crate) fee: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// The chains that the asked node follows, with their signed heads
    Chains,
    /// One block with its certificate
    Block {
        /// Its height, or `latest`.
        #[arg(default_value = "latest")]
        height: String,
    },
    /// What became of a transaction
    Tx {
        /// Its 64 hexadecimal digits.
        id: String,
    },
    /// Fetch an offline proof of a transaction, of a block, or of what an application holds
    Proof {
        /// A transaction's 64 digits, a block's height, `head`, `hub:ACCOUNT`, `stake:ACCOUNT`,
        /// `joint:ACCOUNT`, `joint:ACCOUNT#PROPOSAL`, `topic:NAME`,
        /// `message:TOPIC#NUMBER`, `proposal:NUMBER`, `parameter:NAME` or `entry:APPLICATION/HEX`.
        subject: String,
        /// Where to put it [default: SUBJECT.proof].
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Check proofs against a genesis, without any network
    Verify(super::VerifyArgs),
    /// Compare what all validators have at the last height that they share, and say what forks they have seen
    Fork,
    #[command(flatten)]
    Store(StoreCommand),
}

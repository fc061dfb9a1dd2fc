//! `unisono receipt`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Fetch the receipt of a ticket's last step, or of a transaction
    Get {
        /// A ticket's id or a transaction's 64 hexadecimal digits.
        subject: String,
        /// Where to put it [default: SUBJECT.receipt].
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Check receipts, and other proofs, against a genesis, without any network
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The genesis of the chain they are from.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
    /// The hash of the block that a block proof is to be about, where none travels with it.
    #[arg(long, value_name = "HASH")]
    pub(crate) block: Option<String>,
    /// Say every step of every check.
    #[arg(long)]
    pub(crate) explain: bool,
    /// Receipts, entry proofs, block proofs and chain heads.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

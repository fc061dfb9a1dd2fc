//! `unisono ledger export|import|compact|check|receipt`: a chain's history in stores and archives.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which store of a chain.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoreArgs {
    /// The store: `sqlite:FILE`, `postgres://USER@HOST/DATABASE`, `archive:FOLDER` or `validator:FOLDER`.
    #[arg(long, env = "UNISONO_STORE", value_name = "STORE")]
    pub(crate) store: String,
    /// The genesis of the chain [default: the one that the store or the source has].
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: Option<PathBuf>,
}

impl StoreArgs {
    /// The store's name as it may be printed.
    pub(crate) fn shown(&self) -> String {
        without_password(&self.store)
    }
}

/// A store's name without a password in it.
pub(crate) fn without_password(name: &str) -> String {
    let hidden = name.split_once("://").and_then(|(scheme, rest)| {
        let (user, place) = rest.split_once('@')?;
        let (user, _) = user.split_once(':')?;
        Some(format!("{scheme}://{user}@{place}"))
    });
    hidden.unwrap_or_else(|| name.to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Write a store's blocks to an archive: compressed, with digests; a later export adds what is new
    #[command(visible_alias = "backup")]
    Export {
        /// The archive's folder.
        archive: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
        /// The last block to export [default: the last one].
        #[arg(long, value_name = "HEIGHT")]
        to: Option<u64>,
    },
    /// Fill a store from an archive, a validator or another store, and check every certificate
    #[command(visible_alias = "restore")]
    Import {
        /// An archive's folder, a stopped validator's folder, a running validator's `http://HOST:PORT`, or a store.
        source: String,
        #[command(flatten)]
        store: StoreArgs,
        /// The last block to import [default: the last one].
        #[arg(long, value_name = "HEIGHT")]
        to: Option<u64>,
        /// Go on with what is new, until Ctrl-C.
        #[arg(long, conflicts_with = "to")]
        follow: bool,
    },
    /// Archive old blocks, then let their transactions go from the store; every proof stays
    Compact {
        /// The archive's folder.
        archive: PathBuf,
        #[command(flatten)]
        store: StoreArgs,
        /// How many of the last blocks stay whole.
        #[arg(long, default_value_t = 1_000, value_name = "BLOCKS")]
        keep: u64,
    },
    /// Read a whole store and say what is damaged
    Check {
        #[command(flatten)]
        store: StoreArgs,
        /// Put sound blocks from there in the place of damaged ones: anything that `import` takes.
        #[arg(long, value_name = "SOURCE")]
        mend: Option<String>,
    },
    /// Make the receipt of a transaction from a store or an archive, without any network
    Receipt {
        /// The transaction's 64 hexadecimal digits.
        transaction: String,
        #[command(flatten)]
        store: StoreArgs,
        /// Where to put it [default: TRANSACTION.receipt].
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

//! Secret keys and what is said of them; the record of administrative acts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Where a passphrase comes from.
#[derive(Clone, Debug, Args)]
pub(crate) struct PassphraseArgs {
    /// The file whose line is the passphrase [default: UNISONO_PASSPHRASE, or the terminal asks].
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// Where a key is made that never leaves its token.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TokenArgs {
    /// Make it in a token instead, which never gives it away: `pkcs11:token=T;object=K?module-path=FILE` (RFC 7512).
    /// The file names it. The passphrase is the PIN, unless the URI has a `pin-source`.
    #[arg(long, value_name = "URI")]
    pub(crate) token: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key from the operating system's randomness
    New {
        /// Its file, as PKCS#8 in PEM; there must be none.
        file: PathBuf,
        /// Encrypt it under a passphrase.
        #[arg(long, conflicts_with = "token")]
        encrypt: bool,
        #[command(flatten)]
        token: TokenArgs,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Show the public half of keys; encrypted ones are opened only where a passphrase is given
    Show {
        /// Their files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Encrypt keys under a passphrase
    Encrypt {
        /// Their files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Take the passphrase away from keys: whoever may read the files has them
    Decrypt {
        /// Their files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Encrypt keys under another passphrase
    ChangePassphrase {
        /// Their files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
        /// The file whose line is the new passphrase [default: the terminal asks].
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Say by signature whose key a key is, for what, and between which blocks
    Attest(AttestArgs),
    /// Check such statements, without any network
    Verify {
        /// The genesis of the chain; its validators are believed.
        #[arg(long, value_name = "FILE")]
        genesis: PathBuf,
        /// The key of an operator who is believed too.
        #[arg(long, value_name = "HEX")]
        issuer: Vec<String>,
        /// The block for which the statements have to hold.
        #[arg(long, value_name = "HEIGHT")]
        at: u64,
        /// The statements.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct AttestArgs {
    /// Where the statement goes.
    pub(crate) file: PathBuf,
    /// The secret key of whoever says it: a validator's signing.key, or an operator's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) issuer: PathBuf,
    /// The genesis of the chain for which it is said.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
    /// The key that it is about: 64 hexadecimal digits, or a key file.
    #[arg(long, value_name = "HEX|FILE")]
    pub(crate) key: String,
    /// Whose it is.
    #[arg(long)]
    pub(crate) name: String,
    /// What it is for.
    #[arg(long, value_parser = ["voting", "network", "account"])]
    pub(crate) purpose: String,
    /// The first block for which it holds.
    #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
    pub(crate) from: u64,
    /// The first block for which it does not hold any more.
    #[arg(long, value_name = "HEIGHT")]
    pub(crate) until: u64,
    #[command(flatten)]
    pub(crate) passphrase: PassphraseArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// What was done, when, by whom, and what came of it
    List(AuditArgs),
    /// Check that nothing of the record was changed, taken out or put in
    Verify(AuditArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct AuditArgs {
    /// The record, or the folder of a node or a network that holds one.
    pub(crate) record: PathBuf,
    /// A digest that `audit verify` showed earlier: that line must still be there.
    #[arg(long, value_name = "HEX")]
    pub(crate) head: Option<String>,
}

//! What can be wrong with a key file or a passphrase, and what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a key is not to be had.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The operating system has no randomness.
    #[error("the operating system gives no randomness: {0}")]
    NoRandomness(getrandom::Error),
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {error}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is a file already, and a lost key cannot be had again.
    #[error("{path} is there already, and a lost key cannot be had again")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others than its owner may use the file.
    #[error("{path} is not secret: its mode is {mode:04o}, so others than its owner may use it")]
    NotSecret {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file holds no Ed25519 key.
    #[error("{path} is no key: {why}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Opening the file would cost more than any honest file's maker asks for.
    #[error("{path} asks for {what}, and at most {max} are allowed")]
    TooCostly {
        /// The file.
        path: PathBuf,
        /// How much of what it asks for.
        what: String,
        /// The limit.
        max: u64,
    },
    /// The file is encrypted, and nobody gave a passphrase.
    #[error("{path} is encrypted, and no passphrase was given")]
    NoPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not open the file, or the file is damaged: which of both cannot be told.
    #[error("the passphrase does not open {path}, or the file is damaged")]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase itself is none.
    #[error("the passphrase is no good: {0}")]
    BadPassphrase(String),
    /// The file names a key in a token, and the key itself is wanted.
    #[error("{path} holds no key: it names one in a token, which never gives it away")]
    InToken {
        /// The file.
        path: PathBuf,
    },
    /// The file names a key in a token, and this program cannot use tokens.
    #[error("{path} names a key in a token, and this program was built without tokens")]
    NoTokens {
        /// The file.
        path: PathBuf,
    },
    /// The token does not do it.
    #[cfg(feature = "hsm")]
    #[error("{path} names a key in a token: {error}")]
    Token {
        /// The file.
        path: PathBuf,
        /// Why.
        error: crate::TokenError,
    },
    /// The library could not encrypt.
    #[error("cannot encrypt {path}: {why}")]
    Encrypt {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl KeyError {
    /// What to do next.
    #[must_use]
    pub const fn next(&self) -> &'static str {
        match self {
            Self::NoRandomness(_) => "the operating system must provide randomness",
            Self::Read { .. } => {
                "`unisono node init` makes a node's keys, `unisono keys new` any other"
            }
            Self::Write { .. } => "choose a folder that this user may write to",
            Self::Exists { .. } => "choose another file, or move the old key away first",
            Self::NotSecret { .. } => "chmod 600 the file, and think about who may have read it",
            Self::Malformed { .. } => {
                "restore it from a backup; a validator without its key must be replaced"
            }
            Self::TooCostly { .. } => {
                "somebody may have exchanged the file: open it where it was made, and encrypt it anew"
            }
            Self::NoPassphrase { .. } => {
                "give --passphrase-file FILE, or set UNISONO_PASSPHRASE, or start it at a terminal"
            }
            Self::WrongPassphrase { .. } => {
                "try again; without its passphrase an encrypted key is lost"
            }
            Self::BadPassphrase(_) => "choose a passphrase of 1 to 1,024 bytes on one line",
            Self::InToken { .. } => "use a key file here; a token signs, and does nothing else",
            Self::NoTokens { .. } => "build it with `--features hsm`",
            #[cfg(feature = "hsm")]
            Self::Token { .. } => {
                "see that the token is there, and that module, token, object and PIN are right"
            }
            Self::Encrypt { .. } => "this is a bug: please report it",
        }
    }
    /// Whether whoever gave the command made the mistake, and not the machine.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        match self {
            Self::NoRandomness(_)
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::Encrypt { .. } => false,
            #[cfg(feature = "hsm")]
            Self::Token { .. } => false,
            Self::Exists { .. }
            | Self::NotSecret { .. }
            | Self::Malformed { .. }
            | Self::TooCostly { .. }
            | Self::NoPassphrase { .. }
            | Self::WrongPassphrase { .. }
            | Self::InToken { .. }
            | Self::NoTokens { .. }
            | Self::BadPassphrase(_) => true,
        }
    }
}

use std::fmt;
use std::io;
use std::path::PathBuf;

use types::ChainId;

/// Why the store does not do what it should.
#[derive(Debug)]
pub enum StoreError {
    /// The disk is full. What was synced is safe; nothing more can be kept.
    Full,
    /// The disk failed. What the kernel says about earlier writes can no longer be trusted: stop the process.
    Io(io::Error),
    /// Kept bytes are damaged.
    Corrupt {
        /// What was read.
        what: String,
    },
    /// Another process has it open.
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// It belongs to another chain.
    WrongChain {
        /// The chain it was made for.
        found: ChainId,
        /// The chain it was opened for.
        wanted: ChainId,
    },
    /// It was written in a format that this program does not know.
    WrongFormat {
        /// The format's number.
        found: u8,
    },
}

impl StoreError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
    /// Whether the disk is full, which reads survive.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }
}

/// `ENOSPC` and `EDQUOT`.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) { Self::Full } else { Self::Io(error) }
    }
}

impl From<fjall::Error> for StoreError {
    fn from(error: fjall::Error) -> Self {
        let text = error.to_string();
        // The engine's error types grow: what is not an error of the disk is damage, whatever its name.
        match error {
            fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => {
                if error.kind() == io::ErrorKind::UnexpectedEof
                    || error.kind() == io::ErrorKind::InvalidData
                {
                    return Self::corrupt(text);
                }
                error.into()
            }
            fjall::Error::Locked => Self::Locked { path: PathBuf::new() },
            fjall::Error::Poisoned => Self::Io(io::Error::other(text)),
            fjall::Error::Storage(_)
            | fjall::Error::JournalRecovery(_)
            | fjall::Error::InvalidVersion(_)
            | fjall::Error::Decompress(_)
            | fjall::Error::InvalidTrailer
            | fjall::Error::InvalidTag(_)
            | fjall::Error::KeyspaceDeleted
            | fjall::Error::Unrecoverable
            | _ => Self::corrupt(text),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the disk is full"),
            Self::Io(error) => write!(f, "the disk failed: {error}"),
            Self::Corrupt { what } => write!(f, "the store is damaged: {what}"),
            Self::Locked { path } => {
                write!(f, "another process has the store {} open", path.display())
            }
            Self::WrongChain { found, wanted } => {
                write!(f, "the store belongs to chain {}, not to {}", found.0, wanted.0)
            }
            Self::WrongFormat { found } => {
                write!(f, "the store has format {found}, which this program does not know")
            }
        }
    }
}
impl std::error::Error for StoreError {}

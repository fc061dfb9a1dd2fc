//! Write down every administrative act, so that a change of the record shows.
//!
//! The record is a file of JSON lines. Each line carries the digest of the line before it, so that nothing in the
//! middle can be changed, taken out or put in without all that follows being written anew; whoever noted a digest
//! elsewhere sees that too, and sees a cut end.

mod entry;
mod log;
mod verify;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

pub use entry::{Act, Entry, Stage};
pub use log::{FILE_NAME, Log};
pub use verify::{Verified, verify};

/// Why the record cannot be written, or does not hold.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The disk refuses.
    #[error("{path}: {error}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line is not what was written there.
    #[error("line {line} of {path} is not what was written: {why}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1 on.
        line: u64,
        /// What does not fit.
        why: String,
    },
    /// The record does not contain a line that somebody noted.
    #[error(
        "{path} holds no line with the digest {head}: lines were cut off, or all were written anew"
    )]
    HeadMissing {
        /// The file.
        path: PathBuf,
        /// The digest that was noted.
        head: types::Digest,
    },
}

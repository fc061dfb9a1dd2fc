//! Keep a chain to be read: in SQLite, in PostgreSQL, in compressed archives.
//!
//! [`SqlHistory`] is [`ledger::History`] over SQLite (embedded, the default) and PostgreSQL (several readers, larger
//! histories; behind the feature `postgres`). An [`Archive`] is a folder of compressed segments with a manifest of
//! their digests. [`copy`] brings blocks from any of them, or from a validator's own store, to any other, and believes
//! nothing that a quorum has not attested.
//!
//! Everything here blocks; no function may be called from async code.

mod archive;
mod copy;
mod sql;

pub use archive::{Archive, Manifest, SEGMENT_BLOCKS, SEGMENT_BYTES, SegmentRow};
pub use copy::{Copied, Source, copy, mend};
pub use sql::SqlHistory;

#[cfg(test)]
mod tests;

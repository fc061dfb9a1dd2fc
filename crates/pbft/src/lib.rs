//! Order opaque payloads among n replicas, f of them Byzantine (PBFT, Castro and Liskov, OSDI '99).
//!
//! The signed-message version. Model: n replicas of which at most f = floor((n-1)/3) lie, a network that may lose,
//! repeat, reorder and delay; safe always, live once messages arrive within a bound that nobody knows.
//! Quorum: ceil((n+f+1)/2). `specs/pbft.md` holds the pseudo-code whose lines the code cites (`L12`), and the
//! deviations from the paper.
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] is what it is told.
//! - [`Message`] and [`Record`] are what it says and what it keeps.
//! - [`protocol::Inspect::verify_evidence`] and [`forensics`] name liars from their own signatures.

#[macro_use]
mod mutants;

mod checkpoints;
mod config;
mod contradict;
mod evidence;
mod forensics;
mod liveness;
mod message;
mod normal;
mod pending;
mod promises;
mod record;
mod replica;
mod retransmission;
mod safety;
mod slots;
mod view_change;
mod votes;

pub use config::Config;
pub use forensics::{Testimony, forensics};
pub use liveness::Timer;
pub use message::{
    Checkpoint, CheckpointCertificate, Claim, Commit, Committed, Message, NewView, NewViewVote,
    PrePrepare, Prepare, Prepared, PreparedCertificate, Propose, StatusReport, ViewChange,
    ViewChangeVote,
};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use record::Record;
pub use replica::Core;

#[cfg(test)]
mod tests;

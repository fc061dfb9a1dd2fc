//! Order payloads by heights and rounds with locks, up to a third of the voting power Byzantine (Buchman, Kwon, Milosevic 2018).
//!
//! Model: n replicas with voting power, less than a third of which lies; a network that may lose, repeat, reorder and
//! delay; safe always, live once messages arrive within a bound that nobody knows. A quorum holds more than two thirds
//! of all power. `specs/tendermint.md` holds the pseudo-code whose lines the code cites (`L12`), beside the paper's own
//! lines, and the deviations from the paper.
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] is what it is told.
//! - [`Message`] and [`Record`] are what it says and what it keeps.
//! - [`protocol::Inspect::verify_evidence`] and [`forensics`] name liars from their own signatures.

#[macro_use]
mod mutants;

mod config;
mod contradict;
mod early;
mod evidence;
mod forensics;
mod liveness;
mod message;
mod pending;
mod promises;
mod proposer;
mod proposing;
mod record;
mod repair;
mod replica;
mod rounds;
mod safety;
mod steps;
mod validators;
mod votes;

pub use config::{Config, SetChange};
pub use forensics::{Testimony, forensics};
pub use liveness::Timer;
pub use message::{
    Committed, Message, Polka, Precommit, Prevote, Proposal, Propose, Round, StatusReport,
};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
use protocol::Reject;
pub use record::Record;
pub use replica::Core;
pub use safety::height_and_round;

#[cfg(test)]
mod tests;

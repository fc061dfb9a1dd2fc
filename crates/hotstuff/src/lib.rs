//! Order payloads by chained certificates and a pacemaker, n replicas, f of them Byzantine (HotStuff, PODC '19; Jolteon, FC '22).
//!
//! Model: n replicas of which at most f = floor((n-1)/3) lie, a network that may lose, repeat, reorder and delay; safe
//! always, live once messages arrive within a bound that nobody knows. Quorum: ceil((n+f+1)/2).
//! [`Phases`] chooses between the three-phase rules of HotStuff and the two-phase rules of Jolteon and HotStuff-2.
//! `specs/hotstuff.md` holds the pseudo-code whose lines the code cites (`L12`), and the deviations from the papers.
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] is what it is told.
//! - [`Message`] and [`Record`] are what it says and what it keeps.
//! - `safety` alone decides what is signed; `pacemaker` alone decides when views end.
//! - [`protocol::Inspect::verify_evidence`] and [`forensics`] name liars from their own signatures.

#[macro_use]
mod mutants;

mod block;
mod certificate;
mod commit;
mod config;
mod contradict;
mod evidence;
mod forensics;
mod leaders;
mod message;
mod normal;
mod pacemaker;
mod pending;
mod promises;
mod proposing;
mod record;
mod replica;
mod safety;
mod sync;
mod tree;
mod votes;

pub use block::{Block, Link, Proposal};
pub use certificate::{Expire, ExpireGroup, Propose, Qc, Tc, Vote};
pub use config::{Config, Phases};
pub use forensics::{Testimony, forensics};
pub use message::{Fetch, Message, Timeout};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use pacemaker::Timer;
pub use record::{Record, Voted};
pub use replica::Core;

#[cfg(test)]
mod tests;

//! Agree through quorum slices that every replica chooses for itself (Stellar Consensus Protocol, Mazieres 2015).
//!
//! Model: replicas that may lie, a network that may lose, repeat, reorder and delay. Every replica names a nested quorum
//! set; a quorum is a set of replicas that satisfies the quorum set of each of its members. Two replicas never decide
//! differently where every two quorums share an honest replica, which [`Config::validate`] checks before a network is
//! started; where quorums are disjoint the network forks, and nothing in the protocol can help.
//! `specs/fba.md` holds the pseudo-code whose lines the code cites (`L12`), and the deviations from the papers.
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] is what it is told.
//! - [`Message`] and [`Record`] are what it says and what it keeps.
//! - [`QuorumSet`], [`check_intersection`] and [`Analysis`] judge a configuration before anybody runs it.

#[macro_use]
mod mutants;

mod analysis;
mod ballot;
mod bump;
mod config;
mod contradict;
mod describe;
mod emit;
mod evidence;
mod help;
mod intersection;
mod leaders;
mod liveness;
mod message;
mod nodes;
mod nomination;
mod past;
mod pledge;
mod promises;
mod quorum_set;
mod record;
mod replica;
mod sets;
mod slot;
mod values;

pub use analysis::{Analysis, Warning};
pub use config::{Config, ConfigError};
pub use intersection::{Intersection, NODES_EXACT, check_intersection};
pub use liveness::Timer;
pub use message::{Message, Nominate, Status, Value, Values, Want};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use pledge::{Ballot, Balloting, Confirm, Externalize, Nomination, Pledge, Prepare};
pub use quorum_set::{QuorumSet, QuorumSetError};
pub use record::{Kept, Pledged, Record};
pub use replica::Core;

#[cfg(test)]
mod tests;

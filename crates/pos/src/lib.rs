//! Let stake choose proposers and attest checkpoints, with finality and slashing (Casper FFG, Buterin and Griffith 2017).
//!
//! Model: time is cut into slots and epochs that all replicas count alike; stake, own and delegated, weighs votes. Safe as
//! long as less than a third of the stake lies, whatever the network does; live once messages arrive well within half a
//! slot and two thirds of the stake take part. Nothing leaks away from absent stake: while more than a third is
//! absent, nothing becomes final. Blocks above the last final one are tentative and may be replaced; only final ones are
//! decided. `specs/pos.md` holds the pseudo-code whose lines the code cites (`L12`), and the deviations from the papers.
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] and [`Stake`] are what it is told, [`Config::validate`] says
//!   why it could not be run.
//! - [`Message`] and [`Record`] are what it says and what it keeps.
//! - [`forensics`] names those who broke an agreement.
//! - [`Protection`] is the signer's memory: what it has signed once it never contradicts.

#[macro_use]
mod mutants;

mod attesting;
mod book;
mod clock;
mod config;
mod contradict;
mod evidence;
mod finality;
mod forensics;
mod message;
mod promises;
mod proposing;
mod protection;
mod record;
mod replica;
mod stakes;
mod status;
mod sync;
mod tree;

pub use clock::Timer;
pub use config::{Config, ConfigError, Stake, StakeChange};
pub use forensics::forensics;
pub use message::{
    Ask, Attestation, Block, Checkpoint, Header, Link, Message, Offence, StatusReport, Vote, Votes,
};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use protection::Protection;
pub use record::{Record, Root};
pub use replica::Core;

#[cfg(test)]
mod tests;

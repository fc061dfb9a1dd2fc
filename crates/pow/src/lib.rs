//! Choose a chain by the work in it (Nakamoto 2008): tentative heads, finality only by depth.
//!
//! Model: n replicas that all mine, honest ones with more than half of the hashing; a network that delivers well within
//! the time that a block takes. Nothing is signed: a block speaks by its work. A payload is handed over as decided once
//! it is [`Config::confirmations`] blocks deep; that is a bet and no proof, and the odds against it shrink with every
//! block. A chain with more work that would undo what is decided halts the replica. `specs/pow.md` holds the
//! pseudo-code whose lines the code cites (`L12`), and the deviations from the paper and from Bitcoin.
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] is what it is told.
//! - [`Message`] and [`Record`] are what it says and what it keeps.
//! - [`Target`] and [`U256`]: 256-bit arithmetic, compact targets, work.

#[macro_use]
mod mutants;

mod block;
mod chain;
mod condemned;
mod config;
mod liveness;
mod message;
mod mining;
mod orphans;
mod pending;
mod promises;
mod prune;
mod record;
mod replica;
mod rules;
mod status;
mod sync;
mod target;
mod tree;
mod u256;

pub use config::Config;
pub use liveness::Timer;
pub use message::{Ask, Block, Blocks, Header, Message};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use record::{Record, Start};
pub use replica::Core;
pub use status::Reorganisations;
pub use target::Target;
pub use tree::Base;
pub use u256::U256;

#[cfg(test)]
mod tests;

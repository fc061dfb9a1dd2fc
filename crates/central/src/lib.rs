//! Order payloads by one trusted sequencer, or not at all: the unsafe baselines.
//!
//! **Neither mode stands a fault.** They are what consensus is compared with, and what a system without it does:
//!
//! - [`Mode::Sequencer`]: replica 0 gives every payload its place, and everybody believes it. If it stops, everything
//!   stops; if it lies, replicas execute different payloads in one place, and nothing in the protocol notices.
//! - [`Mode::None`]: every replica decides by itself what it has at hand, at once. Replicas that hear of work in another
//!   order, or not at all, end in different states, without any fault.
//!
//! `specs/central.md` holds the pseudo-code whose lines the code cites (`L5`).

#[macro_use]
mod mutants;

mod config;
mod log;
mod message;
mod pending;
mod promises;
mod replica;
mod sequencer;
mod status;

pub use config::{Config, Mode};
pub use log::Record;
pub use message::{Ack, Fetch, Message, Order, Stand};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use replica::{Core, Timer};

#[cfg(test)]
mod tests;

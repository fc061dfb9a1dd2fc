//! Let authorised signers take turns at sealing a chain (Clique, EIP-225; Aura): tentative heads, finality by depth.
//!
//! Model: n replicas that trust a set of signers, of which at most f = floor((n-1)/3) lie; a network that may lose,
//! repeat, reorder and delay. Turns go by height, others stepping in after a delay ([`Style::Clique`]), or by time
//! ([`Style::Aura`]); both count on clocks that are roughly equal, for progress alone.
//!
//! **Finality, honestly.** A head is tentative: `Status.tentative` shows it, and it may be replaced as a whole. Neither
//! EIP-225 nor Aura makes more than that safe, and both were broken by one sealer with two instances on the two sides of
//! a partition. Here a block is decided only when it is *confirmed* (a quorum of distinct sealers built on it, none of
//! which ever sealed off its branch at its height or above) and then *settled* (a quorum of distinct sealers, likewise,
//! built on that knowledge), and `Config::finality_depth` blocks stand above it. With more than f sealers that lie about
//! where they have sealed, two branches can be settled, in a partition as long as it likes: then the two sides decide
//! differently, and the sealers are named by the blocks that they sealed twice. `specs/poa.md` holds the rules, the
//! argument, and the pseudo-code whose lines the code cites (`L12`).
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] is what it is told.
//! - [`Message`] and [`Record`] are what it says and what it keeps.
//! - Idle costs nothing: empty blocks are sealed only while something tentative waits to become final.

#[macro_use]
mod mutants;

mod chain;
mod config;
mod contradict;
mod evidence;
mod finality;
mod message;
mod pending;
mod promises;
mod record;
mod replica;
mod safety;
mod sealing;
mod signers;
mod status;
mod sync;
mod tree;

pub use config::{Config, Style};
pub use message::{Anchor, Block, Blocks, Exhibit, Head, Header, Link, Message, Slot, Vote, Want};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use record::{Record, Root};
pub use replica::Core;
pub use sealing::Timer;
pub use signers::{Cast, Signers};

#[cfg(test)]
mod tests;

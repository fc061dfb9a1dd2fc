//! Replicate a log among n replicas of which a minority may crash, and none may lie: Raft stands crashes, not lies.
//!
//! Ongaro and Ousterhout, ATC '14, and Ongaro's thesis (2014). Model: replicas stop and start again and keep what they
//! persisted; the network may lose, repeat, reorder and delay; safe always, live once messages arrive within a bound
//! well below the election timeout. **A single lying replica, above all a lying leader, breaks everything that is
//! promised here**: messages are not signed, and followers believe their leader. Where somebody may lie, take one of
//! the Byzantine cores. `specs/raft.md` holds the pseudo-code whose lines the code cites (`L12`), and the deviations.
//!
//! - [`Core`] implements [`protocol::Protocol`]; [`Config`] is what it is told. A log index is a [`types::Seq`], a term
//!   a [`types::View`].
//! - Beside the boundary a leader takes [`Core::change_members`], [`Core::transfer_leadership`] and [`Core::read`].
//! - [`Message`] and [`Record`] are what it says and what it keeps; [`Members`] counts majorities.

#[macro_use]
mod mutants;

mod config;
mod election;
mod follower;
mod leader;
mod liveness;
mod log;
mod members;
mod membership;
mod message;
mod pending;
mod progress;
mod promises;
mod reads;
mod record;
mod replica;
mod snapshots;
mod status;
mod transfer;

pub use config::Config;
pub use liveness::Timer;
pub use log::{Content, Entry, Position};
pub use members::{Members, Outcome};
pub use message::{
    Answer, Append, Appended, Ask, CommitTo, Heartbeat, HeartbeatAck, Install, Message, Refused,
    TimeoutNow,
};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use reads::Read;
pub use record::{Record, Snapshot, Term};
pub use replica::{Core, Refusal};

#[cfg(test)]
mod tests;

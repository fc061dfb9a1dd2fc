//! Give one replica a disk, a network, timers and an HTTP face.
//!
//! A [`Node`] is a few threads around one pure [`replica::Replica`]: `replica` steps it and keeps what it must keep,
//! `network` runs libp2p, `check-votes` and `check-batches` turn bytes into verified messages, `serve` reads old
//! blocks for peers. Everybody else, the HTTP face first, has a [`Handle`].
//!
//! [`run`] runs one node until a signal; [`init_network`] lays out a whole network's folders.

mod assemble;
pub mod board;
mod byzantine;
mod clients;
mod clock;
mod command;
pub mod config;
mod driver;
pub mod epoch_log;
pub mod events;
mod faces;
mod failure;
mod forward;
mod gateway;
mod genesis;
pub mod handle;
pub mod http;
mod identity;
mod init;
mod logging;
pub mod metrics;
mod net;
mod node_keys;
mod proofs;
mod readiness;
mod recorder;
mod rejections;
mod roster;
mod run;
mod serve;
mod settled;
mod start;
mod told;
mod verify;
mod waiters;

pub use byzantine::Misbehaviour;
pub use failure::Failure;
pub use genesis::{is_dev, parse_genesis, read_genesis, write_genesis};
pub use handle::{Admin, Handle, NodeError, TxResult, View, WaitError, WaitFor};
pub use init::{NetworkPlan, NodeIdentity, NodePlan, init_network, init_node};
pub use logging::start as start_logging;
pub use node_keys::{DataLock, NewToken, NodeKeys};
pub use proofs::{ABSENCE_ENTRIES_MAX, Span, Unproved};
pub use readiness::Readiness;
pub use run::run;
pub use start::{Node, NodeOptions};

/// The core that a node's replica holds.
pub(crate) type Core = protocols::Any;

//! Name the numbers that replicas agree about: identities, views, heights, time, quorums, a pinned generator.
//!
//! Nothing here knows a protocol. Every number with a meaning is a newtype, so that a view can never be
//! passed where a height is meant.

pub mod limits;
mod numbers;
mod prng;
mod quorum;
mod time;

pub use numbers::{ChainId, Digest, Height, NodeId, Seq, View};
pub use prng::Prng;
pub use quorum::{FaultModel, Quorum};
pub use time::{Duration, Time};

//! Say how likely agreement is over links that lose messages: exactly, by sampling, and for rare events.
//!
//! One attempt at agreement is a list of [`Phase`]s over a set of members that only shrinks: whoever misses a phase is
//! out of the round. A [`Model`] is that list for a protocol; [`theory::solve`] sums over all members' fates,
//! [`monte_carlo`] draws every message, [`rare`] draws what almost never happens. All three read the same model, so
//! that they can be held against each other. `docs/theory` has the derivations.
//!
//! Nothing here is agreed on by replicas, so numbers may be floating.

#![allow(clippy::float_arithmetic, reason = "probabilities are not agreed on")]

mod error;
mod links;
mod model;
pub mod monte_carlo;
mod odds;
pub mod rare;
pub mod selection;
pub mod theory;
mod topology;

pub use error::Error;
pub use links::Links;
pub use model::{Model, Phase, Protocol, Setup, Threshold, Thresholds};
pub use odds::Odds;
pub use stats::Interval;
pub use theory::Theory;
pub use topology::Topology;

/// Most nodes of a model.
pub const NODES_MAX: usize = 4_096;
/// Most nodes of a model whose links are given one by one.
pub const MATRIX_MAX: usize = 1_024;

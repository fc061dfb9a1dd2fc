//! How likely agreement is over links that lose messages: exactly, drawn, and as the real cores do.
//!
//! The theory and what is drawn are the crate `reliability`'s; here it is spread over processors, and the cores
//! themselves are put to the same test.

mod cores;
mod sampled;

pub use ::reliability::*;

pub use cores::{CoreRuns, Help, Observed, REPLICAS_MAX, TRIALS_MAX, Trial, leader, observe};
pub use sampled::{Effort, Estimate, ROUNDS_MAX, estimate};

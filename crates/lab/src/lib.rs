//! Measure: many seeded runs of the real cores and of their models, on all processors, the same bytes every time.
//!
//! Work is cut into fixed pieces, each with its own seed; threads take pieces, results are put together in the order of
//! the pieces. How many threads there are changes nothing but the time.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

pub mod experiments;
pub mod parallel;
pub mod reliability;
mod simulated;
pub mod speed;

pub use simulated::{protocols_json, report_json};

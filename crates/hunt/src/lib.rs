//! Look for runs that break a protocol, and make the ones that are found small.
//!
//! Everything here is a function of its arguments: threads and clocks belong to those who call it.

mod arena;
pub mod explore;
pub mod minimize;
pub mod model;
mod scenarios;
pub mod score;
pub mod twins;

#[cfg(test)]
mod tests;

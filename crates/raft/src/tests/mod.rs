//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), scenario
//! files, the vectors of another implementation, and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a scenario names the messages it is about, and lets all others pass"
)]

mod bytes;
mod costs;
mod election_rules;
mod hostile;
mod log_rules;
mod member_rules;
mod scenarios;
mod swarm;
mod vectors;
mod world;

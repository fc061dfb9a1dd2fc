//! The core's tests: a small deterministic world, the scenarios of the reliability rules (each shown to fail on a
//! deliberately broken core), scenario files, and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a scenario names the messages it is about, and lets all others pass"
)]

mod bytes;
mod common_rules;
mod cost;
mod fault_rules;
mod hostile;
mod ordering_rules;
mod scenarios;
mod subject;
mod swarm;
mod units;
mod view_rules;

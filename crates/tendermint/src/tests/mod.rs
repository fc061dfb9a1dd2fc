//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), traces
//! of another specification of the protocol, scenario files, random faults, and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a scenario names the messages it is about, and lets all others pass"
)]

mod bytes;
mod common_rules;
mod cost;
mod fault_rules;
mod hostile;
mod lock_rules;
mod scenarios;
mod swarm;
mod traces;
mod turn_rules;
mod units;
mod world;

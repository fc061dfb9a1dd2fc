//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), traces
//! of another specification of the protocol, scenario files, random faults, and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a scenario names the messages it is about, and lets all others pass"
)]

mod cost;
mod swarm;
mod world;

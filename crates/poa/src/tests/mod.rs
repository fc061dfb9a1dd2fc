//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), scenario
//! files, random faults and hostile input.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names the cases it is about, and lets all others pass"
)]

mod bytes;
mod common_rules;
mod counts;
mod finality_rules;
mod forge;
mod hostile;
mod normal_case;
mod scenarios;
mod subject;
mod swarm;
mod turn_rules;
mod vectors;

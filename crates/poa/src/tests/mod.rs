//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), scenario
//! files, random faults and hostile input.

mod common_rules;
mod finality_rules;
mod forge;
mod smoke;
mod subject;
mod swarm;
mod turn_rules;
mod vectors;

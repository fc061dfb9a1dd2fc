//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), scenario
//! files, random faults and hostile input.

mod smoke;
mod subject;
mod swarm;

//! Run whole replicas in virtual time under faults and liars, the same for the same seed.
//!
//! [`run`] takes [`Options`] and gives a [`Report`]. A run has a safety phase, in which links, disks and replicas
//! fail as the options say; then everything heals, and all correct replicas must answer every client and end with
//! one chain. The checkers of `invariants` watch every step.

pub mod byzantine;
mod calls;
mod carry;
mod chains;
mod clients;
mod directory;
mod disk;
mod enlist;
mod faults;
mod flight;
mod govern;
mod latency;
mod load;
mod messages;
mod mining;
mod network;
mod node;
mod options;
mod outgoing;
mod queue;
mod recording;
mod report;
mod requests;
mod script;
mod timers;
mod trace;
mod verdict;
mod watch;
mod world;

pub use chains::{Conduct, Crossed, Federation, Victims, run_chains};
pub use latency::Latency;
pub use load::Load;
pub use network::Cut;
pub use options::{FLAGS, Flag, OptionError, Options, PartitionMode, Selection, Workload};
pub use protocol::Inspect;
pub use recording::{HAPPENINGS_MAX, Happening, Recording, What};
pub use report::{Asked, Report, Verdict};
pub use script::{Changed, Scripted};

/// Runs one simulation.
///
/// # Errors
/// Where the options contradict themselves or name what does not exist.
pub fn run(options: &Options) -> Result<Report, OptionError> {
    let mut world = world(options)?;
    world.run();
    Ok(world.report())
}

/// The cores of all epochs, as the options have them.
fn cores(options: &Options) -> world::Cores<protocols::Any> {
    let options = options.clone();
    world::Cores::new(move |epoch| world::core_config(epoch, &options).ok())
}

/// Runs one simulation and keeps what happened in it.
///
/// # Errors
/// As [`run`].
pub fn run_recorded(options: &Options) -> Result<(Report, Recording), OptionError> {
    let mut world = world(options)?;
    world.recording = Some(Recording::default());
    world.run();
    let report = world.report();
    Ok((report, world.recording.take().unwrap_or_default()))
}

fn world(options: &Options) -> Result<world::World<'_, protocols::Any>, OptionError> {
    options.validate()?;
    world::first_config(options)
        .map_err(|error| OptionError { flag: error.flag().to_owned(), hint: error.to_string() })?;
    Ok(world::World::new(options, cores(options)))
}

#[cfg(test)]
mod tests;

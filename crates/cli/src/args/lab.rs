//! The flags of `unisono lab` and `unisono figure`.

mod parts;
mod primary;
mod reliability;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::values;

pub(crate) use parts::{ExportArgs, ExportCommand, MergeArgs, PartArgs};
pub(crate) use primary::PrimaryArgs;
pub(crate) use reliability::{Engine, ReliabilityArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// How likely agreement is over links that lose messages: exact, drawn, and by the real cores
    Reliability(Box<ReliabilityArgs>),
    /// Which node should propose, and how well simple measures of its links tell
    Primary(PrimaryArgs),
    /// Write a scenario to begin with, one of those that come with the program; without a name, list them
    New {
        /// The scenario's name.
        name: Option<String>,
        /// Where to put it [default: NAME.toml].
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Say what a scenario would run, and run nothing
    Plan(ScenarioArgs),
    /// Run a scenario, or what is left of it: finished cells are kept, whatever ends the run
    Run(LabRunArgs),
    /// How far runs are
    Status {
        /// The folder of one run [default: all under `--runs`].
        run: Option<PathBuf>,
        /// Where runs are kept.
        #[arg(long, default_value = "runs", value_name = "FOLDER")]
        runs: PathBuf,
    },
    /// Make samples, summaries, figures and the report of a run anew from its cells
    Report {
        /// The folder of the run.
        run: PathBuf,
    },
    /// Test whether runs of different kinds differ
    Compare(CompareArgs),
    /// Run again what the numbers in documents come from, and compare
    Claims {
        /// The file of claims.
        #[arg(default_value = "claims.toml")]
        file: PathBuf,
    },
    /// Recompute a run: its sums, what follows from its cells, and some of the cells
    Verify {
        /// The folder of the run.
        run: PathBuf,
        /// Which share of cells to run again.
        #[arg(long, default_value = "5%", value_parser = values::ppm)]
        sample: u32,
        /// How many threads [default: all processors].
        #[arg(long)]
        threads: Option<NonZeroUsize>,
    },
    /// Run one of several parts of a scenario, on any machine, into a file
    Part(PartArgs),
    /// Make a complete run of the files of all parts: the bytes of a run on one machine
    Merge(MergeArgs),
    /// Print what has a cluster run the parts
    #[command(subcommand)]
    Export(ExportCommand),
}

/// A scenario and what replaces parts of it.
#[derive(Clone, Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// A TOML file, or the name of a scenario that comes with the program.
    pub(crate) scenario: String,
    /// One of the scenario's presets.
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Replace a value, as `repeats=3` or `nodes=[4,7]`; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Where runs are kept.
    #[arg(long, default_value = "runs", value_name = "FOLDER")]
    pub(crate) runs: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct LabRunArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// How many threads [default: all processors]; it changes nothing but the time.
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// What to do when a cell cannot be run.
    #[arg(long, value_enum, default_value_t = OnErrorArg::Keep)]
    pub(crate) on_error: OnErrorArg,
}

/// What happens when a cell cannot be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum OnErrorArg {
    /// Keep it as failed, and go on
    Keep,
    /// End the run
    Stop,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CompareArgs {
    /// The folders of one or more runs.
    #[arg(required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// What to compare: a metric of whole runs.
    #[arg(long, default_value = "latency_us_mean")]
    pub(crate) metric: String,
    /// The parameter that tells groups apart [default: the runs themselves].
    #[arg(long, value_name = "PARAMETER")]
    pub(crate) by: Option<String>,
    /// Only cells with this parameter; may be repeated.
    #[arg(long = "where", value_name = "KEY=VALUE")]
    pub(crate) only: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FigureCommand {
    /// Draw a trace, or a part of it: replicas, and the messages between them over time
    #[command(name = "spacetime")]
    SpaceTime(SpaceTimeArgs),
    /// Recompute figures: their fingerprints, their drawings and, where their run is beside them, their data
    Verify {
        /// SVG or PDF files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SpaceTimeArgs {
    /// A trace of any world.
    pub(crate) trace: PathBuf,
    /// Where to draw it: a name that ends in `.svg` or `.pdf`.
    #[arg(long, default_value = "spacetime.svg", value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// From this time on, in microseconds of the trace's clock.
    #[arg(long, default_value_t = 0, value_name = "US")]
    pub(crate) from_us: u64,
    /// Up to this time [default: its end].
    #[arg(long, value_name = "US")]
    pub(crate) to_us: Option<u64>,
}

//! The flags of the hunt: exploring, making small, looking at traces.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::values;

#[derive(Clone, Debug, Args)]
pub(crate) struct ExploreArgs {
    /// The protocol to explore, or `all`.
    #[arg(long, default_value = "all", value_parser = values::protocol_or_all())]
    pub(crate) protocol: String,
    /// The seeds: `0..1000` without the last one; with `--minutes` from the first one on.
    #[arg(long, default_value = "0..1000", value_parser = values::seeds, value_name = "A..B")]
    pub(crate) seeds: (u64, u64),
    /// Go on for so long, whatever the last seed is.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) minutes: Option<u64>,
    /// How many threads [default: one for each core].
    #[arg(long, value_name = "COUNT")]
    pub(crate) threads: Option<usize>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct MinimizeArgs {
    /// A seed of `sim explore`, or a trace that can be replayed.
    pub(crate) subject: String,
    /// The protocol of the seed.
    #[arg(long, default_value = "pbft", value_parser = values::protocol())]
    pub(crate) protocol: String,
    /// Give up after so many runs.
    #[arg(long, default_value_t = 5_000, value_name = "COUNT")]
    pub(crate) runs_max: usize,
    /// A deliberate bug of the core, in builds that have them.
    #[arg(long, value_name = "LABEL")]
    pub(crate) mutant: Option<String>,
    /// Where to write the trace of the small run.
    #[arg(long, default_value = "minimal.trace", value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct TwinsArgs {
    /// The protocol.
    #[arg(long, default_value = "pbft", value_parser = hunt::twins::PROTOCOLS)]
    pub(crate) protocol: String,
    /// How many identities.
    #[arg(short, long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=10))]
    pub(crate) nodes: u8,
    /// How many of them have a twin.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) twins: u8,
    /// For how many rounds leaders and partitions are chosen.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=8))]
    pub(crate) rounds: u8,
    /// Only one in so many scenarios.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) every: u64,
    /// At most so many scenarios.
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,
    /// Only the scenario with this number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) scenario: Option<u64>,
    /// How many threads [default: one for each core].
    #[arg(long, value_name = "COUNT")]
    pub(crate) threads: Option<usize>,
    /// A deliberate bug of the core, in builds that have them.
    #[arg(long, value_name = "LABEL", default_value = "")]
    pub(crate) mutant: String,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ScoreArgs {
    /// How long it may take on free cores, one for each thread.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..), value_name = "MINUTES")]
    pub(crate) minutes: u64,
    /// The same in CPU seconds of all threads together.
    #[arg(long, conflicts_with = "minutes", value_name = "CPU_SECONDS")]
    pub(crate) limit_s: Option<u64>,
    /// Only the bugs of this protocol.
    #[arg(long, default_value = "all", value_parser = values::protocol_or_all())]
    pub(crate) protocol: String,
    /// How many threads [default: one for each core].
    #[arg(long, value_name = "COUNT")]
    pub(crate) threads: Option<usize>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    /// The protocol.
    #[arg(long, default_value = "pbft", value_parser = values::protocol())]
    pub(crate) protocol: String,
    /// How many identities.
    #[arg(short, long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) nodes: u8,
    /// How many of them sit there twice, as liars do.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub(crate) twins: u8,
    /// Most deviations from the plain schedule: lost, late, too late.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub(crate) deviations: u8,
    /// Deviations happen among so many first events.
    #[arg(long, default_value_t = 120, value_name = "EVENTS")]
    pub(crate) depth: usize,
    /// At most so many schedules.
    #[arg(long, default_value_t = 1_000_000, value_name = "COUNT")]
    pub(crate) limit: u64,
    /// A deliberate bug of the core, in builds that have them.
    #[arg(long, value_name = "LABEL", default_value = "")]
    pub(crate) mutant: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Run a simulation and write what happened
    Record {
        /// Where to write it.
        #[arg(long, default_value = "run.trace", value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        sim: super::SimArgs,
    },
    /// Show a trace, event by event
    View {
        /// The trace.
        file: PathBuf,
        /// Only what happened at this node.
        #[arg(long)]
        node: Option<String>,
        /// Only events of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// At most so many events.
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
    },
    /// Run it again, and say whether the same happens
    Replay {
        /// The trace.
        file: PathBuf,
    },
    /// Lay what the nodes of a network have written side by side
    Merge {
        /// What each has written.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Where to write the one trace.
        #[arg(long, default_value = "network.trace", value_name = "FILE")]
        out: PathBuf,
    },
    /// Where two traces part
    Diff {
        /// One.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Write a trace in another form
    Convert {
        /// The trace.
        file: PathBuf,
        /// The form.
        #[arg(long, value_enum)]
        to: Form,
        /// Where to write it [default: stdout].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// A form of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Form {
    /// Lines for people.
    Text,
    /// Lines of JSON: the form of traces themselves.
    Jsonl,
    /// A log with vector clocks for ShiViz.
    Shiviz,
    /// A sequence diagram for Mermaid.
    Mermaid,
    /// A space-time diagram.
    Svg,
}

/// How long `--minutes` are.
pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes.saturating_mul(60))
}

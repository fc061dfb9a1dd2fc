//! The flags of `unisono lab reliability`.

#![allow(clippy::float_arithmetic, reason = "probabilities are not agreed on")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use lab::reliability::{Help, Protocol};

use crate::args::values;

/// What answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Engine {
    /// The exact sum over all fates.
    Theory,
    /// Rounds drawn message by message.
    Mc,
    /// What almost never happens, by importance sampling.
    Rare,
    /// The real cores in virtual time.
    Core,
}

/// How likely agreement is over links that lose messages.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReliabilityArgs {
    /// The protocol.
    #[arg(long, default_value = "pbft", value_parser = protocols())]
    pub(crate) protocol: String,
    /// How many nodes.
    #[arg(short, long, default_value_t = 4)]
    pub(crate) nodes: usize,
    /// How likely a message gets over one link: 0.9 or 90%.
    #[arg(short, long, default_value = "0.9", value_parser = probability, allow_negative_numbers = true)]
    pub(crate) p: f64,
    /// How many nodes may fail [default: as many as the protocol stands].
    #[arg(short, long, value_name = "F")]
    pub(crate) faults: Option<usize>,
    /// How many messages of others the two voting phases need: `2f,2f`, `2f-1,2f`, or what the `core` counts.
    #[arg(long, default_value = "usual")]
    pub(crate) thresholds: String,
    /// How nodes are connected: full, ring, star, tree.
    #[arg(long, default_value = "full")]
    pub(crate) topology: String,
    /// Most children of a node of a tree.
    #[arg(long, default_value_t = 2)]
    pub(crate) arity: usize,
    /// Every link by itself: a file of numbers, row i and column j for how likely j hears i.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["topology", "arity", "graph"])]
    pub(crate) matrix: Option<PathBuf>,
    /// Neighbours: a file with a pair of nodes in each line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["topology", "arity"])]
    pub(crate) graph: Option<PathBuf>,
    /// Who proposes [default: node 0, or whom the core begins with].
    #[arg(long, value_name = "NODE")]
    pub(crate) leader: Option<usize>,
    /// How many Byzantine nodes never say anything.
    #[arg(long, alias = "byzantine", default_value_t = 0, value_name = "COUNT")]
    pub(crate) silent: usize,
    /// How likely nodes are up: one number for all, or one for each.
    #[arg(long, value_delimiter = ',', value_parser = probability, allow_negative_numbers = true, value_name = "P")]
    pub(crate) availability: Vec<f64>,
    /// What answers.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "theory,mc")]
    pub(crate) engine: Vec<Engine>,
    /// How many rounds are drawn; with a precision, at most [default: 1000000, or as many as it takes].
    #[arg(long)]
    pub(crate) rounds: Option<u64>,
    /// Stop drawing when half the 95 % interval is at most so wide.
    #[arg(long, value_name = "HALF")]
    pub(crate) precision: Option<f64>,
    /// How often the core is tried.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) trials: u64,
    /// What the core may do against loss: none, retransmission, view-change (which includes it).
    #[arg(long, value_delimiter = ',', default_value = "none", value_parser = helps(), value_name = "HELP")]
    pub(crate) help_by: Vec<String>,
    /// How long a trial of the core lasts in virtual time, in which a message takes 1 ms.
    #[arg(long, default_value = "10s", value_parser = values::duration)]
    pub(crate) horizon: Duration,
    /// Where all randomness comes from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many threads [default: all processors]; it changes nothing but the time.
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Many values of p, nodes, faults, silent or topology: `p=0.5:1:0.05`, `nodes=4,7,10`; may be repeated.
    #[arg(long, value_name = "KEY=VALUES")]
    pub(crate) sweep: Vec<String>,
    /// Draw the curves into a file, as .svg or .pdf.
    #[arg(long, value_name = "FILE")]
    pub(crate) figure: Option<PathBuf>,
}

fn protocols() -> PossibleValuesParser {
    PossibleValuesParser::new(Protocol::ALL.map(Protocol::name))
}

fn helps() -> PossibleValuesParser {
    PossibleValuesParser::new(Help::ALL.map(Help::name))
}

/// Reads a share of one: `0.9` or `90%`. Whether it is a probability is for whoever uses it to say.
pub(super) fn probability(text: &str) -> Result<f64, String> {
    let (number, scale) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    match number.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number / scale),
        Ok(_) | Err(_) => Err(format!("`{text}` is no probability: write 0.9 or 90%")),
    }
}

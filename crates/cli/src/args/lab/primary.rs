//! The flags of `unisono lab primary`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

/// Which node should propose, by its links.
#[derive(Clone, Debug, Args)]
pub(crate) struct PrimaryArgs {
    /// How many nodes [default: 7, or those of the matrix].
    #[arg(short, long)]
    pub(crate) nodes: Option<usize>,
    /// How many nodes may fail [default: as many as PBFT stands].
    #[arg(short, long, value_name = "F")]
    pub(crate) faults: Option<usize>,
    /// How many messages of others prepare and commit need: `2f,2f`, `2f-1,2f`, or what the `core` counts.
    #[arg(long, default_value = "usual")]
    pub(crate) thresholds: String,
    /// The links: a file of numbers, row i and column j for how likely j hears i [default: drawn].
    #[arg(long, value_name = "FILE", conflicts_with_all = ["range", "experiments"])]
    pub(crate) matrix: Option<PathBuf>,
    /// Between which reliabilities links are drawn.
    #[arg(long, value_delimiter = ':', num_args = 1, default_value = "0.7:1", value_name = "LOW:HIGH",
          value_parser = super::reliability::probability)]
    pub(crate) range: Vec<f64>,
    /// How many networks are drawn.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) experiments: u64,
    /// Where all randomness comes from.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many threads [default: all processors]; it changes nothing but the time.
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
}

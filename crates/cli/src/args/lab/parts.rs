//! The flags of one run on many machines.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ScenarioArgs;

#[derive(Clone, Debug, Args)]
pub(crate) struct PartArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Which part of how many, counted from 0.
    #[arg(long, value_name = "INDEX/PARTS")]
    pub(crate) part: String,
    /// Where its lines go.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many threads [default: all processors]; it changes nothing but the time.
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct MergeArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// The files of all parts.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// A Kubernetes Indexed Job: each pod runs the part of its index
    K8s(ExportArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// How many pods.
    #[arg(long, default_value = "8")]
    pub(crate) parts: NonZeroUsize,
    /// The image, with `unisono` on its path.
    #[arg(long)]
    pub(crate) image: String,
    /// The volume that all pods write to.
    #[arg(long, default_value = "unisono-parts")]
    pub(crate) claim: String,
}

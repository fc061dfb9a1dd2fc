//! Experiments: a question as a file, its cells run on all processors, a folder that anybody can check.
//!
//! A [`Scenario`] is read from TOML and becomes a [`Plan`]: the list of its cells, each with its parameters and its seed. [`run()`]
//! runs them into a [`Folder`], one durable line for each finished cell and in the order of the plan, so that a run
//! that was killed goes on where it stood and ends with the same bytes. From the lines alone come samples, summaries,
//! figures and the report.

mod cell;
mod chart;
mod claims;
mod compare;
mod engine;
mod error;
mod finish;
mod folder;
mod metrics;
mod model;
#[cfg(feature = "parquet")]
mod parquet;
mod plan;
mod report;
mod scenario;
mod shards;
mod shipped;
mod summary;
mod verify;

pub use cell::{Finished, Requests, Status, run_cell};
pub use claims::{Checked, Claim, check_claims};
pub use compare::{Comparison, PairTest, compare, compare_folders};
pub use engine::{Ended, OnError, Progress, run};
pub use error::{Error, Kind};
pub use finish::{figure_of, finish};
pub use folder::{Counts, Folder, Manifest, State};
pub use metrics::{METRICS, Metric};
pub use plan::{Cell, Params, Plan};
pub use scenario::{FigureSpec, Scenario};
pub use shards::{Part, merge, run_part};
pub use shipped::{SHIPPED, shipped};
pub use summary::{Row, rows};
pub use verify::{Verified, verify};

#[cfg(test)]
mod tests;

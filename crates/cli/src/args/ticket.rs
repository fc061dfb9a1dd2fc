//! `unisono ticket`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::values;

#[derive(Debug, Subcommand)]
pub(crate) enum TicketCommand {
    /// Issue the 500 tickets of the demonstration set
    Seed {
        /// How many of them.
        #[arg(default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=500))]
        count: u32,
    },
    /// Issue tickets from a CSV file
    Import {
        /// The file, with a header line, as CSV or CSV.gz.
        file: PathBuf,
        /// The columns that make a ticket's id, joined by `-`.
        #[arg(long, default_value = "ticket_id", value_delimiter = ',')]
        id: Vec<String>,
        /// Only say what would be issued.
        #[arg(long)]
        dry_run: bool,
    },
    /// Issue one ticket
    Issue {
        /// Its id.
        ticket: String,
        /// What it carries.
        #[arg(long, default_value = "")]
        data: String,
    },
    /// Validate a ticket that was issued
    Validate(StepArgs),
    /// Consume a ticket that was validated
    Consume(StepArgs),
    /// Dispute a ticket that was validated
    Dispute(StepArgs),
    /// One ticket with its history
    Get {
        /// Its id.
        ticket: String,
    },
    /// Tickets by ascending id
    List {
        /// Only those in this state.
        #[arg(long)]
        state: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// Where the last page ended.
        #[arg(long)]
        cursor: Option<String>,
    },
}

#[derive(Clone, Debug, Args)]
pub(crate) struct StepArgs {
    /// The ticket's id.
    pub(crate) ticket: String,
    /// How long to follow it: not at all, into the pool, or until it is certified.
    #[arg(long, value_enum, default_value_t = Wait::Commit)]
    pub(crate) wait: Wait,
    /// How long to wait at most.
    #[arg(long, default_value = "20s", value_parser = values::duration)]
    pub(crate) timeout: Duration,
    /// Where to put the receipt.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
}

/// How long a request is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Wait {
    None,
    Accepted,
    Commit,
}

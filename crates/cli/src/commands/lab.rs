//! `unisono lab`: measure.

mod experiments;
mod primary;
mod reliability;

use crate::args::{ExportCommand, LabCommand};
use crate::failure::Result;
use crate::output::Report;

/// Runs a command of the lab.
pub(crate) fn run(command: LabCommand) -> Result<Report> {
    match command {
        LabCommand::Reliability(args) => reliability::run(&args),
        LabCommand::Primary(args) => primary::run(&args),
        LabCommand::New { name, file } => experiments::new(name.as_deref(), file),
        LabCommand::Plan(args) => experiments::plan(&args),
        LabCommand::Run(args) => experiments::run(&args),
        LabCommand::Status { run, runs } => experiments::status(run, &runs),
        LabCommand::Report { run } => experiments::report(&run),
        LabCommand::Compare(args) => experiments::compare(&args),
        LabCommand::Claims { file } => experiments::claims(&file),
        LabCommand::Part(args) => experiments::part(&args),
        LabCommand::Merge(args) => experiments::merge(&args),
        LabCommand::Export(ExportCommand::K8s(args)) => experiments::export(&args),
        LabCommand::Verify { run, sample, threads } => experiments::verify(&run, sample, threads),
    }
}

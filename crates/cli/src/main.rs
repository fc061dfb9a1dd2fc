//! One binary for every way of using Unisono.

mod args;
mod bench;
mod client;
mod clock;
mod commands;
mod demo;
mod failure;
mod local;
mod output;
mod parallel;
mod progress;
mod signer;
mod stats;
mod tour;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use failure::Exit;
use output::Format;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse_usage(&error),
    };
    let format = cli.output;
    let exit = match commands::run(cli) {
        Ok(report) => output::print(format, &report),
        Err(failure) => output::fail(format, &failure),
    };
    ExitCode::from(exit as u8)
}

/// What clap refuses is said by clap; where JSON was asked for, stdout also gets a problem object.
fn refuse_usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    if Format::asked_for_json(std::env::args()) {
        let text = error.render().to_string();
        let what = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        output::problem(&failure::Failure::new(Exit::Usage, "USAGE", what));
    }
    ExitCode::from(Exit::Usage as u8)
}

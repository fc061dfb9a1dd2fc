//! `unisono completions SHELL`.

use clap::CommandFactory;
use serde_json::json;

use crate::args::Cli;
use crate::output::Report;

/// The script that a shell reads.
pub(crate) fn run(shell: clap_complete::Shell) -> Report {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "unisono", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Report::new(json!({ "shell": shell.to_string(), "script": script }), script)
}

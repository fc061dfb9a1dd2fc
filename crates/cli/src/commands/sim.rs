//! `unisono sim run`: one seed, whole replicas, virtual time.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use serde_json::{Value, json};
use sim::{Options, Report as Run, Verdict};

use crate::args::{SimArgs, SimCommand};
use crate::clock::cpu_s;
use crate::failure::{Exit, Failure, Result};
use crate::output::{Report, note, pairs};
use crate::progress;
use crate::stats::{per_s, round};

/// Runs a simulation.
pub(crate) fn run(command: &SimCommand) -> Result<Report> {
    match command {
        SimCommand::Run(args) => run_one(args),
        SimCommand::Explore(args) => super::explore::run(args),
        SimCommand::Twins(args) => super::twins::run(args),
        SimCommand::Check(args) => super::check::run(args),
        SimCommand::Score(args) => super::score::run(args),
        SimCommand::Minimize(args) => super::minimize::run(args),
    }
}

fn run_one(args: &SimArgs) -> Result<Report> {
    let options = args.options()?;
    note(&format!("seed {}: {}", options.seed, options.command_line()));
    let spinner = progress::spinner(format!("{} decisions in virtual time", options.decisions));
    let (run, value) = measure(&options)?;
    spinner.finish_and_clear();
    let exit = match run.verdict {
        Verdict::Pass => Exit::Ok,
        Verdict::NoProgress => Exit::Inconclusive,
        Verdict::Diverged => Exit::Violated,
    };
    if exit != Exit::Ok {
        note(&format!("{}: {}\nrepeat with: {}", run.verdict.label(), run.why, run.replay));
    }
    Ok(Report::new(value.clone(), describe(&value)).exit(exit))
}

/// Runs one and counts the CPU seconds that it took.
pub(crate) fn measure(options: &Options) -> Result<(Run, Value)> {
    let start = cpu_s();
    let run = sim::run(options)
        .map_err(|error| Failure::usage(format!("this cannot be simulated: {error}")))?;
    let cpu_s = cpu_s() - start;
    let mut value = lab::report_json(options, &run);
    value["cpu_s"] = json!(round(cpu_s, 3));
    value["messages_per_cpu_s"] = json!(per_s(run.messages, cpu_s));
    value["decisions_per_cpu_s"] = json!(per_s(run.decisions, cpu_s));
    value["virtual_s_per_cpu_s"] = json!(per_s(run.virtual_time_us / 1_000_000, cpu_s));
    Ok((run, value))
}

fn describe(value: &Value) -> String {
    let keys = [
        "verdict",
        "why",
        "decisions",
        "messages",
        "events",
        "trace_hash",
        "cpu_s",
        "messages_per_cpu_s",
        "virtual_time_s",
        "view_changes",
        "crashes",
        "answered",
        "replay",
    ];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows: Vec<(&str, String)> = keys.iter().map(|&key| (key, text(&value[key]))).collect();
    pairs(&rows.into_iter().filter(|(_, text)| !text.is_empty()).collect::<Vec<_>>())
}

//! The main job, for people and for the test.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::house::House;
use crate::process::{self, command, output};
use crate::web;

/// The longest the demonstration may take in the test.
const SPAN_MAX: Duration = Duration::from_secs(600);
/// What the summary must tell at least.
const KEYS: &[&str] = &[
    "issued",
    "validated",
    "consumed",
    "duplicates_refused",
    "view_changes",
    "equivocators",
    "receipts_verified",
    "state_roots_equal",
    "committed_per_s",
    "latency_ms",
];

/// Builds everything for release and becomes `unisono demo ARGS`; only that program writes to stdout.
pub(crate) fn run(house: &House, args: &[String]) -> Result<bool> {
    web::build(house)?;
    build_release(house)?;
    become_it(command(&house.root, house.binary(true), &["demo"]).args(args))
}

/// Builds the one binary for release.
pub(crate) fn build_release(house: &House) -> Result<()> {
    process::run(&mut command(&house.root, "cargo", &["build", "--release", "--package", "cli"]))
}

/// Replaces this process, so that Ctrl-C reaches the demonstration and nobody else.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<bool> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("cannot start the demonstration")
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<bool> {
    Ok(command.status().context("cannot start the demonstration")?.success())
}

/// Runs the main job end to end with the binary of the tests, and reads its summary.
pub(crate) fn check(house: &House) -> Result<String> {
    let mut demo = command(&house.root, house.binary(false), &["demo", "--exit", "-o", "json"]);
    let output = output(&mut demo, SPAN_MAX)?;
    let summary = check_summary(&output.stdout)?;
    ensure!(output.status.success(), "the demonstration ended with {}", output.status);
    Ok(summary)
}

/// Reads the one JSON object, and says it in a sentence.
fn check_summary(stdout: &str) -> Result<String> {
    let summary: Value =
        serde_json::from_str(stdout).context("stdout is not exactly one JSON object")?;
    if let Some(key) = KEYS.iter().find(|&&key| summary.get(key).is_none()) {
        bail!("the summary has no `{key}`: {summary}");
    }
    for key in ["p50", "p99"] {
        ensure!(summary["latency_ms"].get(key).is_some(), "`latency_ms` has no `{key}`");
    }
    ensure!(
        summary["state_roots_equal"] == true,
        "the honest nodes' state roots differ: {summary}"
    );
    ensure!(
        summary["equivocators"].as_array().is_some_and(|found| !found.is_empty()),
        "the equivocator was not named: {summary}"
    );
    Ok(format!(
        "issued {}, validated {}, consumed {}, duplicates refused {}, receipts verified {}",
        summary["issued"],
        summary["validated"],
        summary["consumed"],
        summary["duplicates_refused"],
        summary["receipts_verified"]
    ))
}

#[cfg(test)]
mod tests;

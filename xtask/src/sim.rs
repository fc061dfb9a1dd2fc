//! A smoke test of the simulator: it makes progress, and the same seed gives the same events, optimised or not.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::house::House;
use crate::process::{command, output};

const SPAN_MAX: Duration = Duration::from_secs(300);
const BUILD_SPAN_MAX: Duration = Duration::from_secs(1_800);

/// How many decisions a run makes.
const DECISIONS: &str = "200";

/// Runs one seed twice and another once; and the first one as an optimised build.
pub(crate) fn check(house: &House) -> Result<String> {
    let first = trace(house, "7")?;
    ensure!(first == trace(house, "7")?, "seed 7 gave two different traces");
    ensure!(first != trace(house, "8")?, "seeds 7 and 8 gave the same trace");
    let optimised = optimised_trace(house, "7")?;
    ensure!(first == optimised.as_str(), "seed 7 gave {first}, and {optimised} where optimised");
    optimised_fuel(house)?;
    Ok(format!("trace {optimised}, twice the same, and once more where optimised, and so is fuel"))
}

fn trace(house: &House, seed: &str) -> Result<Value> {
    let args = ["sim", "run", "--protocol", "pbft", "--nodes", "4", "--seed", seed];
    let args = [&args[..], &["--decisions", DECISIONS, "-o", "json"]].concat();
    let output = output(&mut command(&house.root, house.binary(false), &args), SPAN_MAX)?;
    let result: Value =
        serde_json::from_str(&output.stdout).context("stdout is not exactly one JSON object")?;
    ensure!(result["verdict"] == "pass", "seed {seed} did not pass: {result}");
    ensure!(output.status.success(), "seed {seed} passed, but ended with {}", output.status);
    result.get("trace_hash").cloned().context("the result has no `trace_hash`")
}

/// What contracts cost, counted by an optimised build against the table that all other builds read.
fn optimised_fuel(house: &House) -> Result<()> {
    let args =
        ["test", "--quiet", "--release", "--package", "app", "--lib", "contracts::tests::fuel"];
    let output = output(&mut command(&house.root, "cargo", &args), BUILD_SPAN_MAX)?;
    ensure!(output.status.success(), "an optimised build counts other fuel:\n{}", output.stdout);
    let has_run = output.stdout.contains("2 passed");
    ensure!(has_run, "the tests of fuel were not found:\n{}", output.stdout);
    Ok(())
}

/// The same run by an optimised build of the simulator alone.
fn optimised_trace(house: &House, seed: &str) -> Result<String> {
    let args = ["run", "--quiet", "--release", "--package", "sim", "--example", "trace", "--"];
    let args = [&args[..], &[seed, DECISIONS]].concat();
    let output = output(&mut command(&house.root, "cargo", &args), BUILD_SPAN_MAX)?;
    ensure!(output.status.success(), "the optimised simulator ended with {}", output.status);
    Ok(output.stdout.trim().to_owned())
}

//! A smoke test of the simulator: it makes progress, and the same seed gives the same events.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::house::House;
use crate::process::{command, output};

const SPAN_MAX: Duration = Duration::from_secs(300);

/// Runs one seed twice and another once.
pub(crate) fn check(house: &House) -> Result<String> {
    let first = trace(house, "7")?;
    ensure!(first == trace(house, "7")?, "seed 7 gave two different traces");
    ensure!(first != trace(house, "8")?, "seeds 7 and 8 gave the same trace");
    Ok(format!("trace {first}, twice the same"))
}

fn trace(house: &House, seed: &str) -> Result<Value> {
    let args = ["sim", "run", "--protocol", "pbft", "--nodes", "4", "--seed", seed];
    let args = [&args[..], &["--decisions", "200", "-o", "json"]].concat();
    let output = output(&mut command(&house.root, house.binary(false), &args), SPAN_MAX)?;
    let result: Value =
        serde_json::from_str(&output.stdout).context("stdout is not exactly one JSON object")?;
    ensure!(result["verdict"] == "pass", "seed {seed} did not pass: {result}");
    ensure!(output.status.success(), "seed {seed} passed, but ended with {}", output.status);
    result.get("trace_hash").cloned().context("the result has no `trace_hash`")
}

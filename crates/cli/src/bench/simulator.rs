//! The simulator's speed: whole replicas, messages per CPU-second.

use serde_json::{Value, json};
use sim::Options;

use crate::commands::sim::measure as measure_one;
use crate::failure::{Failure, Result};
use crate::output::{Report, Table, note};

/// What is simulated: replicas, signatures, decisions.
const RUNS: [(&str, &str, u64); 3] =
    [("4", "cheap", 20_000), ("64", "cheap", 500), ("4", "ed25519", 2_000)];

/// Measures, and shows a table.
pub(crate) fn run(scale: u64) -> Result<Report> {
    let value = measure(scale)?;
    let text = table(&value);
    Ok(Report::new(json!({ "environment": super::environment::describe(), "runs": value }), text))
}

/// Measures all of them.
pub(crate) fn measure(scale: u64) -> Result<Value> {
    let mut runs: Vec<Value> = Vec::new();
    for (nodes, signatures, decisions) in RUNS {
        let mut options = Options::default();
        let decisions = decisions.saturating_mul(scale).to_string();
        for (flag, text) in [
            ("nodes", nodes),
            ("signatures", signatures),
            ("decisions", decisions.as_str()),
            ("seed", "7"),
        ] {
            options
                .set(flag, text)
                .map_err(|error| Failure::failed("the simulator refuses its flags").why(error))?;
        }
        note(&format!("bench: {}", options.command_line()));
        let (_, mut value) = measure_one(&options)?;
        value["signatures"] = json!(signatures);
        runs.push(value);
    }
    Ok(Value::Array(runs))
}

/// The runs under each other.
pub(crate) fn table(runs: &Value) -> String {
    let mut table = Table::new([
        "NODES",
        "SIGNATURES",
        "DECISIONS",
        "MESSAGES",
        "CPU S",
        "MESSAGES PER CPU S",
        "VERDICT",
    ]);
    for run in runs.as_array().into_iter().flatten() {
        let text =
            |key: &str| run[key].as_str().map_or_else(|| run[key].to_string(), str::to_owned);
        table.row(
            [
                "nodes",
                "signatures",
                "decisions",
                "messages",
                "cpu_s",
                "messages_per_cpu_s",
                "verdict",
            ]
            .map(text),
        );
    }
    table.render()
}

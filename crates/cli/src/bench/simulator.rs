//! The simulator's speed: whole replicas, messages per CPU-second.

use serde_json::{Value, json};
use sim::Options;

use crate::commands::sim::measure as measure_one;
use crate::failure::{Failure, Result};
use crate::output::{Report, Table, note};

/// What is simulated as fast as it goes: replicas, signatures, decisions.
const RUNS: [(&str, &str, u64); 3] =
    [("4", "cheap", 20_000), ("64", "cheap", 500), ("4", "ed25519", 2_000)];

/// What is simulated at ten decisions in a second: replicas.
const PACED: [&str; 2] = ["1", "4"];
/// More decisions than any load here asks for: it is the load that ends those runs.
const DECISIONS_MAX: u64 = 1_000_000_000;
/// How many seconds of that.
const PACED_S: u64 = 200;

/// Measures, and shows a table.
pub(crate) fn run(scale: u64) -> Result<Report> {
    let value = measure(scale)?;
    let text = table(&value);
    Ok(Report::new(json!({ "environment": super::environment::describe(), "runs": value }), text))
}

/// Measures all of them.
pub(crate) fn measure(scale: u64) -> Result<Value> {
    let fast = RUNS.iter().map(|(nodes, signatures, decisions)| {
        let decisions = decisions.saturating_mul(scale).to_string();
        let (nodes, signatures) = ((*nodes).to_owned(), (*signatures).to_owned());
        vec![("nodes", nodes), ("signatures", signatures), ("decisions", decisions)]
    });
    let paced = PACED.iter().map(|nodes| {
        let span_us = PACED_S.saturating_mul(scale).saturating_mul(1_000_000);
        let load = format!("steady:10:{span_us}");
        let decisions = DECISIONS_MAX.to_string();
        vec![
            ("nodes", (*nodes).to_owned()),
            ("load", load),
            ("decisions", decisions),
            ("clients", "1".to_owned()),
            ("view-timeout-ms", "10000".to_owned()),
        ]
    });
    fast.chain(paced).map(|flags| one(&flags)).collect::<Result<Vec<Value>>>().map(Value::Array)
}

/// Measures one run with these flags.
fn one(flags: &[(&str, String)]) -> Result<Value> {
    let mut options = Options::default();
    let seed = ("seed", "7".to_owned());
    for (flag, text) in flags.iter().chain([&seed]) {
        options
            .set(flag, text)
            .map_err(|error| Failure::failed("the simulator refuses its flags").why(error))?;
    }
    note(&format!("bench: {}", options.command_line()));
    let (_, mut value) = measure_one(&options)?;
    let signatures = flags.iter().find(|(flag, _)| *flag == "signatures");
    value["signatures"] = json!(signatures.map_or("cheap", |(_, name)| name.as_str()));
    value["load"] = json!(options.load.to_string());
    Ok(value)
}

/// The runs under each other.
pub(crate) fn table(runs: &Value) -> String {
    let mut table = Table::new([
        "NODES",
        "SIGNATURES",
        "LOAD",
        "DECISIONS",
        "MESSAGES",
        "CPU S",
        "MESSAGES PER CPU S",
        "SIMULATED S PER CPU S",
        "VERDICT",
    ]);
    for run in runs.as_array().into_iter().flatten() {
        let text =
            |key: &str| run[key].as_str().map_or_else(|| run[key].to_string(), str::to_owned);
        table.row(
            [
                "nodes",
                "signatures",
                "load",
                "decisions",
                "messages",
                "cpu_s",
                "messages_per_cpu_s",
                "virtual_s_per_cpu_s",
                "verdict",
            ]
            .map(text),
        );
    }
    table.render()
}

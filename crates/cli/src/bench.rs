//! `unisono bench`: speed and size, with the machine they were measured on.
//!
//! Nothing fails because a number is low: machines differ.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

pub(crate) mod environment;
mod feed;
mod lab;
mod ledger;
mod net;
mod notes;
mod simulator;

use std::time::Duration;

use serde_json::{Value, json};

use crate::args::{BenchCommand, BenchNetArgs};
use crate::failure::{Explain, Result};
use crate::output::{Report, note, pairs};

/// Measures what was asked.
pub(crate) async fn run(command: &BenchCommand) -> Result<Report> {
    match command {
        BenchCommand::Net(args) => {
            let value = net::run(args).await?;
            let text = describe(&value);
            Ok(Report::new(value, text))
        }
        BenchCommand::Sim { scale } => simulator::run(*scale),
        BenchCommand::Lab => lab::run(),
        // Stores drive a runtime of their own, which must not stand inside this one.
        BenchCommand::Ledger { blocks, store } => {
            let (blocks, stores) = (*blocks, store.clone());
            let work = move || match blocks {
                Some(blocks) => ledger::walk(blocks, &stores),
                None => ledger::run(),
            };
            tokio::task::spawn_blocking(work)
                .await
                .explain(|| "the measurement broke off".into())?
        }
        BenchCommand::All { seconds } => all(*seconds).await,
    }
}

/// Every network measurement, then the simulator's.
async fn all(seconds: u64) -> Result<Report> {
    let usual = BenchNetArgs {
        protocol: "pbft".to_owned(),
        nodes: 4,
        tx_size: 512,
        signed: false,
        seconds,
        rate: None,
        warmup: Duration::from_secs(2),
    };
    note("bench: unsigned, as fast as taken");
    let unsigned = net::run(&usual).await?;
    note("bench: signed, as fast as taken");
    let signed = net::run(&BenchNetArgs { signed: true, ..usual.clone() }).await?;
    note("bench: 1,000 per second");
    let paced = net::run(&BenchNetArgs { rate: Some(1_000), ..usual.clone() }).await?;
    let best = unsigned["committed_per_s"].as_f64().unwrap_or(0.0);
    note("bench: four times too much");
    let overload =
        net::run(&BenchNetArgs { rate: Some((best * 4.0).max(1.0) as u64), ..usual }).await?;
    let goodput = overload["committed_per_s"].as_f64().unwrap_or(0.0) / best.max(1.0);
    let simulator = simulator::measure(1)?;
    let value = json!({
        "environment": environment::describe(), "net": unsigned, "net_signed": signed, "net_1000_per_s": paced,
        "net_overload": overload, "overload_goodput_ratio": crate::stats::round(goodput, 3), "sim": simulator,
    });
    let mut text = String::new();
    for key in ["net", "net_signed", "net_1000_per_s", "net_overload"] {
        text.push_str(&format!("{key}\n{}\n\n", describe(&value[key])));
    }
    text.push_str(&format!(
        "goodput at 4 times the best: {goodput:.2} of the best\n\n{}",
        simulator::table(&value["sim"])
    ));
    Ok(Report::new(value, text))
}

fn describe(value: &Value) -> String {
    let keys = [
        "committed_per_s",
        "committed_per_node_cpu_s",
        "latency_ms",
        "rss_mib_max",
        "durable",
        "failed",
        "offered",
        "accepted",
        "refused",
        "node_cpu_s",
        "load_cpu_s",
        "blocks",
        "txs_per_block",
        "height",
        "environment",
    ];
    let shown =
        keys.iter().filter(|&&key| !value[key].is_null()).map(|&key| (key, value[key].to_string()));
    pairs(&shown.collect::<Vec<_>>())
}

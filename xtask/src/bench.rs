//! Speed and size, measured by the one binary itself; printed with the machine they were measured on.
//!
//! Nothing here fails because a number is low: machines differ. A goal stands beside each number, and the ratio
//! between the two.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::house::House;
use crate::process::{command, first_line, output};
use crate::{demo, web};

const SPAN_MAX: Duration = Duration::from_secs(900);

/// One run of the binary, and what is read from its result.
struct Run {
    name: &'static str,
    args: &'static str,
    /// How many times the rate of the run named so is offered.
    rate: Option<(&'static str, f64)>,
    rows: &'static [Row],
}

/// One number: where it stands in the result, what it is, what it should at least (or at most) be.
struct Row {
    pointer: &'static str,
    what: &'static str,
    goal: Goal,
}

enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// At least this share of the same number of the run named so.
    Share(&'static str, f64),
    None,
}

const RUNS: &[Run] = &[
    Run {
        name: "net",
        args: "bench net --nodes 4 --tx-size 512 --seconds 15 -o json",
        rate: None,
        rows: &[
            Row {
                pointer: "/committed_per_node_cpu_s",
                what: "committed per node-CPU-second",
                goal: Goal::AtLeast(60_000.0),
            },
            Row { pointer: "/committed_per_s", what: "committed per second", goal: Goal::None },
            Row {
                pointer: "/rss_mib_max",
                what: "MiB resident, the largest validator",
                goal: Goal::AtMost(150.0),
            },
        ],
    },
    Run {
        name: "net, signed",
        args: "bench net --nodes 4 --tx-size 512 --signed --seconds 15 -o json",
        rate: None,
        rows: &[
            Row {
                pointer: "/committed_per_node_cpu_s",
                what: "committed per node-CPU-second",
                goal: Goal::AtLeast(12_000.0),
            },
            Row { pointer: "/committed_per_s", what: "committed per second", goal: Goal::None },
            Row {
                pointer: "/rss_mib_max",
                what: "MiB resident, the largest validator",
                goal: Goal::AtMost(150.0),
            },
        ],
    },
    Run {
        name: "net, 1,000 per second",
        args: "bench net --nodes 4 --tx-size 512 --seconds 15 --rate 1000 -o json",
        rate: None,
        rows: &[
            Row {
                pointer: "/latency_ms/p50",
                what: "ms to commit, median",
                goal: Goal::AtMost(15.0),
            },
            Row {
                pointer: "/latency_ms/p99",
                what: "ms to commit, 99th percentile",
                goal: Goal::None,
            },
        ],
    },
    Run {
        name: "net, idle",
        args: "bench net --nodes 4 --tx-size 512 --seconds 15 --rate 0 -o json",
        rate: None,
        rows: &[Row {
            pointer: "/cores_per_node",
            what: "cores of one validator",
            goal: Goal::AtMost(0.1),
        }],
    },
    Run {
        name: "net, 4 times too much",
        args: "bench net --nodes 4 --tx-size 512 --seconds 15 -o json",
        rate: Some(("net", 4.0)),
        rows: &[Row {
            pointer: "/committed_per_s",
            what: "committed per second",
            goal: Goal::Share("net", 0.8),
        }],
    },
    Run {
        name: "sim, 4 nodes",
        args: "sim run --protocol pbft --nodes 4 --seed 7 --decisions 20000 -o json",
        rate: None,
        rows: &[Row {
            pointer: "/messages_per_cpu_s",
            what: "messages per CPU-second",
            goal: Goal::AtLeast(1_000_000.0),
        }],
    },
    Run {
        name: "sim, 64 nodes",
        args: "sim run --protocol pbft --nodes 64 --seed 7 --decisions 500 -o json",
        rate: None,
        rows: &[Row {
            pointer: "/messages_per_cpu_s",
            what: "messages per CPU-second",
            goal: Goal::AtLeast(500_000.0),
        }],
    },
    Run {
        name: "sim, 4 nodes, Ed25519",
        args: "sim run --protocol pbft --nodes 4 --seed 7 --decisions 2000 --signatures ed25519 -o json",
        rate: None,
        rows: &[Row {
            pointer: "/messages_per_cpu_s",
            what: "messages per CPU-second",
            goal: Goal::AtLeast(100_000.0),
        }],
    },
    Run {
        name: "lab, reliability",
        args: "bench lab -o json",
        rate: None,
        rows: &[
            Row {
                pointer: "/full_4_rounds_per_cpu_s",
                what: "drawn rounds per CPU-second, full mesh of 4",
                goal: Goal::AtLeast(20_000_000.0),
            },
            Row {
                pointer: "/full_20_rounds_per_cpu_s",
                what: "drawn rounds per CPU-second, full mesh of 20",
                goal: Goal::AtLeast(1_000_000.0),
            },
            Row {
                pointer: "/theory_full_200_cpu_ms",
                what: "CPU ms, exact, full mesh of 200",
                goal: Goal::AtMost(2.0),
            },
            Row {
                pointer: "/theory_ring_14_cpu_ms",
                what: "CPU ms, exact, ring of 14",
                goal: Goal::AtMost(20.0),
            },
        ],
    },
];

/// Measures, prints a Markdown table, and keeps the whole results where `--save` asks for it.
pub(crate) fn run(house: &House, args: &[String]) -> Result<bool> {
    web::build(house)?;
    demo::build_release(house)?;
    let environment = environment(house);
    println!("{}", describe(&environment));
    println!("| run | what | measured | goal | measured / goal |\n|---|---|---:|---:|---:|");
    let mut results: Vec<(&str, Value)> = Vec::new();
    for run in RUNS {
        let result = measure(house, run, &results)?;
        run.rows.iter().for_each(|row| println!("{}", line(run, row, &result, &results)));
        results.push((run.name, result));
    }
    if args.iter().any(|arg| arg == "--save") {
        save(house, &environment, &results)?;
    }
    Ok(true)
}

fn measure(house: &House, run: &Run, earlier: &[(&str, Value)]) -> Result<Value> {
    let rate = run.rate.map(|(name, times)| {
        let best = find(earlier, name, "/committed_per_s").unwrap_or_default();
        format!("{:.0}", best * times)
    });
    let mut args: Vec<&str> = run.args.split(' ').collect();
    args.extend(rate.iter().flat_map(|rate| ["--rate", rate.as_str()]));
    let output = output(&mut command(&house.root, house.binary(true), &args), SPAN_MAX)?;
    ensure!(output.status.success(), "`unisono {}` ended with {}", args.join(" "), output.status);
    serde_json::from_str(&output.stdout)
        .with_context(|| format!("`unisono {}` did not print one JSON object", args.join(" ")))
}

fn line(run: &Run, row: &Row, result: &Value, earlier: &[(&str, Value)]) -> String {
    let measured = result.pointer(row.pointer).and_then(Value::as_f64);
    let (sign, goal) = match row.goal {
        Goal::AtLeast(goal) => ("≥", Some(goal)),
        Goal::AtMost(goal) => ("≤", Some(goal)),
        Goal::Share(name, share) => {
            ("≥", find(earlier, name, row.pointer).map(|best| best * share))
        }
        Goal::None => ("", None),
    };
    let ratio =
        measured.zip(goal).filter(|&(_, goal)| goal > 0.0).map(|(measured, goal)| measured / goal);
    format!(
        "| {} | {} | {} | {} | {} |",
        run.name,
        row.what,
        measured.map_or_else(|| "–".into(), number),
        goal.map_or_else(String::new, |goal| format!("{sign} {}", number(goal))),
        ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
    )
}

fn find(results: &[(&str, Value)], name: &str, pointer: &str) -> Option<f64> {
    results.iter().find(|(of, _)| *of == name)?.1.pointer(pointer)?.as_f64()
}

/// Whole numbers with separators, small ones with a decimal.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn environment(house: &House) -> Value {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": ")).map_or("unknown", |(_, model)| model);
    let root = house.root.to_string_lossy();
    json!({
        "cpu": model,
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "system": std::env::consts::OS,
        "rustc": first_line("rustc", &["--version"]),
        "commit": first_line("git", &["-C", &root, "describe", "--always", "--dirty"]),
        "date": first_line("date", &["-u", "+%Y-%m-%d"]),
    })
}

fn describe(environment: &Value) -> String {
    let mut text = String::new();
    for (key, value) in environment.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "- {key}: {value}");
    }
    text
}

fn save(house: &House, environment: &Value, results: &[(&str, Value)]) -> Result<()> {
    let runs: serde_json::Map<String, Value> =
        results.iter().map(|(name, result)| ((*name).to_owned(), result.clone())).collect();
    let folder = house.root.join("docs/bench");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join("latest.json");
    let text = serde_json::to_string_pretty(&json!({ "environment": environment, "runs": runs }))?;
    std::fs::write(&path, text + "\n")
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("\nwrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests;

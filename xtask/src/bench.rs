//! Speed and size, measured by the one binary itself; printed with the machine they were measured on.
//!
//! Nothing here fails because a number is low: machines differ. A goal stands beside each number, and the ratio
//! between the two.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

mod runs;

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::house::House;
use crate::process::{command, first_line, output};
use crate::{demo, web};
use runs::{Goal, Row, Run, runs};

const SPAN_MAX: Duration = Duration::from_secs(900);

/// Measures, prints a Markdown table, and keeps the whole results where `--save` asks for it; with other words, only
/// the runs whose names contain one of them, and those that they are compared with.
pub(crate) fn run(house: &House, args: &[String]) -> Result<bool> {
    web::build(house)?;
    demo::build_release(house)?;
    let environment = environment(house);
    println!("{}", describe(&environment));
    println!("| run | what | measured | goal | measured / goal |\n|---|---|---:|---:|---:|");
    let mut results: Vec<(&str, Value)> = Vec::new();
    let runs = runs();
    let words: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    for run in chosen(&runs, &words) {
        let result = measure(house, run, &results)?;
        run.rows.iter().for_each(|row| println!("{}", line(run, row, &result, &results)));
        results.push((&run.name, result));
    }
    if args.iter().any(|arg| arg == "--save") {
        save(house, &environment, &results)?;
    }
    Ok(true)
}

/// The runs that are asked for, in their order.
fn chosen<'a>(runs: &'a [Run], words: &[&String]) -> Vec<&'a Run> {
    let is_named = |run: &Run| words.iter().any(|word| run.name.contains(word.as_str()));
    let baselines: Vec<&str> =
        runs.iter().filter(|run| is_named(run)).flat_map(Run::compared_with).collect();
    let is_chosen =
        |run: &&Run| words.is_empty() || is_named(run) || baselines.contains(&run.name.as_str());
    runs.iter().filter(is_chosen).collect()
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

//! `unisono lab reliability`: theory, drawn rounds and the real cores beside each other.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

mod answer;
mod figure;
mod points;

use serde_json::{Value, json};

use crate::args::{Engine, ReliabilityArgs};
use crate::failure::{Failure, Result};
use crate::output::{Report, Table, note, pairs};
use crate::progress;

pub(super) use points::links_of;

/// Answers one question, or one for each point of a sweep.
pub(crate) fn run(args: &ReliabilityArgs) -> Result<Report> {
    let points = points::of(args)?;
    let spinner = progress::spinner(format!("{} points, seed {}", points.len(), args.seed));
    let mut answers = Vec::with_capacity(points.len());
    for (at, point) in points.iter().enumerate() {
        spinner.set_message(format!("point {} of {}", at + 1, points.len()));
        answers.push(answer::of(args, point)?);
    }
    spinner.finish_and_clear();
    if let Some(file) = &args.figure {
        figure::write(file, args, &answers)?;
        note(&format!("wrote {}", file.display()));
    }
    if args.sweep.is_empty() {
        let value = answers.pop().unwrap_or(Value::Null);
        return Ok(Report::new(value.clone(), describe(&value)));
    }
    let text = table(&answers);
    Ok(Report::new(json!({ "items": answers }), text))
}

/// A library's refusal is a usage error: what it says is why.
pub(super) fn refused(error: &lab::reliability::Error) -> Failure {
    use lab::reliability::Error;
    let failure = Failure::usage("this cannot be computed").why(error);
    match error {
        Error::Intractable { .. } => {
            failure.next("ask for drawn rounds instead: --engine mc, or --engine rare")
        }
        Error::Probability { .. }
        | Error::Nodes { .. }
        | Error::Faults { .. }
        | Error::Silent { .. }
        | Error::Leader { .. }
        | Error::Protocol { .. }
        | Error::Topology { .. }
        | Error::Arity { .. }
        | Error::Thresholds { .. }
        | Error::NotSquare { .. }
        | Error::NotANumber { .. }
        | Error::Size { .. }
        | Error::Rounds { .. } => failure.next("`unisono lab reliability --help`"),
    }
}

fn wants(args: &ReliabilityArgs, engine: Engine) -> bool {
    args.engine.contains(&engine)
}

/// The question first, then what answers it.
const SHOWN: [&str; 21] = [
    "protocol",
    "nodes",
    "faults",
    "need",
    "p",
    "topology",
    "thresholds",
    "silent",
    "leader",
    "theory",
    "theory_failure",
    "theory_refused",
    "theory_relative_error_max",
    "theory_cpu_ms",
    "estimate",
    "ci95",
    "theory_in_ci95",
    "residual",
    "rounds",
    "seed",
    "rounds_per_cpu_s",
];

fn describe(value: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let shown = SHOWN.iter().filter(|&&key| !value[key].is_null());
    let mut rows: Vec<(String, String)> =
        shown.map(|&key| (key.to_owned(), text(&value[key]))).collect();
    for (key, value) in value["rare"].as_object().into_iter().flatten() {
        rows.push((format!("rare {key}"), text(value)));
    }
    for core in value["cores"].as_array().into_iter().flatten() {
        let help = core["help"].as_str().unwrap_or_default();
        for key in ["theory", "estimate", "ci95", "trials", "decided_share", "trials_per_cpu_s"] {
            if !core[key].is_null() {
                rows.push((format!("core, help {help}: {key}"), text(&core[key])));
            }
        }
    }
    let rows: Vec<(&str, String)> =
        rows.iter().map(|(key, text)| (key.as_str(), text.clone())).collect();
    pairs(&rows)
}

fn table(answers: &[Value]) -> String {
    let mut table = Table::new([
        "NODES", "P", "F", "SILENT", "TOPOLOGY", "THEORY", "ESTIMATE", "CI95", "CORES",
    ]);
    for answer in answers {
        let short = |value: &Value| {
            value.as_f64().map_or_else(|| "–".to_owned(), |value| format!("{value:.6}"))
        };
        let cores = answer["cores"].as_array().into_iter().flatten();
        let cores: Vec<String> = cores.map(|core| short(&core["estimate"])).collect();
        let ci95 = &answer["ci95"];
        table.row([
            answer["nodes"].to_string(),
            answer["p"].to_string(),
            answer["faults"].to_string(),
            answer["silent"].to_string(),
            answer["topology"].as_str().unwrap_or_default().to_owned(),
            short(&answer["theory"]),
            short(&answer["estimate"]),
            if ci95.is_null() {
                String::new()
            } else {
                format!("{} to {}", short(&ci95[0]), short(&ci95[1]))
            },
            cores.join(" "),
        ]);
    }
    table.render()
}

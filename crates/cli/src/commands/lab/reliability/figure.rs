//! The curves of a sweep over p: theory, drawn rounds with their intervals, the cores, and what theory leaves.

use std::collections::BTreeMap;
use std::path::Path;

use figures::{Axis, Figure, Lines, Plot, Residuals, Series, Size, Style};
use serde_json::Value;

use crate::args::ReliabilityArgs;
use crate::failure::{Explain, Failure, Result};

/// Draws the answers into a file.
pub(super) fn write(file: &Path, args: &ReliabilityArgs, answers: &[Value]) -> Result<()> {
    let figure = curves(args, answers);
    let too_much = |error: figures::TooMuch| Failure::usage("too much for one figure").why(error);
    let bytes = match file.extension().and_then(|end| end.to_str()) {
        Some("svg") => figures::svg(&figure).map_err(too_much)?.into_bytes(),
        Some("pdf") => figures::pdf(&figure).map_err(too_much)?,
        _ => {
            return Err(Failure::usage(format!("{} is no figure", file.display()))
                .why("a figure's name ends in .svg or .pdf"));
        }
    };
    std::fs::write(file, bytes).explain(|| format!("cannot write {}", file.display()))
}

/// Points and bands by the name of their line.
type Curves = BTreeMap<String, (Vec<[f64; 2]>, Vec<[f64; 2]>)>;

fn curves(args: &ReliabilityArgs, answers: &[Value]) -> Figure {
    let (mut theory, mut drawn, mut cores, mut left) =
        (Curves::new(), Curves::new(), Curves::new(), Curves::new());
    let (key, what) = axis(answers);
    for answer in answers {
        let x = answer[key].as_f64().unwrap_or_default();
        let who = label(answer, key);
        add(&mut theory, &format!("{who}, theory"), x, &answer["theory"], None);
        add(
            &mut drawn,
            &format!("{who}, drawn"),
            x,
            &answer["estimate"],
            Some((&answer["ci95"], 0.0)),
        );
        let exact = answer["theory"].as_f64().unwrap_or_default();
        let residual = &answer["residual"];
        add(&mut left, &format!("{who}, drawn"), x, residual, Some((&answer["ci95"], exact)));
        for core in answer["cores"].as_array().into_iter().flatten() {
            let name = format!("{who}, core, help {}", core["help"].as_str().unwrap_or_default());
            add(&mut cores, &name, x, &core["estimate"], Some((&core["ci95"], 0.0)));
            let name = format!("{who}, theory as the core counts");
            add(&mut theory, &name, x, &core["theory"], None);
        }
    }
    let series = series(theory, Style::Plain)
        .chain(series(drawn, Style::Marks))
        .chain(series(cores, Style::Marked))
        .collect();
    let residuals: Vec<Series> = series_of(left);
    Figure {
        title: format!("{}: how likely a round succeeds", args.protocol),
        caption: caption(args, answers),
        size: Size::Page,
        source: None,
        plot: Plot::Lines(Lines {
            x: Axis::linear(what),
            y: Axis::linear("probability of success").between(0.0, 1.0),
            series,
            residuals: (!residuals.is_empty())
                .then(|| Residuals { label: "drawn minus theory".to_owned(), series: residuals }),
        }),
    }
}

fn series_of(curves: Curves) -> Vec<Series> {
    series(curves, Style::Marks).collect()
}

fn series(curves: Curves, style: Style) -> impl Iterator<Item = Series> {
    curves.into_iter().map(move |(label, (points, band))| Series { label, style, points, band })
}

fn add(curves: &mut Curves, label: &str, x: f64, y: &Value, band: Option<(&Value, f64)>) {
    let Some(y) = y.as_f64() else { return };
    let (points, bands) = curves.entry(label.to_owned()).or_default();
    points.push([x, y]);
    if let Some((band, zero)) = band {
        let end = |at: usize| band[at].as_f64().unwrap_or(y) - zero;
        bands.push([end(0), end(1)]);
    }
}

/// What the horizontal axis counts: the first of these that changes.
const AXES: [(&str, &str); 4] = [
    ("p", "delivery probability of a link, p"),
    ("nodes", "nodes, N"),
    ("faults", "faults allowed for, f"),
    ("silent", "silent nodes"),
];

fn axis(answers: &[Value]) -> (&'static str, &'static str) {
    let changes = |key: &str| answers.iter().any(|answer| answer[key] != answers[0][key]);
    AXES.into_iter().find(|(key, _)| changes(key)).unwrap_or(AXES[0])
}

/// What tells one line from another: everything but what the axis counts.
fn label(answer: &Value, axis: &str) -> String {
    let mut parts = Vec::new();
    for (key, name) in [("p", "p"), ("nodes", "N"), ("faults", "f")] {
        let follows = key == "faults" && axis == "nodes";
        if key != axis && !follows && !answer[key].is_null() {
            parts.push(format!("{name} = {}", answer[key]));
        }
    }
    parts.push(answer["topology"].as_str().unwrap_or_default().to_owned());
    if axis != "silent" && answer["silent"] != 0 {
        parts.push(format!("{} silent", answer["silent"]));
    }
    parts.join(", ")
}

fn caption(args: &ReliabilityArgs, answers: &[Value]) -> String {
    let rounds: u64 = answers.iter().filter_map(|answer| answer["rounds"].as_u64()).sum();
    format!(
        "Thresholds {}, seed {}, {rounds} rounds drawn in all. Bands are 95 % score intervals (Wilson).",
        args.thresholds, args.seed
    )
}

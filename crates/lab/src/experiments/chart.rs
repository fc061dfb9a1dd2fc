//! From finished cells to figures.

use std::collections::BTreeSet;

use figures::{
    Axis, Figure, Group, GroupStyle, Groups, Heat, Lines, Plot, Series, Size, Source, Style,
};
use stats::{density, ecdf_half_width, quantile, summary};

use super::error::Error;
use super::metrics::{LATENCY, METRICS, Metric};
use super::summary::{CONFIDENCE, interval, values};
use super::{FigureSpec, Finished, Plan};

/// Most steps of a drawn distribution: more cannot be told apart in print.
const STEPS_MAX: usize = 400;
const DENSITY_POINTS: usize = 80;
const OUTLIERS_MAX: usize = 200;

/// Draws a figure of a run.
pub(crate) fn figure(plan: &Plan, cells: &[Finished], spec: &FigureSpec) -> Result<Figure, Error> {
    let cells: Vec<&Finished> = cells.iter().filter(|cell| is_meant(spec, cell)).collect();
    check_axes(spec, &cells)?;
    let plot = match spec.kind.as_str() {
        "cdf" => Plot::Lines(distribution(spec, &cells)),
        "box" => Plot::Groups(groups(spec, &cells, GroupStyle::Box)),
        "violin" => Plot::Groups(groups(spec, &cells, GroupStyle::Violin)),
        "heat" => Plot::Heat(heat(spec, &cells)),
        _ => Plot::Lines(series(spec, &cells)),
    };
    Ok(Figure {
        title: spec.title.clone(),
        caption: caption(plan, spec, &cells),
        size: Size::Page,
        source: Some(Source { run: plan.fingerprint.clone(), figure: spec.name.clone() }),
        plot,
    })
}

fn is_meant(spec: &FigureSpec, cell: &Finished) -> bool {
    spec.only.iter().all(|(key, value)| cell.params.get(key) == Some(value))
}

/// A parameter that varies and is neither an axis nor fixed would be mixed in silence.
fn check_axes(spec: &FigureSpec, cells: &[&Finished]) -> Result<(), Error> {
    let shown = [&spec.x, &spec.by, if spec.kind == "heat" { &spec.y } else { &spec.by }];
    let keys: BTreeSet<&String> = cells.iter().flat_map(|cell| cell.params.keys()).collect();
    for key in keys {
        let values: BTreeSet<_> = cells.iter().map(|cell| cell.params.get(key)).collect();
        // What varies together with an axis is that axis under another name.
        let shown_values: BTreeSet<_> =
            cells.iter().map(|cell| shown.map(|axis| cell.params.get(axis))).collect();
        let both: BTreeSet<_> = cells
            .iter()
            .map(|cell| (shown.map(|axis| cell.params.get(axis)), cell.params.get(key)))
            .collect();
        if values.len() > 1 && both.len() > shown_values.len() {
            return Err(Error::usage(format!(
                "figure `{}` would mix different `{key}`",
                spec.name
            ))
            .why(format!("`{key}` has {} values, and the figure shows none of them", values.len()))
            .next(format!("name it as `x` or `by`, or fix it by `where = {{ {key} = \"…\" }}`")));
        }
    }
    Ok(())
}

fn metric(name: &str) -> Metric {
    METRICS.iter().find(|metric| metric.name == name).copied().unwrap_or(METRICS[0])
}

/// A metric's label with its unit, and what to divide its values by.
fn unit(name: &str) -> (String, f64) {
    let Metric { what, .. } = metric(name);
    if name.contains("_us") {
        (format!("{what} (ms)"), 1_000.0)
    } else if name.ends_with("_per_s") {
        (format!("{what} (1/s)"), 1.0)
    } else {
        (what.to_owned(), 1.0)
    }
}

fn axis(label: String, log: bool) -> Axis {
    if log { Axis::log(label) } else { Axis::linear(label) }
}

/// The values of a parameter, in the order of the plan.
fn values_of(key: &str, cells: &[&Finished]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for value in cells.iter().filter_map(|cell| cell.params.get(key)) {
        if !all.contains(value) {
            all.push(value.clone());
        }
    }
    if all.iter().all(|value| number(value).is_some()) {
        all.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)));
    }
    all
}

/// The number that a parameter begins with: parts per million become a share.
fn number(text: &str) -> Option<f64> {
    if let Some(ppm) = text.strip_suffix("ppm") {
        return ppm.parse::<f64>().ok().map(|ppm| ppm / 1e6);
    }
    if let Some(percent) = text.strip_suffix('%') {
        return percent.parse::<f64>().ok().map(|percent| percent / 100.0);
    }
    text.parse().ok()
}

/// The cells of each line or group, with its label.
fn parts<'a>(spec: &FigureSpec, cells: &[&'a Finished]) -> Vec<(String, Vec<&'a Finished>)> {
    if spec.by.is_empty() {
        return vec![("all".to_owned(), cells.to_vec())];
    }
    let with = |value: &String| -> Vec<&Finished> {
        cells.iter().filter(|cell| cell.params.get(&spec.by) == Some(value)).copied().collect()
    };
    let label = |value: &String| match number(value) {
        Some(_) => format!("{} = {value}", spec.by),
        None => value.clone(),
    };
    let values = values_of(&spec.by, cells);
    values.iter().map(|value| (label(value), with(value))).collect()
}

/// Means with their intervals over a parameter.
fn series(spec: &FigureSpec, cells: &[&Finished]) -> Lines {
    let (label, scale) = unit(&spec.y);
    let metric = metric(&spec.y);
    let places = values_of(&spec.x, cells);
    let place_of = |index: usize, value: &str| number(value).unwrap_or(index as f64);
    let line = |(label, part): (String, Vec<&Finished>)| {
        let (mut points, mut band) = (Vec::new(), Vec::new());
        for (index, value) in places.iter().enumerate() {
            let here = part.iter().filter(|cell| cell.params.get(&spec.x) == Some(value));
            let found = values(&spec.y, &here.copied().collect::<Vec<_>>());
            let Ok(summary) = summary(&found, CONFIDENCE) else { continue };
            let x = place_of(index, value);
            points.push([x, summary.mean / scale]);
            let (low, high, _) =
                interval(metric, &found, &summary).unwrap_or((summary.mean, summary.mean, ""));
            band.push([low / scale, high / scale]);
        }
        Series { label, style: Style::Marked, points, band }
    };
    let series = parts(spec, cells).into_iter().map(line).collect();
    let x = axis(spec.x.clone(), spec.log_x);
    Lines { x, y: axis(label, spec.log_y), series, residuals: None }
}

/// The share of values at or below each, with the band of Dvoretzky, Kiefer and Wolfowitz.
fn distribution(spec: &FigureSpec, cells: &[&Finished]) -> Lines {
    let (label, scale) = unit(&spec.y);
    let line = |(label, part): (String, Vec<&Finished>)| {
        let mut sorted = values(&spec.y, &part);
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let half = ecdf_half_width(n, CONFIDENCE).unwrap_or(1.0);
        let steps = n.min(STEPS_MAX);
        let point = |step: usize| {
            let rank = (step + 1) * n / steps;
            [sorted[rank - 1] / scale, rank as f64 / n as f64]
        };
        let points: Vec<[f64; 2]> = (0..steps).map(point).collect();
        let band =
            points.iter().map(|[_, share]| [(share - half).max(0.0), (share + half).min(1.0)]);
        Series { label, style: Style::Steps, band: band.collect(), points }
    };
    Lines {
        x: axis(label, spec.log_x),
        y: Axis::linear("share of values at or below").between(0.0, 1.0),
        series: parts(spec, cells).into_iter().map(line).collect(),
        residuals: None,
    }
}

fn groups(spec: &FigureSpec, cells: &[&Finished], style: GroupStyle) -> Groups {
    let (label, scale) = unit(&spec.y);
    let metric = metric(&spec.y);
    let group = |(label, part): (String, Vec<&Finished>)| {
        let found: Vec<f64> = values(&spec.y, &part).iter().map(|value| value / scale).collect();
        let summary = summary(&found, CONFIDENCE).ok()?;
        let mut sorted = found.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| quantile(&sorted, share, CONFIDENCE).value;
        let (q1, median, q3) = (at(0.25), at(0.5), at(0.75));
        let reach = 1.5 * (q3 - q1);
        let inside = |value: &&f64| (q1 - reach..=q3 + reach).contains(*value);
        let low = sorted.iter().find(inside).copied().unwrap_or(q1);
        let high = sorted.iter().rfind(inside).copied().unwrap_or(q3);
        let outliers: Vec<f64> = sorted.iter().filter(|value| !inside(value)).copied().collect();
        let step = outliers.len().div_ceil(OUTLIERS_MAX).max(1);
        Some(Group {
            label,
            n: summary.n as u64,
            five: [low, q1, median, q3, high],
            mean: summary.mean,
            mean_interval: interval(metric, &found, &summary).map(|(low, high, _)| [low, high]),
            outliers: match style {
                GroupStyle::Box => outliers.into_iter().step_by(step).collect(),
                GroupStyle::Violin => Vec::new(),
            },
            density: match style {
                GroupStyle::Box => Vec::new(),
                GroupStyle::Violin => density(&found, DENSITY_POINTS)
                    .map(|points| points.into_iter().map(|(x, y)| [x, y]).collect())
                    .unwrap_or_default(),
            },
        })
    };
    Groups {
        style,
        x_label: spec.by.clone(),
        y: axis(label, spec.log_y),
        groups: parts(spec, cells).into_iter().filter_map(group).collect(),
    }
}

fn heat(spec: &FigureSpec, cells: &[&Finished]) -> Heat {
    let (value_label, scale) = unit(&spec.value);
    let (columns, rows) = (values_of(&spec.x, cells), values_of(&spec.y, cells));
    let value = |row: &String, column: &String| {
        let here = cells.iter().filter(|cell| {
            cell.params.get(&spec.x) == Some(column) && cell.params.get(&spec.y) == Some(row)
        });
        let found = values(&spec.value, &here.copied().collect::<Vec<_>>());
        (!found.is_empty()).then(|| stats::mean(&found) / scale)
    };
    let values =
        rows.iter().map(|row| columns.iter().map(|column| value(row, column)).collect()).collect();
    let (x_label, y_label) = (spec.x.clone(), spec.y.clone());
    Heat { x_label, y_label, value_label, columns, rows, values }
}

fn caption(plan: &Plan, spec: &FigureSpec, cells: &[&Finished]) -> String {
    let method = match spec.kind.as_str() {
        "cdf" => {
            "The bands hold for the whole curve with 95 % confidence if the values are independent (Dvoretzky, Kiefer and Wolfowitz)."
        }
        "box" => {
            "Boxes are quartiles, whiskers reach to 1.5 times their distance, diamonds are means with 95 % intervals."
        }
        "violin" => {
            "Gaussian kernels (Silverman), bars are quartiles, diamonds are means with 95 % intervals."
        }
        "heat" => "Means.",
        _ => {
            "Points are means, bars and bands 95 % intervals (Student; Wilson for shares of runs)."
        }
    };
    let name = if spec.kind == "heat" { &spec.value } else { &spec.y };
    let metric = metric(name);
    let n = if metric.name == LATENCY {
        format!(
            "{} requests of {} runs",
            cells.iter().map(|cell| cell.latency_us.len()).sum::<usize>(),
            cells.len()
        )
    } else {
        format!("{} runs, {} of each kind", cells.len(), plan.scenario.repeats)
    };
    let fixed: Vec<String> =
        spec.only.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let fixed = if fixed.is_empty() { String::new() } else { format!(" {}.", fixed.join(", ")) };
    format!("{n}, seed {}, run {}.{fixed} {method}", plan.scenario.seed, plan.short())
}

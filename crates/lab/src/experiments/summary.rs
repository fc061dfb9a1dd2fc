//! The numbers of a run: one row for each combination of parameters and each metric.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};
use stats::{Summary, summary, wilson};

use super::metrics::{LATENCY, METRICS, Metric};
use super::{Finished, Params};

/// The confidence of every interval.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// What is said of one metric under one combination of parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The parameters.
    pub params: Params,
    /// The metric.
    pub metric: Metric,
    /// The numbers.
    pub summary: Summary,
    /// The 95 % interval of the mean, and how it was found; none for metrics of requests, which depend on each other.
    pub interval: Option<(f64, f64, &'static str)>,
}

/// Cells with the same parameters, in the order of the plan.
pub(crate) fn combinations(cells: &[Finished]) -> Vec<(&Params, Vec<&Finished>)> {
    let mut all: Vec<(&Params, Vec<&Finished>)> = Vec::new();
    for cell in cells {
        match all.last_mut() {
            Some((params, group)) if **params == cell.params => group.push(cell),
            Some(_) | None => all.push((&cell.params, vec![cell])),
        }
    }
    all
}

/// How many combinations of parameters some cells have.
pub(crate) fn combinations_of(cells: &[&Finished]) -> usize {
    cells.iter().map(|cell| &cell.params).collect::<BTreeSet<_>>().len()
}

/// The values of a metric in some cells.
pub(crate) fn values(metric: &str, cells: &[&Finished]) -> Vec<f64> {
    if metric == LATENCY {
        cells.iter().flat_map(|cell| cell.latency_us.iter().map(|us| *us as f64)).collect()
    } else {
        cells.iter().filter_map(|cell| cell.metrics.get(metric).copied()).collect()
    }
}

/// The 95 % interval of a metric's mean over cells.
pub(crate) fn interval(
    metric: Metric,
    values: &[f64],
    summary: &Summary,
) -> Option<(f64, f64, &'static str)> {
    if metric.is_sampled {
        return None;
    }
    if metric.is_share {
        let hits = values.iter().filter(|value| **value > 0.5).count() as u64;
        let interval = wilson(hits, values.len() as u64, CONFIDENCE).ok()?;
        return Some((interval.low, interval.high, "wilson"));
    }
    summary.mean_interval.map(|interval| (interval.low, interval.high, "student"))
}

/// All rows of a run.
#[must_use]
pub fn rows(cells: &[Finished]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (params, group) in combinations(cells) {
        for metric in METRICS {
            let values = values(metric.name, &group);
            let Ok(summary) = summary(&values, CONFIDENCE) else { continue };
            let interval = interval(*metric, &values, &summary);
            rows.push(Row { params: params.clone(), metric: *metric, summary, interval });
        }
    }
    rows
}

const QUANTILES: [&str; 5] = ["p50", "p90", "p95", "p99", "p999"];

/// The rows as JSON.
pub(crate) fn as_json(rows: &[Row]) -> Value {
    let row = |row: &Row| {
        let Row { params, metric, summary, interval } = row;
        let mut value = json!({
            "params": params, "metric": metric.name, "n": summary.n, "mean": summary.mean, "sd": summary.sd,
            "ci95_low": interval.map(|(low, ..)| low), "ci95_high": interval.map(|(_, high, _)| high),
            "ci_method": interval.map(|(.., method)| method), "min": summary.min, "max": summary.max,
        });
        for (name, quantile) in QUANTILES.iter().zip(&summary.quantiles) {
            value[*name] = json!(quantile.value);
            value[format!("{name}_low")] = json!(quantile.low);
            value[format!("{name}_high")] = json!(quantile.high);
        }
        value["quantile_ci_method"] = json!("order statistics");
        value
    };
    Value::Array(rows.iter().map(row).collect())
}

/// The rows as CSV, a column for each parameter.
pub(crate) fn as_csv(rows: &[Row]) -> String {
    let keys: BTreeSet<&String> = rows.iter().flat_map(|row| row.params.keys()).collect();
    let mut out = String::new();
    keys.iter().for_each(|key| out.push_str(&format!("{},", field(key))));
    out.push_str("metric,n,mean,ci95_low,ci95_high,ci_method,sd,min,max");
    for name in QUANTILES {
        let _ = write!(out, ",{name},{name}_low,{name}_high");
    }
    out.push('\n');
    for Row { params, metric, summary, interval } in rows {
        for key in &keys {
            out.push_str(&field(params.get(*key).map_or("", String::as_str)));
            out.push(',');
        }
        let (low, high, method) = match interval {
            Some((low, high, method)) => (low.to_string(), high.to_string(), *method),
            None => Default::default(),
        };
        let Summary { n, mean, sd, min, max, quantiles, .. } = summary;
        let _ = write!(out, "{},{n},{mean},{low},{high},{method},{sd},{min},{max}", metric.name);
        for quantile in quantiles {
            let bound =
                |bound: Option<f64>| bound.map(|value| value.to_string()).unwrap_or_default();
            let (low, high) = (bound(quantile.low), bound(quantile.high));
            let _ = write!(out, ",{},{low},{high}", quantile.value);
        }
        out.push('\n');
    }
    out
}

/// A field of CSV, quoted where it must be.
pub(crate) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

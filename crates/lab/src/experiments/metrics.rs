//! What is measured in a cell.

use std::collections::BTreeMap;

use sim::{Asked, Report, Verdict};

/// Something measured, its unit at the end of its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub what: &'static str,
    /// Whether it is 0 or 1 in each cell, so that its mean is a share of cells.
    pub is_share: bool,
    /// Whether it is measured for each request, not for each cell.
    pub is_sampled: bool,
}

const fn number(name: &'static str, what: &'static str) -> Metric {
    Metric { name, what, is_share: false, is_sampled: false }
}
const fn share(name: &'static str, what: &'static str) -> Metric {
    Metric { name, what, is_share: true, is_sampled: false }
}

/// The requests' own metric.
pub(crate) const LATENCY: &str = "latency_us";

/// Everything that is measured.
pub const METRICS: &[Metric] = &[
    Metric {
        name: LATENCY,
        what: "from a request to the proof of its commit",
        is_share: false,
        is_sampled: true,
    },
    number("latency_us_mean", "mean latency of a run"),
    number("latency_us_p50", "median latency of a run"),
    number("latency_us_p95", "95th percentile of a run's latency"),
    number("latency_us_p99", "99th percentile of a run's latency"),
    number("latency_us_p999", "99.9th percentile of a run's latency"),
    number("latency_us_max", "longest latency of a run"),
    number("throughput_per_s", "requests answered per second"),
    number("answered_share", "share of requests answered"),
    number("within_1s_share", "share of requests answered within one second"),
    number("gap_us_max", "longest time without an answer"),
    number("duration_us", "from the first request to the last answer"),
    number("decisions", "blocks agreed on"),
    number("messages_per_decision", "messages between replicas for each block"),
    number("messages_per_request", "messages between replicas for each answered request"),
    number("view_max", "highest view that a correct replica entered, as the protocol numbers them"),
    number("liars_accused", "liars that were proven to lie"),
    share("diverged", "runs in which an invariant was broken"),
    share("no_progress", "runs that went nowhere after healing"),
];

/// The metrics of a simulation; those of requests only count the `measured` ones.
pub(crate) fn of_report(report: &Report, measured: &[Asked]) -> BTreeMap<String, f64> {
    let mut metrics = of_requests(measured);
    let mut put = |name: &str, value: f64| {
        metrics.insert(name.to_owned(), value);
    };
    let answered = report.requests.iter().filter(|asked| asked.answered_us.is_some()).count();
    put("decisions", report.decisions as f64);
    if report.decisions > 0 {
        put("messages_per_decision", report.messages as f64 / report.decisions as f64);
    }
    if answered > 0 {
        put("messages_per_request", report.messages as f64 / answered as f64);
    }
    put("view_max", report.view_changes as f64);
    let accused = |node: &&types::NodeId| report.accusations.iter().any(|(by, _)| by == *node);
    put("liars_accused", report.liars.iter().filter(accused).count() as f64);
    put("diverged", f64::from(u8::from(report.verdict == Verdict::Diverged)));
    put("no_progress", f64::from(u8::from(report.verdict == Verdict::NoProgress)));
    metrics
}

/// The metrics of requests alone; those that need an answer are absent where there was none.
pub(crate) fn of_requests(requests: &[Asked]) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    let mut put = |name: &str, value: f64| {
        metrics.insert(name.to_owned(), value);
    };
    let mut latencies = latencies_us(requests);
    latencies.sort_unstable();
    let at = |per_mille: usize| {
        let rank = (latencies.len() * per_mille).div_ceil(1_000).max(1);
        latencies[rank - 1] as f64
    };
    let share = |count: usize| count as f64 / requests.len().max(1) as f64;
    put("answered_share", share(latencies.len()));
    put("within_1s_share", share(latencies.partition_point(|us| *us <= 1_000_000)));
    let mut answers: Vec<u64> = requests.iter().filter_map(|asked| asked.answered_us).collect();
    let first = requests.iter().map(|asked| asked.asked_us).min();
    answers.sort_unstable();
    if let (Some(first_us), Some(&last_us)) = (first, answers.last()) {
        let sum: u64 = latencies.iter().sum();
        put("latency_us_mean", sum as f64 / latencies.len() as f64);
        put("latency_us_p50", at(500));
        put("latency_us_p95", at(950));
        put("latency_us_p99", at(990));
        put("latency_us_p999", at(999));
        put("latency_us_max", at(1_000));
        let duration_us = last_us.saturating_sub(first_us).max(1);
        put("duration_us", duration_us as f64);
        put("throughput_per_s", answers.len() as f64 * 1e6 / duration_us as f64);
        let times = std::iter::once(first_us).chain(answers.iter().copied());
        let gaps = times.zip(&answers).map(|(before, after)| after.saturating_sub(before));
        put("gap_us_max", gaps.max().unwrap_or(0) as f64);
    }
    metrics
}

/// The latencies of the answered requests, in the order in which they were asked.
pub(crate) fn latencies_us(requests: &[Asked]) -> Vec<u64> {
    let spans =
        requests.iter().filter_map(|asked| Some(asked.answered_us?.saturating_sub(asked.asked_us)));
    spans.collect()
}

//! Claims: numbers in documents, with the runs that they come from.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::cell::{Finished, run_cell};
use super::error::{Error, unknown};
use super::metrics::METRICS;
use super::report::short;
use super::summary::values;
use super::{Params, Plan, Scenario, shipped};
use crate::parallel;

/// Most claims in one file.
const CLAIMS_MAX: usize = 1_000;

/// One number that a document states.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The sentence, with `{}` where the number stands.
    pub claim: String,
    /// The shipped scenario that it comes from.
    pub scenario: String,
    /// The scenario's preset, where it is one.
    #[serde(default)]
    pub preset: Option<String>,
    /// Values replaced, as on the command line.
    #[serde(default)]
    pub set: Vec<String>,
    /// The metric; one of time is stated in milliseconds.
    pub metric: String,
    /// `mean`, `p50`, `p95`, `p99` or `max` over the runs, or over their requests.
    pub statistic: String,
    /// Only cells with these parameters.
    #[serde(default, rename = "where")]
    pub only: Params,
    /// The number as the document states it.
    pub value: String,
}

/// A claim and what its runs say now.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// The claim.
    pub claim: Claim,
    /// The number that the runs give, to three digits.
    pub found: String,
}

impl Checked {
    /// Whether the document says what the runs say.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.found == self.claim.value
    }
    /// The sentence with the number that was found.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.claim.claim.replace("{}", &self.found)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    claims: Vec<Claim>,
}

const STATISTICS: [&str; 5] = ["mean", "p50", "p95", "p99", "max"];

/// Runs again whatever the claims of a file come from, and compares.
///
/// # Errors
/// Where the file is none, names what nobody knows, or a run has no such number.
pub fn check_claims(text: &str, threads: NonZeroUsize) -> Result<Vec<Checked>, Error> {
    let File { claims } = toml::from_str(text).map_err(|error| {
        Error::usage("these claims cannot be read").why(error.to_string().trim_end())
    })?;
    if claims.len() > CLAIMS_MAX {
        return Err(Error::usage(format!("{} claims in one file", claims.len()))
            .why(format!("at most {CLAIMS_MAX}")));
    }
    let mut runs: BTreeMap<String, Vec<Finished>> = BTreeMap::new();
    let mut checked = Vec::with_capacity(claims.len());
    for claim in claims {
        let plan = plan(&claim)?;
        // Claims from one run share it.
        let cells = runs
            .entry(plan.fingerprint.clone())
            .or_insert_with(|| parallel::map(&plan.cells, threads, run_cell));
        let found = number(&claim, cells)?;
        checked.push(Checked { claim, found });
    }
    Ok(checked)
}

fn plan(claim: &Claim) -> Result<Plan, Error> {
    let Claim { scenario, preset, set, metric, statistic, .. } = claim;
    let text = shipped(scenario).ok_or_else(|| {
        let known: Vec<&str> = super::SHIPPED.iter().map(|(name, _)| *name).collect();
        unknown("scenario", scenario, &known)
    })?;
    let metrics: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    if !metrics.contains(&metric.as_str()) {
        return Err(unknown("metric", metric, &metrics));
    }
    if !STATISTICS.contains(&statistic.as_str()) {
        return Err(unknown("statistic", statistic, &STATISTICS));
    }
    Plan::new(Scenario::read(text, preset.as_deref(), set)?)
}

fn number(claim: &Claim, cells: &[Finished]) -> Result<String, Error> {
    let Claim { metric, statistic, only, .. } = claim;
    let meant = cells
        .iter()
        .filter(|cell| only.iter().all(|(key, value)| cell.params.get(key) == Some(value)));
    let meant: Vec<&Finished> = meant.collect();
    let combinations = super::summary::combinations_of(&meant);
    if combinations != 1 {
        return Err(Error::usage(format!(
            "`{}` is about {combinations} combinations",
            claim.claim
        ))
        .why("a number comes from one")
        .next("fix the others by `where` or `set`"));
    }
    let mut values = values(metric, &meant);
    values.sort_unstable_by(f64::total_cmp);
    if values.is_empty() {
        return Err(Error::usage(format!("no run of `{}` has `{metric}`", claim.scenario)));
    }
    let at = |share: f64| stats::quantile(&values, share, 0.95).value;
    let value = match statistic.as_str() {
        "p50" => at(0.5),
        "p95" => at(0.95),
        "p99" => at(0.99),
        "max" => at(1.0),
        _ => stats::mean(&values),
    };
    let scale = if metric.contains("_us") { 1_000.0 } else { 1.0 };
    Ok(short(value / scale))
}

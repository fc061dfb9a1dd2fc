//! Whether groups of runs differ: in one metric, one value for each run.

mod json;

use std::path::PathBuf;

use stats::{
    Anova, MannWhitney, Pair, Summary, Welch, anova, cliffs_delta, games_howell, hedges_g, holm,
    mann_whitney, summary, tukey, welch, welch_anova,
};

use super::error::{Error, unknown};
use super::metrics::METRICS;
use super::summary::{CONFIDENCE, values};
use super::{Finished, Folder, Params};

/// Most groups that are compared with each other.
const GROUPS_MAX: usize = 64;

/// Two groups.
#[derive(Clone, PartialEq, Debug)]
pub struct PairTest {
    /// The first group's place.
    pub first: usize,
    /// The second group's place.
    pub second: usize,
    /// Welch's test of the means; none where nothing varies.
    pub welch: Option<Welch>,
    /// Its p-value, corrected by Holm for all pairs.
    pub welch_p_holm: Option<f64>,
    /// The test of ranks.
    pub mann_whitney: Option<MannWhitney>,
    /// Its p-value, corrected by Holm for all pairs.
    pub mann_whitney_p_holm: Option<f64>,
    /// The difference in standard deviations.
    pub hedges_g: Option<f64>,
    /// How much more often the first is larger than smaller.
    pub cliffs_delta: Option<f64>,
    /// Games and Howell's comparison, which needs no equal variances.
    pub games_howell: Option<Pair>,
    /// Tukey's comparison, which does.
    pub tukey: Option<Pair>,
}

/// Groups compared in one metric.
#[derive(Clone, PartialEq, Debug)]
pub struct Comparison {
    /// The metric.
    pub metric: String,
    /// The groups, by their labels.
    pub groups: Vec<(String, Summary)>,
    /// Whether any mean differs, the variances being equal.
    pub anova: Option<Anova>,
    /// Whether any mean differs, whatever the variances.
    pub welch_anova: Option<Anova>,
    /// Every pair.
    pub pairs: Vec<PairTest>,
}

/// Runs in folders, compared; `only` are `KEY=VALUE` texts.
///
/// # Errors
/// Where a folder is none of a run, one of the texts says nothing, or as [`compare`] does.
pub fn compare_folders(
    paths: &[PathBuf],
    metric: &str,
    by: Option<&str>,
    only: &[String],
) -> Result<Comparison, Error> {
    let mut groups = Vec::new();
    for path in paths {
        let (folder, _, plan) = Folder::open(path)?;
        let (cells, _) = folder.cells(&plan)?;
        groups.push((format!("{}/{}", plan.scenario.name, plan.short()), cells));
    }
    let mut meant = Params::new();
    for text in only {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Error::usage(format!("`{text}` says nothing of a parameter")).next("write KEY=VALUE")
        })?;
        meant.insert(key.to_owned(), value.to_owned());
    }
    compare(&groups, metric, by, &meant)
}

/// Runs of several kinds, told apart by their labels; `only` keeps those with these parameters.
///
/// # Errors
/// Where the metric is none of a run, groups are fewer than two or empty, or a parameter would be mixed in silence.
pub fn compare(
    groups: &[(String, Vec<Finished>)],
    metric: &str,
    by: Option<&str>,
    only: &Params,
) -> Result<Comparison, Error> {
    let known: Vec<&str> =
        METRICS.iter().filter(|metric| !metric.is_sampled).map(|metric| metric.name).collect();
    if !known.contains(&metric) {
        return Err(unknown("metric of runs", metric, &known));
    }
    let mut split: Vec<(String, Vec<f64>)> = Vec::new();
    for (label, cells) in groups {
        let meant: Vec<&Finished> = cells
            .iter()
            .filter(|cell| only.iter().all(|(key, value)| cell.params.get(key) == Some(value)))
            .collect();
        refuse_mixture(&meant, by)?;
        let Some(by) = by else {
            split.push((label.clone(), values(metric, &meant)));
            continue;
        };
        let mut kinds: Vec<&str> = Vec::new();
        for kind in meant.iter().filter_map(|cell| cell.params.get(by)) {
            if !kinds.contains(&kind.as_str()) {
                kinds.push(kind);
            }
        }
        for kind in kinds {
            let of_kind =
                meant.iter().filter(|cell| cell.params.get(by).is_some_and(|v| v == kind));
            let prefix = if groups.len() > 1 { format!("{label} ") } else { String::new() };
            let of_kind = values(metric, &of_kind.copied().collect::<Vec<_>>());
            split.push((format!("{prefix}{by}={kind}"), of_kind));
        }
    }
    if split.len() < 2 || split.len() > GROUPS_MAX {
        return Err(Error::usage(format!("{} groups cannot be compared", split.len()))
            .why(format!("it takes 2 to {GROUPS_MAX}"))
            .next("name two runs, or one and `--by PARAMETER`"));
    }
    if let Some((label, _)) = split.iter().find(|(_, values)| values.is_empty()) {
        return Err(Error::usage(format!("no run of `{label}` has `{metric}`"))
            .next("see its summary.csv, or drop `--where`"));
    }
    Ok(tests(metric, &split))
}

fn refuse_mixture(cells: &[&Finished], by: Option<&str>) -> Result<(), Error> {
    let Some(first) = cells.first() else { return Ok(()) };
    for key in first.params.keys().filter(|key| Some(key.as_str()) != by) {
        // What varies together with the groups is part of what is compared.
        let differs = |cell: &&&Finished| {
            cell.params.get(key) != first.params.get(key)
                && by.is_none_or(|by| cell.params.get(by) == first.params.get(by))
        };
        if let Some(other) = cells.iter().find(differs) {
            let values =
                [first, *other].map(|cell| cell.params.get(key).cloned().unwrap_or_default());
            return Err(Error::usage(format!("this would mix runs of different `{key}`"))
                .why(format!("there are {} and {}", values[0], values[1]))
                .next(format!("add `--where {key}={}`, or `--by {key}`", values[0])));
        }
    }
    Ok(())
}

fn tests(metric: &str, groups: &[(String, Vec<f64>)]) -> Comparison {
    let slices: Vec<&[f64]> = groups.iter().map(|(_, values)| values.as_slice()).collect();
    let games_howell = games_howell(&slices, CONFIDENCE).unwrap_or_default();
    let tukey = tukey(&slices, CONFIDENCE).unwrap_or_default();
    let mut pairs = Vec::new();
    for first in 0..groups.len() {
        for second in first + 1..groups.len() {
            let (a, b) = (slices[first], slices[second]);
            let of = |pairs: &[Pair]| {
                pairs.iter().find(|pair| (pair.first, pair.second) == (first, second)).copied()
            };
            pairs.push(PairTest {
                first,
                second,
                welch: welch(a, b, CONFIDENCE).ok(),
                welch_p_holm: None,
                mann_whitney: mann_whitney(a, b).ok(),
                mann_whitney_p_holm: None,
                hedges_g: hedges_g(a, b).ok(),
                cliffs_delta: cliffs_delta(a, b).ok(),
                games_howell: of(&games_howell),
                tukey: of(&tukey),
            });
        }
    }
    correct(&mut pairs, |pair| pair.welch.map(|test| test.p), |pair| &mut pair.welch_p_holm);
    correct(
        &mut pairs,
        |pair| pair.mann_whitney.map(|test| test.p),
        |pair| &mut pair.mann_whitney_p_holm,
    );
    Comparison {
        metric: metric.to_owned(),
        groups: groups
            .iter()
            .filter_map(|(label, values)| Some((label.clone(), summary(values, CONFIDENCE).ok()?)))
            .collect(),
        anova: anova(&slices).ok(),
        welch_anova: welch_anova(&slices).ok(),
        pairs,
    }
}

/// Corrects the p-values that there are.
fn correct(
    pairs: &mut [PairTest],
    p: fn(&PairTest) -> Option<f64>,
    corrected: fn(&mut PairTest) -> &mut Option<f64>,
) {
    let ps: Vec<f64> = pairs.iter().filter_map(p).collect();
    let mut holm = holm(&ps).into_iter();
    for pair in pairs.iter_mut().filter(|pair| p(pair).is_some()) {
        *corrected(pair) = holm.next();
    }
}

//! A comparison for programs and for people.

use lab::experiments::{Comparison, PairTest};

use crate::output::{Report, Table};

pub(super) fn report(found: &Comparison) -> Report {
    Report::new(found.to_json(), text(found))
}

fn text(found: &Comparison) -> String {
    let mut groups = Table::new(["group", "runs", "mean", "ci95 low", "ci95 high", "sd", "median"]);
    for (label, summary) in &found.groups {
        let bound = |of: fn(&stats::Interval) -> f64| {
            summary.mean_interval.as_ref().map_or("-".to_owned(), |interval| number(of(interval)))
        };
        groups.row([
            label.clone(),
            summary.n.to_string(),
            number(summary.mean),
            bound(|interval| interval.low),
            bound(|interval| interval.high),
            number(summary.sd),
            number(summary.quantiles[0].value),
        ]);
    }
    let mut pairs = Table::new([
        "first",
        "second",
        "difference",
        "ci95 low",
        "ci95 high",
        "Welch p",
        "ranks p",
        "g",
        "delta",
        "G-H p",
    ]);
    for pair in &found.pairs {
        pairs.row(row(found, pair));
    }
    let anova = found.welch_anova.map_or_else(String::new, |test| {
        format!(
            "\n\nWelch's ANOVA: F({:.0}, {:.1}) = {}, p {}, eta squared {:.3}",
            test.df_between,
            test.df_within,
            number(test.f),
            chance(Some(test.p)),
            test.eta_squared
        )
    });
    format!(
        "{}\n\n{}\n\n{}{anova}\n\np of Welch and ranks (Mann-Whitney) are Holm's, G-H is Games and Howell's; g is Hedges', \
         delta Cliff's",
        found.metric,
        groups.render(),
        pairs.render()
    )
}

fn row(found: &Comparison, pair: &PairTest) -> [String; 10] {
    let optional = |value: Option<f64>| value.map_or("-".to_owned(), number);
    [
        found.groups[pair.first].0.clone(),
        found.groups[pair.second].0.clone(),
        optional(pair.welch.map(|test| test.difference)),
        optional(pair.welch.map(|test| test.interval.low)),
        optional(pair.welch.map(|test| test.interval.high)),
        chance(pair.welch_p_holm),
        chance(pair.mann_whitney_p_holm),
        optional(pair.hedges_g),
        optional(pair.cliffs_delta),
        chance(pair.games_howell.map(|pair| pair.p)),
    ]
}

/// Four significant digits.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (3 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.decimals$}")
}

fn chance(p: Option<f64>) -> String {
    match p {
        None => "-".to_owned(),
        Some(p) if p < 1e-4 => "<0.0001".to_owned(),
        Some(p) => format!("{p:.4}"),
    }
}

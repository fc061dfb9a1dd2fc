//! A comparison for programs.

use serde_json::{Value, json};

use super::Comparison;

impl Comparison {
    /// Groups, tests and pairs, by their names.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let interval = |low: f64, high: f64| json!([low, high]);
        let groups = self.groups.iter().map(|(label, summary)| {
            let mean_interval = summary.mean_interval.map(|bounds| interval(bounds.low, bounds.high));
            json!({
                "label": label, "n": summary.n, "mean": summary.mean, "mean_ci95": mean_interval, "sd": summary.sd,
                "median": summary.quantiles[0].value,
            })
        });
        let anova = |anova: Option<stats::Anova>| {
            anova.map(|test| {
                json!({
                    "f": test.f, "df_between": test.df_between, "df_within": test.df_within, "p": test.p,
                    "eta_squared": test.eta_squared,
                })
            })
        };
        let of_pair = |pair: Option<stats::Pair>| {
            pair.map(
                |pair| json!({ "ci95": interval(pair.interval.low, pair.interval.high), "p": pair.p }),
            )
        };
        let pairs = self.pairs.iter().map(|pair| {
            json!({
                "first": self.groups[pair.first].0, "second": self.groups[pair.second].0,
                "welch": pair.welch.map(|test| json!({
                    "difference": test.difference, "ci95": interval(test.interval.low, test.interval.high),
                    "t": test.t, "df": test.df, "p": test.p, "p_holm": pair.welch_p_holm,
                })),
                "mann_whitney": pair.mann_whitney.map(|test| json!({
                    "u": test.u, "p": test.p, "p_holm": pair.mann_whitney_p_holm, "exact": test.exact,
                })),
                "hedges_g": pair.hedges_g, "cliffs_delta": pair.cliffs_delta,
                "games_howell": of_pair(pair.games_howell), "tukey": of_pair(pair.tukey),
            })
        });
        json!({
            "metric": self.metric, "confidence": 0.95, "groups": groups.collect::<Vec<_>>(),
            "anova": anova(self.anova), "welch_anova": anova(self.welch_anova), "pairs": pairs.collect::<Vec<_>>(),
        })
    }
}

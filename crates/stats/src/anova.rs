use crate::Error;
use crate::describe::{mean, variance};
use crate::error::check;
use crate::special::f_upper;

/// An analysis of variance with one factor.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Anova {
    /// The statistic.
    pub f: f64,
    /// Degrees of freedom between groups.
    pub df_between: f64,
    /// Degrees of freedom within groups.
    pub df_within: f64,
    /// The chance of differences at least as large where there are none.
    pub p: f64,
    /// Which share of all variation lies between the groups (eta squared).
    pub eta_squared: f64,
}

pub(crate) fn check_groups(groups: &[&[f64]]) -> Result<(), Error> {
    if groups.len() < 2 {
        return Err(Error::TooFew { need: 2, have: groups.len() });
    }
    groups.iter().try_for_each(|group| check(group, 2))
}

/// Sums of squares: between the groups, and within them.
pub(crate) fn squares(groups: &[&[f64]]) -> (f64, f64) {
    let all: Vec<f64> = groups.concat();
    let middle = mean(&all);
    let between = groups.iter().map(|group| {
        let off = mean(group) - middle;
        group.len() as f64 * off * off
    });
    let within = groups.iter().map(|group| variance(group) * (group.len() - 1) as f64);
    (between.sum(), within.sum())
}

fn eta_squared(groups: &[&[f64]]) -> f64 {
    let (between, within) = squares(groups);
    between / (between + within)
}

/// Tests whether all means are equal, the variances being so (Fisher).
///
/// # Errors
/// Where there are fewer than two groups, a group with fewer than two values, or no spread within any.
pub fn anova(groups: &[&[f64]]) -> Result<Anova, Error> {
    check_groups(groups)?;
    let n: usize = groups.iter().map(|group| group.len()).sum();
    let (df_between, df_within) = ((groups.len() - 1) as f64, (n - groups.len()) as f64);
    let (between, within) = squares(groups);
    if within <= 0.0 {
        return Err(Error::NoSpread);
    }
    let f = (between / df_between) / (within / df_within);
    let p = f_upper(f, df_between, df_within);
    Ok(Anova { f, df_between, df_within, p, eta_squared: eta_squared(groups) })
}

/// Tests whether all means are equal, whatever the variances (Welch 1951).
///
/// # Errors
/// As [`anova`], and where any group has no spread.
pub fn welch_anova(groups: &[&[f64]]) -> Result<Anova, Error> {
    check_groups(groups)?;
    let k = groups.len() as f64;
    let mut weights = Vec::with_capacity(groups.len());
    for group in groups {
        let variance = variance(group);
        if variance <= 0.0 {
            return Err(Error::NoSpread);
        }
        weights.push(group.len() as f64 / variance);
    }
    let total: f64 = weights.iter().sum();
    let means: Vec<f64> = groups.iter().map(|group| mean(group)).collect();
    let middle = weights.iter().zip(&means).map(|(w, m)| w * m).sum::<f64>() / total;
    let between: f64 =
        weights.iter().zip(&means).map(|(w, m)| w * (m - middle) * (m - middle)).sum();
    let spread: f64 = weights
        .iter()
        .zip(groups)
        .map(|(w, group)| (1.0 - w / total) * (1.0 - w / total) / (group.len() - 1) as f64)
        .sum();
    let scale = 1.0 + 2.0 * (k - 2.0) / (k * k - 1.0) * spread;
    let f = between / (k - 1.0) / scale;
    let (df_between, df_within) = (k - 1.0, (k * k - 1.0) / (3.0 * spread));
    let p = f_upper(f, df_between, df_within);
    Ok(Anova { f, df_between, df_within, p, eta_squared: eta_squared(groups) })
}

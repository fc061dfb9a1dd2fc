use crate::anova::{check_groups, squares};
use crate::compare::welch_error;
use crate::describe::mean;
use crate::error::check_share;
use crate::studentized::{studentized_range_cdf, studentized_range_quantile};
use crate::{Error, Interval};

/// Two groups of several, compared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pair {
    /// The place of the first group.
    pub first: usize,
    /// The place of the second group.
    pub second: usize,
    /// The first mean minus the second.
    pub difference: f64,
    /// Where the true difference lies, for all pairs at once.
    pub interval: Interval,
    /// The chance of a difference at least as large where there is none, corrected for all pairs.
    pub p: f64,
}

/// Compares every pair of groups whose variances are equal (Tukey's honest significant difference; Kramer 1956).
///
/// # Errors
/// Where there are fewer than two groups, a group with fewer than two values, or no spread within any.
pub fn tukey(groups: &[&[f64]], confidence: f64) -> Result<Vec<Pair>, Error> {
    check_groups(groups)?;
    let n: usize = groups.iter().map(|group| group.len()).sum();
    let df = (n - groups.len()) as f64;
    let within = squares(groups).1 / df;
    all_pairs(groups, confidence, |a, b| (within / a.len() as f64 + within / b.len() as f64, df))
}

/// Compares every pair of groups whatever their variances (Games and Howell 1976).
///
/// # Errors
/// Where there are fewer than two groups, a group with fewer than two values, or a pair without any spread.
pub fn games_howell(groups: &[&[f64]], confidence: f64) -> Result<Vec<Pair>, Error> {
    check_groups(groups)?;
    all_pairs(groups, confidence, welch_error)
}

/// `error` gives the squared standard error of a pair's difference, and its degrees of freedom.
fn all_pairs(
    groups: &[&[f64]],
    confidence: f64,
    error: impl Fn(&[f64], &[f64]) -> (f64, f64),
) -> Result<Vec<Pair>, Error> {
    check_share(confidence)?;
    let k = groups.len();
    let mut pairs = Vec::with_capacity(k * (k - 1) / 2);
    for first in 0..k {
        for second in first + 1..k {
            let (squared, df) = error(groups[first], groups[second]);
            if squared <= 0.0 {
                return Err(Error::NoSpread);
            }
            // The range of k means is measured by the error of one mean, not by that of a difference.
            let scale = (0.5 * squared).sqrt();
            let difference = mean(groups[first]) - mean(groups[second]);
            let p = 1.0 - studentized_range_cdf(difference.abs() / scale, k, df);
            let half = studentized_range_quantile(confidence, k, df) * scale;
            let interval = Interval::around(difference, half);
            pairs.push(Pair { first, second, difference, interval, p: p.max(0.0) });
        }
    }
    Ok(pairs)
}

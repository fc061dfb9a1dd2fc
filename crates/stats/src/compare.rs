use crate::describe::{mean, variance};
use crate::error::{check, check_share};
use crate::special::{t_critical, t_two_sided};
use crate::{Error, Interval};

/// Welch's test of two means, whose variances may differ.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Welch {
    /// The first mean minus the second.
    pub difference: f64,
    /// Where the true difference lies.
    pub interval: Interval,
    /// The statistic.
    pub t: f64,
    /// Degrees of freedom (Welch and Satterthwaite).
    pub df: f64,
    /// The chance of a difference at least as large where there is none; two-sided.
    pub p: f64,
}

/// The squared standard error of a difference of two means, and its degrees of freedom.
pub(crate) fn welch_error(first: &[f64], second: &[f64]) -> (f64, f64) {
    let part = |values: &[f64]| variance(values) / values.len() as f64;
    let (a, b) = (part(first), part(second));
    let df =
        (a + b) * (a + b) / (a * a / (first.len() - 1) as f64 + b * b / (second.len() - 1) as f64);
    (a + b, df)
}

/// Tests whether two means differ (Welch 1947).
///
/// # Errors
/// Where a sample has fewer than two values, or neither has any spread.
pub fn welch(first: &[f64], second: &[f64], confidence: f64) -> Result<Welch, Error> {
    check(first, 2)?;
    check(second, 2)?;
    check_share(confidence)?;
    let (squared, df) = welch_error(first, second);
    if squared <= 0.0 {
        return Err(Error::NoSpread);
    }
    let difference = mean(first) - mean(second);
    let error = squared.sqrt();
    let t = difference / error;
    let interval = Interval::around(difference, t_critical(1.0 - confidence, df) * error);
    Ok(Welch { difference, interval, t, df, p: t_two_sided(t, df) })
}

/// Corrects p-values for having asked several questions at once (Holm 1979); in the order given.
#[must_use]
pub fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut corrected = vec![0.0; ps.len()];
    let mut least = 0.0_f64;
    for (place, &index) in order.iter().enumerate() {
        least = least.max(ps[index] * (ps.len() - place) as f64).min(1.0);
        corrected[index] = least;
    }
    corrected
}

use crate::error::{check, check_share};
use crate::quantile::{Quantile, quantile};
use crate::special::t_critical;
use crate::{Error, Interval};

/// What is said of every sample: how many, where, how wide, and how sure.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// How many values.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Where the true mean lies (Student); none for a single value.
    pub mean_interval: Option<Interval>,
    /// Their standard deviation, with n - 1; zero for a single value.
    pub sd: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// 50 %, 90 %, 95 %, 99 % and 99.9 %, in this order.
    pub quantiles: [Quantile; 5],
}

/// The shares at which [`summary`] gives quantiles.
pub(crate) const SHARES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// Describes a sample; intervals cover with `confidence`.
///
/// # Errors
/// Where there is no value, or one that is not finite.
pub fn summary(values: &[f64], confidence: f64) -> Result<Summary, Error> {
    check(values, 1)?;
    check_share(confidence)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let quantiles = SHARES.map(|share| quantile(&sorted, share, confidence));
    Ok(Summary {
        n: values.len(),
        mean: mean(values),
        mean_interval: mean_interval(values, confidence).ok(),
        sd: sd(values),
        min: sorted[0],
        max: sorted[sorted.len() - 1],
        quantiles,
    })
}

/// The mean; zero of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The variance with n - 1, in two passes.
pub(crate) fn variance(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    squares / (values.len() - 1) as f64
}

/// The standard deviation with n - 1; zero of fewer than two values.
#[must_use]
pub fn sd(values: &[f64]) -> f64 {
    variance(values).sqrt()
}

/// Where the mean lies of what the values were drawn from, by Student's t.
///
/// # Errors
/// Where there are fewer than two values, or one that is not finite.
pub fn mean_interval(values: &[f64], confidence: f64) -> Result<Interval, Error> {
    check(values, 2)?;
    check_share(confidence)?;
    let n = values.len() as f64;
    let half = t_critical(1.0 - confidence, n - 1.0) * (variance(values) / n).sqrt();
    Ok(Interval::around(mean(values), half))
}

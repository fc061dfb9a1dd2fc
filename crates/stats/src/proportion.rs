use crate::error::check_share;
use crate::special::{beta_quantile, normal_quantile};
use crate::{Error, Interval};

fn check_counts(successes: u64, trials: u64, confidence: f64) -> Result<(), Error> {
    check_share(confidence)?;
    if trials == 0 {
        return Err(Error::TooFew { need: 1, have: 0 });
    }
    if successes > trials {
        return Err(Error::OutOfRange { value: successes as f64 });
    }
    Ok(())
}

/// Where the true share lies (Wilson 1927, without continuity correction).
///
/// # Errors
/// Where there was no trial, or more successes than trials.
pub fn wilson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    check_counts(successes, trials, confidence)?;
    let z = normal_quantile(1.0 - 0.5 * (1.0 - confidence));
    let (n, share) = (trials as f64, successes as f64 / trials as f64);
    let scale = 1.0 + z * z / n;
    let middle = (share + z * z / (2.0 * n)) / scale;
    let half = z / scale * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    // At the ends the bound is the end, whatever rounding makes of it.
    let low = if successes == 0 { 0.0 } else { (middle - half).max(0.0) };
    let high = if successes == trials { 1.0 } else { (middle + half).min(1.0) };
    Ok(Interval { low, high })
}

/// Where the true share lies, never with less than the confidence asked for (Clopper and Pearson 1934).
///
/// # Errors
/// As [`wilson`].
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    check_counts(successes, trials, confidence)?;
    let tail = 0.5 * (1.0 - confidence);
    let (k, n) = (successes as f64, trials as f64);
    let low = if successes == 0 { 0.0 } else { beta_quantile(k, n - k + 1.0, tail) };
    let high = if successes == trials { 1.0 } else { beta_quantile(k + 1.0, n - k, 1.0 - tail) };
    Ok(Interval { low, high })
}

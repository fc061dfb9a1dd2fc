use crate::Error;
use crate::describe::{mean, variance};
use crate::error::check;
use crate::ranks::wins;
use crate::special::ln_gamma;

/// A difference of means in standard deviations, corrected for small samples (Hedges 1981).
///
/// # Errors
/// Where a sample has fewer than two values, or neither has any spread.
pub fn hedges_g(first: &[f64], second: &[f64]) -> Result<f64, Error> {
    check(first, 2)?;
    check(second, 2)?;
    let (df1, df2) = ((first.len() - 1) as f64, (second.len() - 1) as f64);
    let df = df1 + df2;
    let pooled = (df1 * variance(first) + df2 * variance(second)) / df;
    if pooled <= 0.0 {
        return Err(Error::NoSpread);
    }
    let correction =
        (ln_gamma(0.5 * df) - ln_gamma(0.5 * (df - 1.0)) - 0.5 * (0.5 * df).ln()).exp();
    Ok(correction * (mean(first) - mean(second)) / pooled.sqrt())
}

/// How much more often a value of the first sample is the larger one than the smaller one (Cliff 1993): -1 to 1.
///
/// # Errors
/// Where a sample is empty.
pub fn cliffs_delta(first: &[f64], second: &[f64]) -> Result<f64, Error> {
    check(first, 1)?;
    check(second, 1)?;
    let pairs = first.len() as f64 * second.len() as f64;
    Ok(2.0 * wins(first, second).0 / pairs - 1.0)
}

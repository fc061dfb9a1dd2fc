use crate::Error;
use crate::describe::sd;
use crate::error::{check, check_share};
use crate::special::normal_density;

/// Estimates a density at `points` places from the smallest value to the largest, by Gaussian kernels as wide as
/// Silverman's rule has it: pairs of place and density.
///
/// # Errors
/// Where there are fewer than two values or points, or no spread.
pub fn density(values: &[f64], points: usize) -> Result<Vec<(f64, f64)>, Error> {
    check(values, 2)?;
    if points < 2 {
        return Err(Error::TooFew { need: 2, have: points });
    }
    let n = values.len() as f64;
    let width = sd(values) * (0.75 * n).powf(-0.2);
    if width <= 0.0 {
        return Err(Error::NoSpread);
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at = |index: usize| {
        let place = low + (high - low) * index as f64 / (points - 1) as f64;
        let sum: f64 = values.iter().map(|value| normal_density((place - value) / width)).sum();
        (place, sum / (n * width))
    };
    Ok((0..points).map(at).collect())
}

/// By how much an empirical distribution of `n` values may be off, anywhere (Dvoretzky, Kiefer and Wolfowitz 1956, with
/// Massart's constant).
///
/// # Errors
/// Where there is no value, or the confidence is none.
pub fn ecdf_half_width(n: usize, confidence: f64) -> Result<f64, Error> {
    check_share(confidence)?;
    if n == 0 {
        return Err(Error::TooFew { need: 1, have: 0 });
    }
    Ok(((2.0 / (1.0 - confidence)).ln() / (2.0 * n as f64)).sqrt())
}

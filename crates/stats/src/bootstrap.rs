use types::Prng;

use crate::error::{check, check_share};
use crate::special::{normal_cdf, normal_quantile};
use crate::{Error, Interval};

/// Most values drawn by one call.
const DRAWS_MAX: usize = 200_000_000;

/// Where a statistic lies of what the values were drawn from: bootstrap, bias-corrected and accelerated (Efron 1987).
///
/// # Errors
/// Where there are fewer than two values, too few or too many resamples, or the statistic never changes.
pub fn bca(
    values: &[f64],
    statistic: impl Fn(&[f64]) -> f64,
    resamples: usize,
    confidence: f64,
    prng: &mut Prng,
) -> Result<Interval, Error> {
    check(values, 2)?;
    check_share(confidence)?;
    if resamples < 100 {
        return Err(Error::TooFew { need: 100, have: resamples });
    }
    let draws = values.len().saturating_mul(resamples);
    if draws > DRAWS_MAX {
        return Err(Error::OutOfRange { value: draws as f64 });
    }
    let n = values.len() as u64;
    let mut sample = values.to_vec();
    let mut drawn: Vec<f64> = (0..resamples)
        .map(|_| {
            sample.iter_mut().for_each(|slot| *slot = values[prng.below(n) as usize]);
            statistic(&sample)
        })
        .collect();
    drawn.sort_unstable_by(f64::total_cmp);
    let observed = statistic(values);
    let share = |count: usize| count as f64 / resamples as f64;
    let below = share(drawn.partition_point(|value| *value < observed));
    let not_above = share(drawn.partition_point(|value| *value <= observed));
    let bias = normal_quantile(0.5 * (below + not_above));
    let acceleration = acceleration(values, statistic);
    if !bias.is_finite() || !acceleration.is_finite() {
        return Err(Error::NoSpread);
    }
    let bound = |p: f64| {
        let z = bias + normal_quantile(p);
        at_share(&drawn, normal_cdf(bias + z / (1.0 - acceleration * z)))
    };
    let tail = 0.5 * (1.0 - confidence);
    Ok(Interval { low: bound(tail), high: bound(1.0 - tail) })
}

/// How fast the statistic's error changes with its value, by leaving out one value after the other.
fn acceleration(values: &[f64], statistic: impl Fn(&[f64]) -> f64) -> f64 {
    let mut rest = values[1..].to_vec();
    let mut without = Vec::with_capacity(values.len());
    for left_out in 0..values.len() {
        without.push(statistic(&rest));
        if left_out < rest.len() {
            rest[left_out] = values[left_out];
        }
    }
    let middle = crate::mean(&without);
    let sum = |power: i32| without.iter().map(|value| (middle - value).powi(power)).sum::<f64>();
    sum(3) / (6.0 * sum(2).powf(1.5))
}

/// Between the two drawn values at a share, in proportion.
fn at_share(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let index = (place as usize).min(sorted.len() - 2);
    let part = place - index as f64;
    sorted[index] + part * (sorted[index + 1] - sorted[index])
}

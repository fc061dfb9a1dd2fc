use crate::special::binomial_cdf;

/// One quantile, and between which order statistics the true one lies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Quantile {
    /// The share of values at or below it.
    pub share: f64,
    /// The smallest value that `share` of all do not exceed (nearest rank).
    pub value: f64,
    /// The lower bound; none where the sample is too small to have one.
    pub low: Option<f64>,
    /// The upper bound; none where the sample is too small to have one.
    pub high: Option<f64>,
}

/// A quantile of values in ascending order, at least one.
///
/// The bounds are order statistics whose ranks follow from the binomial distribution alone, whatever the values were
/// drawn from, as long as they were drawn independently (Conover, Practical Nonparametric Statistics, section 3.2).
#[must_use]
pub fn quantile(sorted: &[f64], share: f64, confidence: f64) -> Quantile {
    let n = sorted.len() as u64;
    let at = |rank: u64| {
        let index = usize::try_from(rank.checked_sub(1)?).ok()?;
        sorted.get(index).copied()
    };
    let rank = ((share * n as f64).ceil() as u64).clamp(1, n.max(1));
    let tail = 0.5 * (1.0 - confidence);
    // The value of rank l exceeds the quantile where at most l - 1 values lie below that; the ranks whose chance is
    // small enough are the first ones.
    let low_rank = first_where(n, |rank| binomial_cdf(rank, n, share) > tail);
    let high_rank = first_where(n, |rank| binomial_cdf(rank, n, share) >= 1.0 - tail) + 1;
    Quantile {
        share,
        value: at(rank).unwrap_or(f64::NAN),
        low: at(low_rank),
        high: if high_rank > n { None } else { at(high_rank) },
    }
}

/// The smallest of 0..=n for which a condition holds that, once true, stays true; `n` where it never does.
fn first_where(n: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

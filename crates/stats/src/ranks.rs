use crate::Error;
use crate::error::check;
use crate::special::normal_cdf;

/// Most values in the smaller, and in the larger sample, for which every order is counted.
const EXACT_MAX: (usize, usize) = (8, 100);

/// The test of Mann, Whitney and Wilcoxon: does one sample tend to larger values?
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct MannWhitney {
    /// How many pairs the first sample wins, ties counting half.
    pub u: f64,
    /// The chance of a difference at least as large where there is none; two-sided.
    pub p: f64,
    /// Whether every order was counted; otherwise the normal approximation with corrections for ties and continuity.
    pub exact: bool,
}

/// Tests two samples by the ranks of their values.
///
/// # Errors
/// Where a sample is empty, or all values are the same.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Result<MannWhitney, Error> {
    check(first, 1)?;
    check(second, 1)?;
    let (u, ties) = wins(first, second);
    let (n1, n2) = (first.len(), second.len());
    let (less, more) = (n1.min(n2), n1.max(n2));
    let pairs = n1 as f64 * n2 as f64;
    let larger = u.max(pairs - u);
    if ties == 0.0 && less <= EXACT_MAX.0 && more <= EXACT_MAX.1 {
        let p = (2.0 * exact_upper(less, more, larger as usize)).min(1.0);
        return Ok(MannWhitney { u, p, exact: true });
    }
    let n = (n1 + n2) as f64;
    let variance = pairs / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return Err(Error::NoSpread);
    }
    let z = (larger - 0.5 * pairs - 0.5) / variance.sqrt();
    let p = (2.0 * normal_cdf(-z)).min(1.0);
    Ok(MannWhitney { u, p, exact: false })
}

/// How many pairs the first sample wins, and the sum of t^3 - t over groups of t equal values.
pub(crate) fn wins(first: &[f64], second: &[f64]) -> (f64, f64) {
    let tagged = first.iter().map(|&v| (v, true)).chain(second.iter().map(|&v| (v, false)));
    let mut all: Vec<(f64, bool)> = tagged.collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut u, mut ties, mut below) = (0.0, 0.0, 0.0);
    for equal in all.chunk_by(|a, b| a.0 == b.0) {
        let ours = equal.iter().filter(|(_, is_first)| *is_first).count() as f64;
        let theirs = equal.len() as f64 - ours;
        u += ours * (below + 0.5 * theirs);
        below += theirs;
        let t = equal.len() as f64;
        ties += t * t * t - t;
    }
    (u, ties)
}

/// The chance that U is at least `u` where all orders are equally likely.
///
/// The number of orders with a given U is a coefficient of the Gaussian binomial: the product over i of
/// (1 - x^(m+i)) / (1 - x^i).
fn exact_upper(n: usize, m: usize, u: usize) -> f64 {
    let top = n * m;
    let mut counts = vec![0_i128; top + 1];
    counts[0] = 1;
    for i in 1..=n {
        for k in (m + i..=top).rev() {
            counts[k] -= counts[k - m - i];
        }
        for k in i..=top {
            counts[k] += counts[k - i];
        }
    }
    let sum = |counts: &[i128]| counts.iter().sum::<i128>() as f64;
    sum(&counts[u.min(top)..]) / sum(&counts)
}

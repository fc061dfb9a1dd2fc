//! The studentized range: how far the largest and the smallest of k normal means lie apart, in units of an estimated
//! standard error. Its distribution has no closed form and is integrated.

use crate::special::{ln_gamma, normal_cdf, normal_density};

/// Nodes and weights of Gauss and Legendre's rule of order 16 on -1 to 1, those above zero.
const RULE: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_6),
    (0.458_016_777_657_227_4, 0.169_156_519_395_002_5),
    (0.617_876_244_402_643_7, 0.149_595_988_816_576_73),
    (0.755_404_408_355_003, 0.124_628_971_255_533_88),
    (0.865_631_202_387_831_7, 0.095_158_511_682_492_78),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_89),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_095),
];

/// Beyond this many standard deviations nothing is left that a double can tell from zero.
const NORMAL_MAX: f64 = 8.5;
const INNER_PANELS: usize = 8;
const OUTER_PANELS: usize = 16;
/// From here on the estimated error is as good as known.
const DF_INFINITE: f64 = 1e6;

/// Nodes and weights on `low` to `high`, cut into equal panels.
fn nodes(low: f64, high: f64, panels: usize) -> Vec<(f64, f64)> {
    let half = 0.5 * (high - low) / panels as f64;
    let panel = |index: usize| {
        let middle = low + (2 * index + 1) as f64 * half;
        RULE.iter()
            .flat_map(move |&(x, w)| [(middle - half * x, half * w), (middle + half * x, half * w)])
    };
    (0..panels).flat_map(panel).collect()
}

/// The distribution of the range of k means with a known error: for every value of the largest, the others lie within
/// the range below it.
struct Range {
    k: usize,
    /// The largest, the chance of all below it, and its weighted density.
    largest: Vec<(f64, f64, f64)>,
}

impl Range {
    fn new(k: usize) -> Self {
        let nodes = nodes(-NORMAL_MAX, NORMAL_MAX, INNER_PANELS);
        let largest = nodes.into_iter().map(|(z, w)| (z, normal_cdf(z), w * normal_density(z)));
        Self { k, largest: largest.collect() }
    }
    fn cdf(&self, range: f64) -> f64 {
        let others = i32::try_from(self.k - 1).unwrap_or(i32::MAX);
        let sum: f64 = self
            .largest
            .iter()
            .map(|&(z, below, density)| density * (below - normal_cdf(z - range)).powi(others))
            .sum();
        self.k as f64 * sum
    }
}

/// The estimated error over the true one: its values and their weighted densities.
fn errors(df: f64) -> Vec<(f64, f64)> {
    if df >= DF_INFINITE {
        return vec![(1.0, 1.0)];
    }
    let reach = 9.0 / (2.0 * df).sqrt();
    let log_scale = std::f64::consts::LN_2 + 0.5 * df * (0.5 * df).ln() - ln_gamma(0.5 * df);
    let density = |s: f64| (log_scale + (df - 1.0) * s.ln() - 0.5 * df * s * s).exp();
    // By the root of the error: where that is small the range's distribution changes fastest.
    let (low, high) = ((1.0 - reach).max(0.0).sqrt(), (1.0 + reach).sqrt());
    let nodes = nodes(low, high, OUTER_PANELS);
    nodes
        .into_iter()
        .map(|(root, w)| (root * root, 2.0 * root * w * density(root * root)))
        .collect()
}

/// The chance that the studentized range of `k` means is at most `q`, with `df` degrees of freedom.
#[must_use]
pub fn studentized_range_cdf(q: f64, k: usize, df: f64) -> f64 {
    if q <= 0.0 || k < 2 || df.is_nan() || df <= 0.0 {
        return 0.0;
    }
    let range = Range::new(k);
    let sum: f64 = errors(df).iter().map(|&(s, w)| w * range.cdf(q * s)).sum();
    sum.clamp(0.0, 1.0)
}

/// The value that the studentized range of `k` means does not exceed with chance `p`.
#[must_use]
pub fn studentized_range_quantile(p: f64, k: usize, df: f64) -> f64 {
    let range = Range::new(k.max(2));
    let errors = errors(df.max(1.0));
    let off = |q: f64| errors.iter().map(|&(s, w)| w * range.cdf(q * s)).sum::<f64>() - p;
    let (mut low, mut high) = (0.0, 4.0);
    let (mut off_low, mut off_high) = (-p, off(high));
    while off_high < 0.0 && high < 1e4 {
        (low, off_low) = (high, off_high);
        high *= 2.0;
        off_high = off(high);
    }
    // Regula falsi, Illinois variant: the end that stays twice has its weight halved.
    let mut stayed = 0;
    for _ in 0..60 {
        let q = (low * off_high - high * off_low) / (off_high - off_low);
        let off_q = off(q);
        if off_q.abs() < 1e-13 || (high - low).abs() < 1e-12 * high {
            return q;
        }
        if off_q < 0.0 {
            (low, off_low) = (q, off_q);
            if stayed == 1 {
                off_high *= 0.5;
            }
            stayed = 1;
        } else {
            (high, off_high) = (q, off_q);
            if stayed == -1 {
                off_low *= 0.5;
            }
            stayed = -1;
        }
    }
    0.5 * (low + high)
}

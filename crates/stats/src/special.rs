//! The few distribution functions that everything else is made of.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::beta::{beta_reg, inv_beta_reg};
use statrs::function::erf::{erfc, erfc_inv};

pub(crate) use statrs::function::gamma::ln_gamma;

pub(crate) fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / SQRT_2)
}
pub(crate) fn normal_quantile(p: f64) -> f64 {
    -SQRT_2 * erfc_inv(2.0 * p)
}

/// The chance that |T| is at least as large, T of Student with `df` degrees of freedom.
pub(crate) fn t_two_sided(t: f64, df: f64) -> f64 {
    beta_reg(0.5 * df, 0.5, df / (df + t * t))
}

/// The value that |T| exceeds with chance `alpha`.
pub(crate) fn t_critical(alpha: f64, df: f64) -> f64 {
    let start = {
        let x = inv_beta_reg(0.5 * df, 0.5, alpha).clamp(1e-300, 1.0);
        (df * (1.0 - x) / x).sqrt()
    };
    // The inverse above is good to some eight digits: Newton's method has the rest in a step or two.
    let log_scale = ln_gamma(0.5 * (df + 1.0)) - ln_gamma(0.5 * df) - 0.5 * (df * PI).ln();
    let mut t = start;
    for _ in 0..4 {
        let density = (log_scale - 0.5 * (df + 1.0) * (t * t / df).ln_1p()).exp();
        let step = (t_two_sided(t, df) - alpha) / (2.0 * density);
        if !step.is_finite() {
            return start;
        }
        t += step;
    }
    t
}

/// The chance that F with these degrees of freedom is at least as large.
pub(crate) fn f_upper(f: f64, df1: f64, df2: f64) -> f64 {
    beta_reg(0.5 * df2, 0.5 * df1, df2 / (df2 + df1 * f))
}

/// The chance of at most `k` successes in `n` trials.
pub(crate) fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if k >= n { 1.0 } else { beta_reg((n - k) as f64, k as f64 + 1.0, 1.0 - p) }
}

/// The argument at which the regularised incomplete beta function reaches `p`, by bisection: it rises everywhere.
pub(crate) fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_reg(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

//! Say what samples show and how sure that is: intervals, tests, effect sizes.
//!
//! Every function takes plain slices, refuses what is not finite or too little, and says which method it used. The
//! special functions are those of `statrs`; `testdata/reference.py` makes the values of SciPy that the tests compare with.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

mod anova;
mod bootstrap;
mod compare;
mod density;
mod describe;
mod effect;
mod error;
mod pairs;
mod proportion;
mod quantile;
mod ranks;
mod special;
mod studentized;

pub use anova::{Anova, anova, welch_anova};
pub use bootstrap::bca;
pub use compare::{Welch, holm, welch};
pub use density::{density, ecdf_half_width};
pub use describe::{Summary, mean, mean_interval, sd, summary};
pub use effect::{cliffs_delta, hedges_g};
pub use error::Error;
pub use pairs::{Pair, games_howell, tukey};
pub use proportion::{clopper_pearson, wilson};
pub use quantile::{Quantile, quantile};
pub use ranks::{MannWhitney, mann_whitney};
pub use studentized::{studentized_range_cdf, studentized_range_quantile};

/// Two bounds that cover the true value with the confidence that was asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// The lower one.
    pub low: f64,
    /// The upper one.
    pub high: f64,
}

impl Interval {
    fn around(middle: f64, half: f64) -> Self {
        Self { low: middle - half, high: middle + half }
    }
    /// Half the way from one to the other.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
    /// Whether a value lies between the bounds, or on one.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

#[cfg(test)]
mod tests;

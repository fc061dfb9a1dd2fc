//! Intervals for a proportion.

/// The standard normal quantile at 0.975: intervals of 95 %.
pub const Z95: f64 = 1.959_963_984_540_054;

/// An interval for a probability.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Half its width.
    #[must_use]
    pub fn half_width(self) -> f64 {
        (self.high - self.low) / 2.0
    }
    /// Whether a value lies in it.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The score interval of Wilson (1927) for `hits` of `rounds`, at `z` standard deviations. It stays within 0 to 1, and
/// is of use at 0 and at all hits too. Without rounds it is everything.
#[must_use]
pub fn wilson(hits: u64, rounds: u64, z: f64) -> Interval {
    if rounds == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (n, p) = (rounds as f64, hits as f64 / rounds as f64);
    let square = z * z / n;
    let centre = (p + square / 2.0) / (1.0 + square);
    let half = z / (1.0 + square) * (p * (1.0 - p) / n + square / (4.0 * n)).sqrt();
    let low = if hits == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if hits >= rounds { 1.0 } else { (centre + half).min(1.0) };
    Interval { low, high }
}

#[cfg(test)]
mod tests;

//! Percentiles of what was measured.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use serde_json::{Value, json};

/// Latencies in microseconds, in the order of their size once asked.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<u64>);

impl Latencies {
    /// Adds one.
    pub(crate) fn add(&mut self, us: u64) {
        self.0.push(us);
    }
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
    /// The smallest value that `per_mille` thousandths of all do not exceed (nearest rank); 0 where there are none.
    pub(crate) fn percentile_us(&mut self, per_mille: usize) -> u64 {
        if self.0.is_empty() {
            return 0;
        }
        let rank = (self.0.len() * per_mille).div_ceil(1_000).clamp(1, self.0.len());
        *self.0.select_nth_unstable(rank - 1).1
    }
    /// The percentiles that people ask for, in milliseconds.
    pub(crate) fn summary_ms(&mut self) -> Value {
        let mut at = |per_mille| round(self.percentile_us(per_mille) as f64 / 1_000.0, 2);
        json!({ "p50": at(500), "p90": at(900), "p99": at(990), "max": at(1_000) })
    }
}

/// Rounds to so many decimals, for output.
pub(crate) fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale
}

/// How many per second; 0 where no time passed.
pub(crate) fn per_s(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { round(count as f64 / seconds, 1) } else { 0.0 }
}

#[cfg(test)]
mod tests;

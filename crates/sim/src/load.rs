//! When clients ask: each as soon as it is answered, or at times of their own, whether they are answered or not.

use std::fmt;

use types::Prng;

use crate::latency::{exponential, exponential_quantiles};

/// Most requests per second that can be asked for.
const PER_S_MAX: u64 = 1_000_000;
const SECOND_US: u64 = 1_000_000;

/// When clients ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// Every client has one request under way, and asks for the next when it is answered.
    Closed,
    /// Requests arrive by chance (Poisson), so many per second at first and at last, evenly rising or falling between.
    Ramp {
        /// Requests per second at first.
        from_per_s: u64,
        /// Requests per second at last.
        to_per_s: u64,
        /// For how long.
        span_us: u64,
    },
    /// Requests arrive by chance (Poisson), few of them, and at the end of every period many.
    Burst {
        /// Requests per second between bursts.
        low_per_s: u64,
        /// Requests per second in a burst.
        high_per_s: u64,
        /// From one burst to the next.
        every_us: u64,
        /// How long a burst lasts.
        burst_us: u64,
        /// For how long.
        span_us: u64,
    },
}

impl Load {
    /// Reads `closed`, `steady:RATE:SPAN_US`, `ramp:RATE-RATE:SPAN_US` or `burst:RATE-RATE:EVERY_US+BURST_US:SPAN_US`, rates
    /// in requests per second.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "closed" {
            return Some(Self::Closed);
        }
        let parts: Vec<&str> = text.split(':').collect();
        let span = |text: &str| text.parse().ok().filter(|us| *us > 0);
        match parts[..] {
            ["steady", per_s, span_us] => {
                let per_s = rate(per_s)?;
                Some(Self::Ramp { from_per_s: per_s, to_per_s: per_s, span_us: span(span_us)? })
            }
            ["ramp", rates, span_us] => {
                let (from, to) = rates.split_once('-')?;
                let span_us = span(span_us)?;
                Some(Self::Ramp { from_per_s: rate(from)?, to_per_s: rate(to)?, span_us })
            }
            ["burst", rates, times, span_us] => {
                let (low, high) = rates.split_once('-')?;
                let (every, burst) = times.split_once('+')?;
                let (every_us, burst_us) = (span(every)?, span(burst)?);
                (burst_us <= every_us).then_some(Self::Burst {
                    low_per_s: rate(low)?,
                    high_per_s: rate(high)?,
                    every_us,
                    burst_us,
                    span_us: span(span_us)?,
                })
            }
            _ => None,
        }
    }

    /// How many requests per second arrive at a time; none behind the end.
    pub(crate) fn per_s(self, now_us: u64) -> Option<u64> {
        match self {
            Self::Closed => None,
            Self::Ramp { from_per_s, to_per_s, span_us } => (now_us < span_us).then(|| {
                let left = span_us - now_us;
                let sum = u128::from(from_per_s) * u128::from(left)
                    + u128::from(to_per_s) * u128::from(now_us);
                u64::try_from(sum / u128::from(span_us)).unwrap_or(PER_S_MAX).max(1)
            }),
            Self::Burst { low_per_s, high_per_s, every_us, burst_us, span_us } => {
                let bursts = now_us % every_us >= every_us - burst_us;
                (now_us < span_us).then_some(if bursts { high_per_s } else { low_per_s })
            }
        }
    }
}

fn rate(text: &str) -> Option<u64> {
    text.parse().ok().filter(|per_s| (1..=PER_S_MAX).contains(per_s))
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("closed"),
            Self::Ramp { from_per_s, to_per_s, span_us } if from_per_s == to_per_s => {
                write!(f, "steady:{from_per_s}:{span_us}")
            }
            Self::Ramp { from_per_s, to_per_s, span_us } => {
                write!(f, "ramp:{from_per_s}-{to_per_s}:{span_us}")
            }
            Self::Burst { low_per_s, high_per_s, every_us, burst_us, span_us } => {
                write!(f, "burst:{low_per_s}-{high_per_s}:{every_us}+{burst_us}:{span_us}")
            }
        }
    }
}

/// Draws when the next request arrives.
#[derive(Debug)]
pub(crate) struct Arrivals {
    load: Load,
    prng: Prng,
    quantiles: Vec<u64>,
}

impl Arrivals {
    pub(crate) fn new(load: Load, prng: Prng) -> Self {
        Self { load, prng, quantiles: exponential_quantiles() }
    }

    /// Whether requests arrive at times of their own.
    pub(crate) fn is_open(&self) -> bool {
        self.load != Load::Closed
    }

    /// When the request behind the one at `now_us` arrives; none behind the end.
    pub(crate) fn next_us(&mut self, now_us: u64) -> Option<u64> {
        let per_s = self.load.per_s(now_us)?;
        let wait_us = exponential(&self.quantiles, &mut self.prng, SECOND_US / per_s);
        let at_us = now_us + wait_us.max(1);
        self.load.per_s(at_us).map(|_| at_us)
    }
}

#[cfg(test)]
mod tests;

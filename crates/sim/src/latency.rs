//! How long a message takes, in integers.

use types::Prng;

/// How long messages take from one replica to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Latency {
    /// Always the same, in microseconds.
    Constant(u64),
    /// Any span between two, equally likely, in microseconds.
    Uniform {
        /// The shortest.
        low_us: u64,
        /// The longest.
        high_us: u64,
    },
    /// At least `least_us`, and beyond that exponential with this mean, cut at the 1,023rd of 1,024 quantiles.
    Exponential {
        /// The shortest.
        least_us: u64,
        /// The mean of what comes on top.
        mean_us: u64,
    },
    /// Half the round trips measured between 33 cloud regions; replica `i` stands in region `i mod 33`.
    Aws,
}

/// The measured matrix.
const AWS: &str = include_str!("../../../data/aws-latency.csv");
const REGIONS: usize = 33;

impl Latency {
    /// Reads `constant:1000`, `uniform:500-1500`, `exponential:500+1000` (microseconds) or `aws`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "aws" {
            return Some(Self::Aws);
        }
        let (kind, numbers) = text.split_once(':')?;
        let pair = |mark| {
            let (left, right) = numbers.split_once(mark)?;
            Some((left.parse().ok()?, right.parse().ok()?))
        };
        match kind {
            "constant" => numbers.parse().ok().map(Self::Constant),
            "uniform" => pair('-')
                .filter(|(low, high)| low <= high)
                .map(|(low_us, high_us)| Self::Uniform { low_us, high_us }),
            "exponential" => {
                pair('+').map(|(least_us, mean_us)| Self::Exponential { least_us, mean_us })
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Constant(us) => write!(f, "constant:{us}"),
            Self::Uniform { low_us, high_us } => write!(f, "uniform:{low_us}-{high_us}"),
            Self::Exponential { least_us, mean_us } => {
                write!(f, "exponential:{least_us}+{mean_us}")
            }
            Self::Aws => f.write_str("aws"),
        }
    }
}

/// A [`Latency`] ready to be drawn from.
#[derive(Debug)]
pub(crate) enum Sampler {
    Constant(u64),
    Uniform {
        low_us: u64,
        span_us: u64,
    },
    Exponential {
        least_us: u64,
        mean_us: u64,
        quantiles: Vec<u64>,
    },
    /// Per ordered pair: half the median, and half of what the 90th percentile is above it.
    Matrix(Vec<(u64, u64)>),
}

impl Sampler {
    pub(crate) fn new(latency: &Latency) -> Self {
        match *latency {
            Latency::Constant(us) => Self::Constant(us),
            Latency::Uniform { low_us, high_us } => {
                Self::Uniform { low_us, span_us: high_us.saturating_sub(low_us) + 1 }
            }
            Latency::Exponential { least_us, mean_us } => {
                Self::Exponential { least_us, mean_us, quantiles: exponential_quantiles() }
            }
            Latency::Aws => Self::Matrix(read_matrix(AWS)),
        }
    }

    pub(crate) fn draw(&self, prng: &mut Prng, from: usize, to: usize) -> u64 {
        match self {
            Self::Constant(us) => *us,
            Self::Uniform { low_us, span_us } => low_us + prng.below(*span_us),
            Self::Exponential { least_us, mean_us, quantiles } => {
                least_us + exponential(quantiles, prng, *mean_us)
            }
            Self::Matrix(pairs) => {
                let (median, spread) = pairs[from % REGIONS * REGIONS + to % REGIONS];
                // Between the median less and the median plus the spread, so that half of the draws lie below it.
                median.saturating_sub(spread / 2) + prng.below(spread * 3 / 2 + 1)
            }
        }
    }
}

/// Draws from an exponential distribution with this mean.
pub(crate) fn exponential(quantiles: &[u64], prng: &mut Prng, mean_us: u64) -> u64 {
    let quantile = quantiles[(prng.next_u64() >> 54) as usize];
    mean_us.saturating_mul(quantile) >> 16
}

/// -ln(1 - (i + 1/2) / 1024) for every i, in 65536ths: a sum of 1/k over k, which needs no floating point.
pub(crate) fn exponential_quantiles() -> Vec<u64> {
    let mut sum = 32;
    let mut quantiles = Vec::with_capacity(1_024);
    for left in (1..=1_024_u64).rev() {
        quantiles.push(sum);
        sum += (65_536 + left / 2) / left;
    }
    quantiles
}

/// Reads `from,to,rtt_ms_p50,rtt_ms_p90` rows, which stand in the order of the regions.
fn read_matrix(text: &str) -> Vec<(u64, u64)> {
    let rows = text.lines().skip(1).filter_map(|line| {
        let mut fields = line.split(',').skip(2);
        let (p50_us, p90_us) = (microseconds(fields.next()?)?, microseconds(fields.next()?)?);
        Some((p50_us / 2, p90_us.saturating_sub(p50_us) / 2))
    });
    let mut pairs: Vec<(u64, u64)> = rows.collect();
    pairs.resize(REGIONS * REGIONS, (1_000, 0));
    pairs
}

/// Decimal milliseconds as whole microseconds.
fn microseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(whole.parse::<u64>().ok()? * 1_000 + digits.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests;

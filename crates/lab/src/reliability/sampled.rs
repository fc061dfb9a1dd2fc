//! Drawn rounds on all processors, as many as it takes.

use std::num::NonZeroUsize;

use ::reliability::monte_carlo::{SHARD_ROUNDS, Sampler, shards};
use ::reliability::{Error, Interval, Links, Model};
use stats::wilson;

use crate::parallel;

/// Most rounds of one estimate.
pub const ROUNDS_MAX: u64 = 1_000_000_000_000;
/// Rounds where neither a number nor a precision is asked for.
const ROUNDS_USUAL: u64 = 1_000_000;
/// Between two looks at the interval there are at most so many shards.
const WAVE_MAX: u64 = 256;

/// How much is drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Effort {
    /// So many rounds; with a precision, at most so many.
    pub rounds: Option<u64>,
    /// Stop as soon as half the 95 % interval is at most so wide.
    pub precision: Option<f64>,
    /// Where all randomness comes from.
    pub seed: u64,
    /// How many threads share the work; it changes nothing else.
    pub threads: NonZeroUsize,
}

impl Effort {
    fn check(&self) -> Result<(), Error> {
        let bad = |why: String| Err(Error::Rounds { why });
        match (self.rounds, self.precision) {
            (Some(0), _) => bad("no rounds: at least one is needed for an estimate".to_owned()),
            (Some(rounds), _) if rounds > ROUNDS_MAX => {
                bad(format!("{rounds} rounds; at most {ROUNDS_MAX} are drawn"))
            }
            (_, Some(half)) if !(half > 0.0 && half < 0.5) => bad(format!(
                "a precision of {half}: half an interval's width lies between 0 and 0.5"
            )),
            _ => Ok(()),
        }
    }
}

/// What was drawn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// How many rounds succeeded.
    pub hits: u64,
    /// Of how many.
    pub rounds: u64,
    /// The 95 % score interval (Wilson).
    pub ci95: Interval,
    /// Whether the precision that was asked for was reached; true where none was.
    pub precise: bool,
}

impl Estimate {
    /// From counts.
    #[must_use]
    pub fn new(hits: u64, rounds: u64, precision: Option<f64>) -> Self {
        // Without rounds nothing is known.
        let everything = Interval { low: 0.0, high: 1.0 };
        let ci95 = wilson(hits, rounds, 0.95).unwrap_or(everything);
        let precise = precision.is_none_or(|half| ci95.half_width() <= half);
        Self { hits, rounds, ci95, precise }
    }
    /// The share of successes.
    #[must_use]
    pub fn probability(&self) -> f64 {
        self.hits as f64 / self.rounds as f64
    }
}

/// Draws rounds of a model. The same seed gives the same counts on any number of threads: where it stops is decided
/// after waves of shards whose sizes are fixed beforehand.
///
/// # Errors
/// Where the model cannot be drawn, or the effort is none.
pub fn estimate(model: &Model, links: &Links, effort: &Effort) -> Result<Estimate, Error> {
    effort.check()?;
    let sampler = Sampler::new(model, links)?;
    let most = effort.rounds.unwrap_or(match effort.precision {
        Some(_) => ROUNDS_MAX,
        None => ROUNDS_USUAL,
    });
    let (mut hits, mut rounds, mut wave) = (0, 0, 1);
    loop {
        // Only the last shard of all may be a part of one.
        let left = most - rounds;
        let first = rounds / SHARD_ROUNDS;
        let now: Vec<(u64, u64)> = shards(left.min(wave * SHARD_ROUNDS)).collect();
        let draw =
            |&(shard, rounds): &(u64, u64)| sampler.shard(effort.seed, first + shard, rounds);
        hits += parallel::map(&now, effort.threads, draw).into_iter().sum::<u64>();
        rounds += now.iter().map(|(_, rounds)| rounds).sum::<u64>();
        let estimate = Estimate::new(hits, rounds, effort.precision);
        if rounds >= most || (effort.precision.is_some() && estimate.precise) {
            return Ok(estimate);
        }
        wave = (wave * 2).min(WAVE_MAX);
    }
}

#[cfg(test)]
mod tests;

//! A schedule drawn by chance, with far more that goes wrong than a bounded check can go through.

use protocols::{ConfigError, Params};
use types::{Duration, FaultModel};

use super::{DELAY_US, Prng, STEPS_MAX, Scope, WORKS};
use crate::arena::Arena;

/// What may befall one event.
#[derive(Clone, Copy, Debug)]
enum Mishap {
    /// The message is lost.
    Lose,
    /// It comes later than all others.
    Delay,
    /// A timer of whom it is for runs out before it.
    TimeOut,
    /// It comes twice.
    Repeat,
    /// Its receiver crashes behind the next message that it sends.
    Crash,
    /// Its sender, where it is a liar, says the contrary a little later.
    Contradict,
    /// It comes over another's connection too.
    Relay,
}

impl Mishap {
    const ALL: [Self; 7] = [
        Self::Lose,
        Self::Delay,
        Self::TimeOut,
        Self::Repeat,
        Self::Crash,
        Self::Contradict,
        Self::Relay,
    ];
}

/// Most works to agree on.
const WORKS_MAX: u64 = 8;
/// Partitions end at this time at the latest.
const PARTITIONED_US_MAX: u64 = 500_000;
/// Most rounds of partitions at the beginning.
const ROUNDS_MAX: u64 = 6;

/// Runs one schedule of a scope in which chance decides what deviates; what must not be and was.
///
/// At most `deviations` of the first `depth` events do; in half of all walks the first rounds are partitioned, in half
/// of those with twins one half of each proposes what nobody asked for.
///
/// # Errors
/// Where there is no such protocol.
pub fn walk(scope: &Scope, prng: &mut Prng) -> Result<Option<String>, ConfigError> {
    let mut arena = arena(scope, prng)?;
    let rate_ppm = [20_000, 100_000, 300_000][prng.below(3) as usize];
    // Some walks have one kind of mishap only: what several do together hides what one does alone.
    let only = prng.chance_ppm(500_000).then(|| *pick(prng, &Mishap::ALL));
    let mut left = scope.deviations;
    let steps_max = STEPS_MAX * scope.nodes.max(4).pow(2) / 16;
    for step in 0..steps_max {
        if let Some(violation) = arena.violation.take() {
            return Ok(Some(violation));
        }
        if arena.is_done() {
            return Ok(None);
        }
        if arena.now_us > PARTITIONED_US_MAX {
            arena.masks.clear();
        }
        let Some((seat, is_message)) = arena.next() else {
            return Ok(Some("nothing is decided, and nothing is left to happen".to_owned()));
        };
        if !is_message || left == 0 || step >= scope.depth || !prng.chance_ppm(rate_ppm) {
            arena.advance();
            continue;
        }
        left -= 1;
        let later_us = prng.below(DELAY_US);
        match only.unwrap_or_else(|| *pick(prng, &Mishap::ALL)) {
            Mishap::Lose => arena.lose_next(),
            Mishap::Delay => arena.delay_next(later_us),
            Mishap::TimeOut => arena.time_out(seat),
            Mishap::Repeat => arena.repeat_next(later_us),
            Mishap::Crash => arena.doom(seat),
            Mishap::Contradict => arena.contradict_next(later_us),
            Mishap::Relay => arena.relay_next(),
        }
    }
    Ok(Some("nothing is decided although everything arrives".to_owned()))
}

fn arena(scope: &Scope, prng: &mut Prng) -> Result<Arena, ConfigError> {
    let Scope { protocol, nodes, twins, mutant, .. } = scope;
    let mut params = Params {
        view_timeout: Duration::from_ms(20),
        view_timeout_max: Duration::from_ms(160),
        retry_interval: Duration::from_ms(5),
        ..Params::default()
    };
    params.pipeline = *pick(prng, &[1, params.pipeline]);
    params.checkpoint_interval = *pick(prng, &[2, 4, params.checkpoint_interval]);
    let mut config = protocols::config(protocol, *nodes, &params)?;
    if !mutant.is_empty() {
        protocols::break_core(&mut config, mutant)?;
    }
    let liars = if protocols::fault_model(protocol) == FaultModel::Byzantine { *twins } else { 0 };
    let mut arena = Arena::new(config, protocol, *nodes, liars, prng.between(WORKS, WORKS_MAX));
    arena.has_bad_payloads = liars > 0 && prng.chance_ppm(500_000);
    if prng.chance_ppm(500_000) {
        let all = (1_u32 << (nodes + liars)) - 1;
        for _ in 0..prng.between(1, ROUNDS_MAX) {
            let side = u32::try_from(prng.below(u64::from(all))).unwrap_or_default();
            let hears = |seat: usize| if side & (1 << seat) != 0 { side } else { all & !side };
            arena.masks.push((0..nodes + liars).map(hears).collect());
        }
    }
    Ok(arena)
}

fn pick<'a, T>(prng: &mut Prng, list: &'a [T]) -> &'a T {
    &list[prng.below(list.len() as u64) as usize]
}

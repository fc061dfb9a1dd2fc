//! Random faults: loss, delay, crashes, restarts, and liars; then a whole network, in which everything must go on.

use testkit::{Swarm, ms, swarm};

use crate::Core;

const OPTIONS: Swarm = Swarm {
    sizes: &[4, 4, 5, 6, 7],
    liars: |n| n.saturating_sub(1) / 3,
    loss_ppm: 150_000,
    delay_ms: 30,
    crashes: true,
    heal: ms(20_000),
};

/// How many runs; more are set at compile time by `POS_SWARM`.
fn runs() -> u64 {
    option_env!("POS_SWARM").and_then(|runs| runs.parse().ok()).unwrap_or(4)
}

#[test]
fn whatever_happens_replicas_agree_and_go_on() {
    for seed in 0..runs() {
        let quiet = seed % 2;
        let tune = |_: &mut types::Prng, config: &mut crate::Config| config.quiet_epochs = quiet;
        if let Err(problem) = swarm::<Core>(seed, &OPTIONS, tune) {
            panic!("seed {seed}: {problem}");
        }
    }
}

//! Random faults without liars: loss, delay, crashes; then everything must go on.

use testkit::{Swarm, ms, swarm};

use crate::Core;

const OPTIONS: Swarm = Swarm {
    sizes: &[1, 2, 3, 3, 4, 5, 5, 7],
    liars: |_| 0,
    loss_ppm: 250_000,
    delay_ms: 300,
    crashes: true,
    heal: ms(20_000),
};

#[test]
fn random_faults_break_nothing() {
    let seeds = option_env!("RAFT_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(60);
    for seed in 0..seeds {
        let verdict = swarm::<Core>(seed, &OPTIONS, |prng, config| {
            config.snapshot_interval = prng.between(1, 40);
            config.entries_kept = prng.below(8);
            config.window = prng.between(1, 16);
            config.seed = prng.next_u64();
        });
        verdict.unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

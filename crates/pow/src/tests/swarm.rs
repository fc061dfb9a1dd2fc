//! Random faults: loss, delay, crashes, payloads swapped on their way; then a whole network, in which everything must
//! go on. The confirmations are deep enough that chance alone undoes none.

use testkit::{Cluster, Swarm, ms, request, swarm};
use types::Time;

use crate::{Config, Core};

const OPTIONS: Swarm = Swarm {
    sizes: &[1, 3, 4, 5, 7],
    liars: |n| (n - 1) / 3,
    loss_ppm: 100_000,
    delay_ms: 60,
    crashes: true,
    heal: ms(120_000),
};

#[test]
fn random_faults_break_nothing() {
    let seeds = option_env!("POW_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(3);
    for seed in 0..seeds {
        let run = swarm::<Core>(seed, &OPTIONS, |prng, config: &mut Config| {
            config.confirmations = prng.between(10, 14);
            config.history = prng.between(20, 60);
            config.retarget_interval = prng.between(8, 32);
        });
        run.unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// The same seed gives the same run, and another seed another.
#[test]
fn a_seed_is_a_run() {
    let run = |seed: u64| {
        let mut cluster = Cluster::<Core>::new(4, None);
        cluster.lose(200_000, Time::from_us(3_000_000), seed);
        for timestamp in 1..=6 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(300));
        }
        let ids: Vec<_> = cluster.nodes.iter().filter_map(|n| n.core.as_ref()).collect();
        ids.iter().map(|core| core.tree.head_id()).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

//! Random faults: loss, delay, crashes, restarts, and liars that say different things to different replicas; then a whole
//! network, in which everything must go on.

use testkit::{Swarm, ms, request, swarm};
use types::{Quorum, Time};

use super::World;
use crate::Core;

const OPTIONS: Swarm = Swarm {
    sizes: &[4, 4, 5, 6, 7, 10],
    liars: |n| Quorum::of(n).f(),
    loss_ppm: 250_000,
    delay_ms: 300,
    crashes: true,
    heal: ms(60_000),
};

#[test]
fn random_faults_break_nothing() {
    let seeds = option_env!("FBA_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(12);
    let first = option_env!("FBA_SWARM_FIRST").and_then(|seed| seed.parse().ok()).unwrap_or(0);
    for seed in first..first + seeds {
        swarm::<Core>(seed, &OPTIONS, |_, _| {})
            .unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// The same seed gives the same run, and another seed another.
#[test]
fn a_seed_is_a_run() {
    let run = |seed: u64| {
        let mut cluster = World::new(4, None);
        cluster.lose(200_000, Time::from_us(3_000_000), seed);
        for timestamp in 1..=10 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(200));
        }
        let said = cluster.nodes.iter().map(|node| codec::Encode::to_bytes(&node.said));
        crypto::hash("test-run", &said.collect::<Vec<_>>().concat())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

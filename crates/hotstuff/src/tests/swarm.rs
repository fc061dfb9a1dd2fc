//! Random faults, then a whole network, in which everything must go on.

use testkit::{Swarm, ms, swarm};
use types::{Quorum, Time};

use super::Cluster;
use crate::{Core, Phases};

const OPTIONS: Swarm = Swarm {
    sizes: &[4, 4, 5, 6, 7, 10],
    liars: |n| Quorum::of(n).f(),
    loss_ppm: 250_000,
    delay_ms: 300,
    crashes: true,
    heal: ms(60_000),
};

fn run(seed: u64) -> testkit::Verdict {
    swarm::<Core>(seed, &OPTIONS, |prng, config| {
        config.phases = if prng.chance_ppm(500_000) { Phases::Two } else { Phases::Three };
        config.window = if prng.chance_ppm(500_000) { 8 } else { 128 };
    })
}

#[test]
fn random_faults_break_nothing() {
    let seeds =
        option_env!("HOTSTUFF_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    let first = option_env!("HOTSTUFF_SWARM_FIRST").and_then(|seed| seed.parse().ok()).unwrap_or(0);
    for seed in first..first + seeds {
        run(seed).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// The same seed gives the same run, and another seed another.
#[test]
fn a_seed_is_a_run() {
    let run = |seed: u64| {
        let mut cluster = Cluster::new(4, None);
        cluster.lose(200_000, Time::from_us(3_000_000), seed);
        for timestamp in 1..=10 {
            cluster.submit(testkit::request(1, timestamp));
            cluster.run(ms(200));
        }
        let said = cluster.nodes.iter().flat_map(|node| codec::Encode::to_bytes(&node.said));
        crypto::hash("test-run", &said.collect::<Vec<u8>>())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

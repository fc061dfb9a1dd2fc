//! Random faults, then a whole network, in which everything must go on.

use codec::Encode as _;
use testkit::{Swarm, ms, request, swarm};
use types::Time;

use super::world::Cluster;
use crate::{Config, Core};

const OPTIONS: Swarm = Swarm {
    sizes: &[1, 4, 4, 5, 7, 10],
    liars: |n| n.saturating_sub(1) / 3,
    loss_ppm: 200_000,
    delay_ms: 300,
    crashes: true,
    heal: ms(60_000),
};

#[test]
fn random_faults_break_nothing() {
    let seeds =
        option_env!("TENDERMINT_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    for seed in 0..seeds {
        swarm::<Core>(seed, &OPTIONS, |_, _| {})
            .unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// The same with voting powers of 1 to 5, whose liars may hold no third together.
#[test]
fn random_faults_break_no_weighted_set() {
    let options = Swarm { liars: |_| 0, ..OPTIONS };
    for seed in 1_000..1_020 {
        let tune = |prng: &mut types::Prng, config: &mut Config| {
            config.weights.iter_mut().for_each(|weight| *weight = prng.between(1, 5));
        };
        swarm::<Core>(seed, &options, tune)
            .unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// The same seed gives the same run, and another seed another.
#[test]
fn a_seed_is_a_run() {
    let run = |seed: u64| {
        let mut cluster = Cluster::new(4, None);
        cluster.lose(200_000, Time::from_us(3_000_000), seed);
        for timestamp in 1..=10 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(200));
        }
        let said: Vec<u8> = cluster.nodes.iter().flat_map(|node| node.said.to_bytes()).collect();
        crypto::hash("test-run", &said)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

use super::{SHARD_ROUNDS, Sampler, sample, shards};
use crate::{Error, Links, Model, Protocol, Setup, Thresholds, Topology, theory};

/// Five standard errors: one in two million draws of a true model is further off.
fn check(setup: &Setup, links: &Links, seed: u64) {
    let rounds = 60_000;
    let model = Model::new(setup).unwrap();
    let exact = theory::solve(&model, links).unwrap().success;
    let hits = sample(&model, links, seed, rounds).unwrap() as f64;
    let rounds = rounds as f64;
    let error = (exact * (1.0 - exact) / rounds).sqrt().max(1.0 / rounds);
    assert!((hits / rounds - exact).abs() < 5.0 * error, "{setup:?}: {exact} {}", hits / rounds);
}

#[test]
fn drawn_rounds_agree_with_the_sum_over_all_fates() {
    for protocol in Protocol::ALL {
        for thresholds in [Thresholds::Usual, Thresholds::Core] {
            for n in [1, 4, 7, 10] {
                for p in [0.7, 0.9, 0.97] {
                    let setup = Setup { thresholds, ..Setup::new(protocol, n) };
                    check(&setup, &Links::new(n, p, &Topology::Full).unwrap(), 1);
                }
            }
        }
    }
}

#[test]
fn and_so_they_do_over_other_links() {
    for protocol in Protocol::ALL {
        for topology in [Topology::Star, Topology::Ring, Topology::Tree { arity: 3 }] {
            check(&Setup::new(protocol, 7), &Links::new(7, 0.95, &topology).unwrap(), 2);
        }
        let availability = vec![0.95; 7];
        let setup = Setup { availability, silent: 1, ..Setup::new(protocol, 7) };
        check(&setup, &Links::new(7, 0.95, &Topology::Full).unwrap(), 3);
    }
}

#[test]
fn the_same_seed_gives_the_same_count_and_another_one_another() {
    let model = Model::new(&Setup::new(Protocol::Pbft, 7)).unwrap();
    let links = Links::new(7, 0.9, &Topology::Full).unwrap();
    let count = |seed| sample(&model, &links, seed, 100_000).unwrap();
    assert_eq!(count(42), count(42));
    assert_ne!(count(42), count(43));
    // Pinned: a seed in a paper stays valid.
    assert_eq!(count(42), PINNED);
}
const PINNED: u64 = 52_690;

#[test]
fn shards_cover_all_rounds_and_no_more() {
    for rounds in [0, 1, 63, 64, SHARD_ROUNDS - 1, SHARD_ROUNDS, 3 * SHARD_ROUNDS + 5] {
        assert_eq!(shards(rounds).map(|(_, rounds)| rounds).sum::<u64>(), rounds);
        assert!(shards(rounds).all(|(_, rounds)| rounds > 0 && rounds <= SHARD_ROUNDS));
    }
    let model = Model::new(&Setup::new(Protocol::Pbft, 4)).unwrap();
    let sure = Links::new(4, 1.0, &Topology::Full).unwrap();
    for rounds in [0, 1, 63, 65, 1_000] {
        assert_eq!(sample(&model, &sure, 1, rounds).unwrap(), rounds);
    }
}

#[test]
fn too_many_nodes_are_refused() {
    let model = Model::new(&Setup::new(Protocol::Raft, 2_000)).unwrap();
    let links = Links::new(2_000, 0.9, &Topology::Full).unwrap();
    assert!(matches!(Sampler::new(&model, &links), Err(Error::Nodes { given: 2_000, .. })));
}

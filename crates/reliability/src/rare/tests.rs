use super::{Event, Rare, sample};
use crate::{Links, Model, Protocol, Setup, Thresholds, Topology, theory};

const ROUNDS: u64 = 4_000;

fn compare(setup: &Setup, links: &Links, event: Event, seed: u64) -> (f64, Rare) {
    let model = Model::new(setup).unwrap();
    let exact = theory::solve(&model, links).unwrap();
    let exact = if event == Event::Success { exact.success } else { exact.failure };
    (exact, sample(&model, links, event, seed, ROUNDS).unwrap())
}

fn mesh(n: usize, p: f64) -> Links {
    Links::new(n, p, &Topology::Full).unwrap()
}

/// What is drawn in the tests: a protocol, how many nodes, p, and what is rare.
const CASES: &[(Protocol, usize, f64, Event)] = &[
    (Protocol::Pbft, 4, 1.0 - 1e-13, Event::Failure),
    (Protocol::Pbft, 7, 0.9999, Event::Failure),
    (Protocol::Pbft, 10, 0.998, Event::Failure),
    (Protocol::Pbft, 20, 0.98, Event::Failure),
    (Protocol::Pbft, 10, 0.5, Event::Success),
    (Protocol::Pbft, 7, 0.4, Event::Success),
    (Protocol::Tendermint, 10, 0.995, Event::Failure),
    (Protocol::Tendermint, 13, 0.5, Event::Success),
    (Protocol::Raft, 9, 0.999, Event::Failure),
    (Protocol::Raft, 25, 0.3, Event::Success),
    (Protocol::HotStuff, 10, 0.999, Event::Failure),
    (Protocol::HotStuff, 16, 0.4, Event::Success),
    (Protocol::HotStuff3, 31, 0.97, Event::Failure),
];

#[test]
fn estimates_of_what_almost_never_happens_are_close() {
    for &(protocol, n, p, event) in CASES {
        let (exact, rare) = compare(&Setup::new(protocol, n), &mesh(n, p), event, 1);
        let far = (rare.probability / exact).ln().abs() / rare.relative_error;
        assert!(far < 5.0, "{protocol:?} {n} {p}: {exact:e} {rare:?}");
        assert!(rare.relative_error < 0.3, "{protocol:?} {n} {p}: {exact:e} {rare:?}");
    }
}

#[test]
fn intervals_are_honest() {
    let (mut inside, mut all) = (0, 0);
    for &(protocol, n, p, event) in CASES {
        for seed in 0..4 {
            let (exact, rare) = compare(&Setup::new(protocol, n), &mesh(n, p), event, seed);
            inside += u32::from(rare.ci95.contains(exact));
            all += 1;
        }
    }
    // Of 52 intervals of 95 %, 49 are expected to hold the truth, give or take twice 1.6.
    assert!(inside >= 46, "{inside} of {all} intervals hold the exact probability");
}

#[test]
fn other_links_other_rules_and_nodes_that_are_down() {
    let uneven: Vec<Vec<f64>> = (0..7)
        .map(|i| (0..7).map(|j| 1.0 - 0.002 * f64::from((3 * i + 5 * j + i * j) % 7 + 1)).collect())
        .collect();
    let uneven = Links::from_matrix(&uneven).unwrap();
    let ring = Links::new(7, 0.995, &Topology::Ring).unwrap();
    for links in [uneven, ring] {
        for protocol in Protocol::ALL {
            let thresholds = Thresholds::Core;
            let availability = vec![0.999; 7];
            let setup = Setup { thresholds, availability, ..Setup::new(protocol, 7) };
            let (exact, rare) = compare(&setup, &links, Event::Failure, 3);
            let far = (rare.probability / exact).ln().abs() / rare.relative_error;
            assert!(far < 5.0, "{protocol:?}: {exact:e} {rare:?}");
        }
    }
}

#[test]
fn what_never_happens_has_an_interval_from_zero() {
    let setup = Setup::new(Protocol::Pbft, 4);
    let (exact, rare) = compare(&setup, &mesh(4, 1.0), Event::Failure, 1);
    assert_eq!((exact, rare.probability, rare.ci95.low), (0.0, 0.0, 0.0));
    assert!(rare.ci95.high > 0.0 && rare.ci95.high < 0.01, "{rare:?}");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let setup = Setup::new(Protocol::Pbft, 10);
    let again = || compare(&setup, &mesh(10, 0.998), Event::Failure, 9).1;
    assert_eq!(again(), again());
}

use std::num::NonZeroUsize;

use ::reliability::{Error, Links, Model, Protocol, Setup, Thresholds, Topology, theory};
use types::Duration;

use super::{CoreRuns, Help, Observed, Trial, leader, observe};

const HORIZON: Duration = Duration::from_ms(2_000);

fn model(protocol: Protocol, n: usize, silent: usize) -> Model {
    let leader = leader(protocol, n).unwrap();
    let thresholds = Thresholds::Core;
    Model::new(&Setup { thresholds, leader, silent, ..Setup::new(protocol, n) }).unwrap()
}

fn runs(trials: u64) -> CoreRuns {
    CoreRuns { trials, seed: 1, threads: NonZeroUsize::new(2).unwrap() }
}

fn try_out(
    protocol: Protocol,
    n: usize,
    silent: usize,
    links: &Links,
    help: Help,
    trials: u64,
) -> (f64, Observed) {
    let model = model(protocol, n, silent);
    let trial = Trial { protocol, model: &model, silent, links, help, horizon: HORIZON };
    let exact = theory::solve(&model, links).unwrap().success;
    (exact, observe(&trial, &runs(trials)).unwrap())
}

fn mesh(n: usize, p: f64) -> Links {
    Links::new(n, p, &Topology::Full).unwrap()
}

/// Five standard errors.
fn agrees(exact: f64, observed: &Observed) -> bool {
    let rounds = observed.success.rounds as f64;
    let error = (exact * (1.0 - exact) / rounds).sqrt().max(1.0 / rounds);
    (observed.success.probability() - exact).abs() <= 5.0 * error
}

#[test]
fn without_help_the_real_cores_do_as_the_theory_says() {
    for protocol in [Protocol::Pbft, Protocol::Raft, Protocol::Tendermint] {
        for (n, silent) in [(4, 0), (5, 0), (6, 0), (7, 1)] {
            let (exact, observed) = try_out(protocol, n, silent, &mesh(n, 0.85), Help::None, 600);
            assert!(agrees(exact, &observed), "{protocol:?} {n}, {silent}: {exact} {observed:?}");
        }
    }
}

#[test]
fn over_uneven_links_too() {
    let p = |i: usize, j: usize| 0.75 + 0.24 * (((3 * i + 5 * j + i * j) % 7) as f64 / 7.0);
    let rows: Vec<Vec<f64>> = (0..5).map(|i| (0..5).map(|j| p(i, j)).collect()).collect();
    let links = Links::from_matrix(&rows).unwrap();
    for protocol in [Protocol::Pbft, Protocol::Raft, Protocol::Tendermint] {
        let (exact, observed) = try_out(protocol, 5, 0, &links, Help::None, 600);
        assert!(agrees(exact, &observed), "{protocol:?}: {exact} {observed:?}");
    }
}

#[test]
fn hotstuff_repairs_what_the_theory_gives_up() {
    for protocol in [Protocol::HotStuff, Protocol::HotStuff3] {
        let (exact, observed) = try_out(protocol, 4, 0, &mesh(4, 0.9), Help::None, 400);
        assert!(observed.success.ci95.high > exact, "{protocol:?}: {exact} {observed:?}");
    }
}

#[test]
fn help_helps() {
    for protocol in Protocol::ALL {
        let mut before = 0.0;
        for help in Help::ALL.into_iter().filter(|help| help.is_known_to(protocol)) {
            let model = model(protocol, 4, 0);
            let links = mesh(4, 0.8);
            let trial = Trial {
                protocol,
                model: &model,
                silent: 0,
                links: &links,
                help,
                horizon: Duration::from_ms(60_000),
            };
            let found = observe(&trial, &runs(60)).unwrap().success.probability();
            assert!(found >= before, "{protocol:?} {help:?}: {found} after {before}");
            before = found;
        }
        assert!(before > 0.95, "{protocol:?} with all help: {before}");
    }
}

#[test]
fn links_that_lose_nothing_never_fail_and_threads_change_nothing() {
    for protocol in Protocol::ALL {
        let (_, observed) = try_out(protocol, 4, 0, &mesh(4, 1.0), Help::None, 3);
        assert_eq!((observed.success.hits, observed.decided_share), (3, 1.0), "{protocol:?}");
    }
    let (model, links) = (model(Protocol::Pbft, 4, 0), mesh(4, 0.8));
    let trial = Trial {
        protocol: Protocol::Pbft,
        model: &model,
        silent: 0,
        links: &links,
        help: Help::None,
        horizon: HORIZON,
    };
    let one = CoreRuns { threads: NonZeroUsize::MIN, ..runs(300) };
    assert_eq!(observe(&trial, &one).unwrap(), observe(&trial, &runs(300)).unwrap());
}

#[test]
fn no_trials_and_too_many_replicas_are_refused() {
    let (model, links) = (model(Protocol::Pbft, 4, 0), mesh(4, 0.8));
    let trial = Trial {
        protocol: Protocol::Pbft,
        model: &model,
        silent: 0,
        links: &links,
        help: Help::None,
        horizon: HORIZON,
    };
    assert!(matches!(observe(&trial, &runs(0)), Err(Error::Rounds { .. })));
    assert!(matches!(leader(Protocol::Pbft, 500), Err(Error::Nodes { given: 500, .. })));
}

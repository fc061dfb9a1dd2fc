use super::{Theory, solve};
use crate::{Error, Links, Model, Protocol, Setup, Thresholds, Topology};

mod brute;
mod reference;

fn theory(setup: &Setup, p: f64, topology: &Topology) -> Theory {
    let links = Links::new(setup.nodes, p, topology).unwrap();
    solve(&Model::new(setup).unwrap(), &links).unwrap()
}

fn pbft(n: usize, p: f64) -> Theory {
    theory(&Setup::new(Protocol::Pbft, n), p, &Topology::Full)
}

#[test]
fn success_and_failure_are_everything() {
    for protocol in Protocol::ALL {
        for thresholds in [Thresholds::Usual, Thresholds::Core] {
            for n in [1, 2, 4, 7, 30, 200] {
                for p in [0.0, 0.3, 0.9, 0.999, 1.0] {
                    let setup = Setup { thresholds, ..Setup::new(protocol, n) };
                    if thresholds == Thresholds::Core && protocol == Protocol::Tendermint && n > 30
                    {
                        continue;
                    }
                    let theory = theory(&setup, p, &Topology::Full);
                    let sum = theory.success + theory.failure;
                    assert!(
                        (sum - 1.0).abs() <= 2.0 * theory.relative_error_max,
                        "{setup:?} {p}: {theory:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn thousands_of_nodes_neither_overflow_nor_exceed_one() {
    let theory = pbft(2_000, 0.9);
    assert!(theory.success <= 1.0 && theory.success > 0.999_999, "{theory:?}");
    assert!(theory.failure > 0.0 && theory.failure < 1e-6, "{theory:?}");
    let hopeless = pbft(2_000, 0.5);
    assert!(hopeless.log10_success < -300.0 && hopeless.log10_success.is_finite(), "{hopeless:?}");
    assert_eq!(hopeless.success, 0.0);
    assert_eq!(hopeless.failure, 1.0);
}

#[test]
fn what_almost_never_fails_is_known_to_full_precision() {
    // Four nodes under 2f/2f: a round fails as soon as one link of the nine to eleven that count does, so to first
    // order 1 - p times their number.
    let (one, two) = (pbft(4, 1.0 - 1e-9).failure, pbft(4, 1.0 - 2e-9).failure);
    assert!((two / one - 2.0).abs() < 1e-6, "{one} {two}");
    assert!(one < 1e-8 && one > 1e-9, "{one}");
}

#[test]
fn wide_and_plain_numbers_agree() {
    use super::number::{Number, Wide};
    for n in [4, 10, 64, 200] {
        let model = Model::new(&Setup::new(Protocol::Pbft, n)).unwrap();
        let classes =
            super::Classes::new(&model, &Links::new(n, 0.9, &Topology::Full).unwrap()).unwrap();
        let (plain, _) = super::sum::total::<f64>(&model, &classes);
        let (wide, _) = super::sum::total::<Wide>(&model, &classes);
        assert!((plain - wide.value()).abs() <= 1e-12 * plain, "{n}: {plain} {wide:?}");
    }
}

#[test]
fn nodes_that_no_link_tells_apart_are_counted() {
    let kinds =
        |n, topology: &Topology| theory(&Setup::new(Protocol::Pbft, n), 0.9, topology).kinds;
    assert_eq!(kinds(40, &Topology::Full), 2);
    assert_eq!(kinds(40, &Topology::Star), 2);
    assert_eq!(kinds(8, &Topology::Ring), 8);
    // The root, its two children, two pairs of leaves.
    assert_eq!(kinds(7, &Topology::Tree { arity: 2 }), 5);
}

fn uneven(n: usize) -> Links {
    let p = |i: usize, j: usize| 0.75 + 0.24 * (((3 * i + 7 * j + i * j) % 11) as f64 / 11.0);
    Links::from_matrix(&(0..n).map(|i| (0..n).map(|j| p(i, j)).collect()).collect::<Vec<_>>())
        .unwrap()
}

#[test]
fn where_only_leaders_count_nodes_and_sets_give_the_same() {
    for protocol in [Protocol::Raft, Protocol::HotStuff, Protocol::HotStuff3] {
        for thresholds in [Thresholds::Usual, Thresholds::Core] {
            for n in [1, 2, 3, 4, 7, 9] {
                let availability = (0..n).map(|node| 1.0 - 0.02 * node as f64).collect();
                let setup = Setup { thresholds, availability, ..Setup::new(protocol, n) };
                let (model, links) = (Model::new(&setup).unwrap(), uneven(n));
                let classes = super::Classes::new(&model, &links).unwrap();
                let sets: (f64, f64) = super::sum::total(&model, &classes);
                let nodes: (f64, f64) = super::relay::total(&model, &links).unwrap();
                assert!((sets.0 - nodes.0).abs() < 1e-13, "{setup:?}: {sets:?} {nodes:?}");
                assert!((sets.1 - nodes.1).abs() < 1e-13, "{setup:?}: {sets:?} {nodes:?}");
            }
        }
    }
    let many = Model::new(&Setup::new(Protocol::Raft, 60)).unwrap();
    let theory = solve(&many, &uneven(60)).unwrap();
    assert!((theory.success + theory.failure - 1.0).abs() < 1e-12, "{theory:?}");
}

#[test]
fn a_sum_with_too_many_terms_is_refused() {
    let model = Model::new(&Setup::new(Protocol::Pbft, 60)).unwrap();
    let links = Links::new(60, 0.9, &Topology::Ring).unwrap();
    let error = solve(&model, &links).unwrap_err();
    assert!(matches!(error, Error::Intractable { terms, .. } if terms > 1e9), "{error}");
}

#[test]
fn links_for_another_number_of_nodes_are_refused() {
    let model = Model::new(&Setup::new(Protocol::Raft, 5)).unwrap();
    let links = Links::new(4, 0.9, &Topology::Full).unwrap();
    assert!(matches!(solve(&model, &links), Err(Error::Size { given: 4, nodes: 5, .. })));
}

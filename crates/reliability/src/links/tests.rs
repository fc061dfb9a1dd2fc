use super::Links;
use crate::{Error, MATRIX_MAX, Topology};

fn yes(n: usize, p: f64, topology: &Topology, from: usize, to: usize) -> f64 {
    let odds = Links::new(n, p, topology).unwrap().get(from, to);
    assert!((odds.yes + odds.no - 1.0).abs() < 1e-15, "{odds:?}");
    odds.yes
}

fn is(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-15, "{value} {expected}");
}

#[test]
fn every_topology_carries_a_message_as_far_as_it_must() {
    let p: f64 = 0.9;
    is(yes(6, p, &Topology::Full, 2, 5), p);
    is(yes(6, p, &Topology::Star, 0, 5), p);
    is(yes(6, p, &Topology::Star, 2, 5), p * p);
    is(yes(6, p, &Topology::Ring, 5, 0), p);
    is(yes(6, p, &Topology::Ring, 1, 5), 1.0 - (1.0 - p.powi(4)) * (1.0 - p * p));
    // 3 and 4 are children of 1, 5 one of 2.
    let tree = Topology::Tree { arity: 2 };
    is(yes(6, p, &tree, 3, 4), p * p);
    is(yes(6, p, &tree, 3, 5), p.powi(4));
    is(yes(6, p, &tree, 1, 0), p);
    let path = Topology::Graph { edges: vec![(0, 1), (1, 2), (2, 3)] };
    is(yes(5, p, &path, 0, 3), p.powi(3));
    is(yes(5, p, &path, 0, 4), 0.0);
    let told_again = Topology::Graph { edges: [(0, 1), (1, 2)].repeat(10_000) };
    is(yes(3, p, &told_again, 0, 2), p * p);
}

#[test]
fn a_ring_of_two_or_three_is_a_mesh() {
    for n in [2, 3] {
        is(yes(n, 0.7, &Topology::Ring, 0, n - 1), 0.7);
    }
}

#[test]
fn what_is_no_probability_is_refused() {
    for p in [-0.1, 1.000_001, f64::NAN, f64::INFINITY] {
        assert!(matches!(Links::new(4, p, &Topology::Full), Err(Error::Probability { .. })), "{p}");
    }
    let error = Links::from_text("1 0.5\n1.5 1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the probability of the link from 1 to 0 is 1.5, and must lie between 0 and 1"
    );
}

#[test]
fn impossible_topologies_are_refused() {
    assert_eq!(Topology::named("tree", 0), Err(Error::Arity { given: 0, max: MATRIX_MAX }));
    assert!(matches!(Topology::named("torus", 2), Err(Error::Topology { .. })));
    assert!(matches!(Links::new(0, 0.9, &Topology::Ring), Err(Error::Nodes { given: 0, .. })));
    let tree = Topology::named("tree", 2).unwrap();
    assert!(matches!(
        Links::new(2_000, 0.9, &tree),
        Err(Error::Nodes { given: 2_000, max: MATRIX_MAX })
    ));
    let graph = Topology::Graph { edges: vec![(0, 7)] };
    assert!(matches!(Links::new(4, 0.9, &graph), Err(Error::Size { given: 8, nodes: 4, .. })));
}

#[test]
fn a_matrix_is_read_from_text() {
    let links = Links::from_text("# three nodes\n1, 0.9, 0.8\n0.7; 1; 0.6\n\n0.5 0.4 9\n").unwrap();
    assert_eq!(links.n(), 3);
    is(links.get(0, 2).yes, 0.8);
    is(links.get(2, 1).yes, 0.4);
}

#[test]
fn a_matrix_that_is_none_is_refused_with_its_place() {
    assert_eq!(Links::from_text("1 0.5\n1"), Err(Error::NotSquare { row: 1, length: 1, rows: 2 }));
    let error = Links::from_text("1 0.5\n# x\nhigh 1").unwrap_err();
    assert_eq!(error.to_string(), "line 3, field 1: `high` is no number");
    assert!(matches!(
        Links::from_text("1 NaN\n1 1"),
        Err(Error::NotANumber { line: 1, column: 2, .. })
    ));
    assert!(matches!(Links::from_text(""), Err(Error::Nodes { given: 0, .. })));
    let tall = "1\n".repeat(MATRIX_MAX + 1);
    assert!(matches!(Links::from_text(&tall), Err(Error::Nodes { .. })));
    let wide = format!("{}\n", "1 ".repeat(MATRIX_MAX + 1));
    assert!(matches!(Links::from_text(&wide), Err(Error::NotSquare { .. })));
}

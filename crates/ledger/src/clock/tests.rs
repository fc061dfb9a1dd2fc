use codec::{Decode, Encode};
use types::{NodeId, Prng};

use super::{ClockOrder, VectorClock};

fn clock(counts: &[u64]) -> VectorClock {
    let mut clock = VectorClock::default();
    for (node, &count) in NodeId::all(counts.len()).zip(counts) {
        (0..count).for_each(|_| clock.increment(node));
    }
    clock
}

#[test]
fn clocks_compare_counter_by_counter() {
    assert_eq!(clock(&[1, 0]).compare(&clock(&[1, 1])), ClockOrder::Before);
    assert_eq!(clock(&[2, 1]).compare(&clock(&[1, 1])), ClockOrder::After);
    assert_eq!(clock(&[1, 1]).compare(&clock(&[1, 1])), ClockOrder::Equal);
    assert_eq!(clock(&[2, 0]).compare(&clock(&[0, 2])), ClockOrder::Concurrent);
    let mut merged = clock(&[2, 0]);
    merged.merge(&clock(&[0, 2]));
    assert_eq!(merged, clock(&[2, 2]));
}

fn any(prng: &mut Prng) -> VectorClock {
    clock(&[prng.below(3), prng.below(3), prng.below(3)])
}

#[test]
fn the_order_is_a_partial_order_and_merging_is_its_join() {
    let mut prng = Prng::new(7, 0);
    let within = |a: &VectorClock, b: &VectorClock| {
        matches!(a.compare(b), ClockOrder::Before | ClockOrder::Equal)
    };
    for _ in 0..2_000 {
        let (a, b, c) = (any(&mut prng), any(&mut prng), any(&mut prng));
        let turned = match a.compare(&b) {
            ClockOrder::Before => ClockOrder::After,
            ClockOrder::After => ClockOrder::Before,
            ClockOrder::Equal => ClockOrder::Equal,
            ClockOrder::Concurrent => ClockOrder::Concurrent,
        };
        assert_eq!(b.compare(&a), turned);
        assert_eq!(a.compare(&b) == ClockOrder::Equal, a == b);
        assert!(!within(&a, &b) || !within(&b, &c) || within(&a, &c), "transitive");

        let join = |a: &VectorClock, b: &VectorClock| {
            let mut join = a.clone();
            join.merge(b);
            join
        };
        let both = join(&a, &b);
        assert_eq!(both, join(&b, &a));
        assert_eq!(join(&both, &c), join(&a, &join(&b, &c)));
        assert_eq!(join(&both, &a), both);
        assert!(within(&a, &both) && within(&b, &both));
        assert!(!within(&a, &c) || !within(&b, &c) || within(&both, &c), "the least above both");
        assert_eq!(VectorClock::from_bytes(&a.to_bytes()), Ok(a));
    }
}

#[test]
fn a_block_moves_its_proposers_counter_by_one_and_no_other() {
    let parent = clock(&[2, 0, 1]);
    let n = NodeId::new;
    let mut next = parent.clone();
    next.increment(n(1));
    assert!(next.follows(&parent, Some(n(1))));
    assert_eq!((parent.compare(&next), next.total()), (ClockOrder::Before, parent.total() + 1));
    assert!(!next.follows(&parent, Some(n(0))) && !next.follows(&parent, None));
    assert!(!next.follows(&next, Some(n(1))), "it did not move");
    assert!(parent.follows(&parent, None), "a null request has no proposer");
    let mut twice = next.clone();
    twice.increment(n(1));
    assert!(!twice.follows(&parent, Some(n(1))), "it moved by two");
    let mut other = next.clone();
    other.increment(n(2));
    assert!(!other.follows(&parent, Some(n(1))), "another moved too");
    assert!(!clock(&[2, 1]).follows(&parent, Some(n(1))), "another went back");
}

/// The seed's clocks told an entry of zero from a missing one; here the bytes of such a clock are refused.
#[test]
fn a_counter_of_zero_is_no_counter() {
    let zero = std::collections::BTreeMap::from([(NodeId::new(1), 0_u64)]).to_bytes();
    assert!(VectorClock::from_bytes(&zero).is_err());
    assert_eq!(clock(&[1, 0]), clock(&[1]));
}

use types::NodeId;

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

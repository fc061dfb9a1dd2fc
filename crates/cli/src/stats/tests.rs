use super::*;

#[test]
fn percentiles_are_of_the_nearest_rank() {
    let mut some = Latencies::default();
    assert_eq!(some.percentile_us(500), 0);
    (1..=100).rev().for_each(|us| some.add(us));
    assert_eq!([0, 10, 500, 990, 1_000].map(|at| some.percentile_us(at)), [1, 1, 50, 99, 100]);
    some.add(7);
    assert_eq!((some.len(), some.percentile_us(1_000)), (101, 100));
}

#[test]
fn rates_of_no_time_are_nothing() {
    assert!(per_s(10, 0.0).abs() < f64::EPSILON);
    assert!((per_s(10, 4.0) - 2.5).abs() < f64::EPSILON);
}

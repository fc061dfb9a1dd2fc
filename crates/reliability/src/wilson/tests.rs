use super::{Z95, wilson};

#[test]
fn it_equals_the_published_values() {
    // Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    for (hits, rounds, low, high) in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ] {
        let interval = wilson(hits, rounds, Z95);
        assert!((interval.low - low).abs() < 5e-5, "{hits}/{rounds}: {interval:?}");
        assert!((interval.high - high).abs() < 5e-5, "{hits}/{rounds}: {interval:?}");
    }
}

#[test]
fn it_stays_within_nothing_and_everything() {
    assert_eq!((wilson(0, 0, Z95).low, wilson(0, 0, Z95).high), (0.0, 1.0));
    assert_eq!(wilson(0, 1_000, Z95).low, 0.0);
    assert_eq!(wilson(1_000, 1_000, Z95).high, 1.0);
    assert!(wilson(1_000, 1_000, Z95).low > 0.995);
}

use super::{Number, Wide};

#[test]
fn wide_numbers_do_as_plain_ones_where_these_have_room() {
    for a in [1.0, 0.5, 1e-80, 3e79, 1e-220, 1e220, 7.25] {
        for b in [1.0, 0.1, 1e-79, 2.5e80, 1e-8, 0.0] {
            let (x, y) = (Wide::of(a), Wide::of(b));
            assert!(((x * y).value() - a * b).abs() <= a * b * 1e-15 + 1e-307, "{a} * {b}");
            assert!(((x + y).value() - (a + b)).abs() <= (a + b) * 1e-15, "{a} + {b}");
        }
    }
}

#[test]
fn wide_numbers_neither_overflow_nor_vanish() {
    let tiny = (0..1_000).fold(Wide::ONE, |product, _| product * Wide::of(1e-100));
    assert!((tiny.log10() + 100_000.0).abs() < 1e-6, "{}", tiny.log10());
    assert_eq!(tiny.value(), 0.0);
    let back = (0..1_000).fold(tiny, |product, _| product * Wide::of(1e100));
    assert!((back.value() - 1.0).abs() < 1e-10, "{}", back.value());
    assert!(((tiny + tiny).log10() - tiny.log10() - 2.0_f64.log10()).abs() < 1e-9);
}

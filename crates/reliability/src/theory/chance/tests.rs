use super::super::number::Wide;
use super::{Chance, at_least, binomial};
use crate::Odds;

fn chance(p: f64) -> Chance<f64> {
    Chance { yes: p, no: 1.0 - p }
}

/// By all outcomes of all things.
fn by_hand(k: usize, things: &[f64]) -> f64 {
    let outcomes = 0..1_u32 << things.len();
    let weight = |outcome: u32| -> f64 {
        let each = things.iter().enumerate();
        each.map(|(at, p)| if outcome >> at & 1 == 1 { *p } else { 1.0 - p }).product()
    };
    outcomes.filter(|outcome| outcome.count_ones() as usize >= k).map(weight).sum()
}

#[test]
fn a_tail_is_the_sum_over_all_outcomes() {
    let groups =
        [(3, chance(0.2)), (1, chance(0.9)), (4, chance(0.5)), (2, chance(0.75)), (1, chance(0.0))];
    let things: Vec<f64> =
        groups.iter().flat_map(|&(count, chance)| vec![chance.yes; count]).collect();
    for k in 0..=12 {
        let tail = at_least(k, &groups);
        assert!((tail.yes - by_hand(k, &things)).abs() < 1e-14, "k = {k}: {tail:?}");
        assert!((tail.yes + tail.no - 1.0).abs() < 1e-14, "k = {k}: {tail:?}");
    }
}

#[test]
fn both_sides_of_a_tail_keep_their_precision() {
    let rare = Odds { yes: 1.0 - 1e-9, no: 1e-9 };
    let tail = at_least::<f64>(9, &[(10, rare.into())]);
    let exact = 45.0 * 1e-18 * (1.0 - 16.0 / 3.0 * 1e-9);
    assert!((tail.no / exact - 1.0).abs() < 1e-12, "{tail:?}");
}

#[test]
fn a_binomial_sums_to_one_for_thousands() {
    let chance: Chance<Wide> = Odds { yes: 0.3, no: 0.7 }.into();
    let all = binomial(4_000, chance, 4_000);
    let sum = all.into_iter().fold(super::Number::ZERO, |sum: Wide, term| sum + term);
    assert!((super::Number::value(sum) - 1.0).abs() < 1e-11, "{sum:?}");
}

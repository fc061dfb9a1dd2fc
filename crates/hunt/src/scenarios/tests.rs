use std::collections::BTreeSet;

use super::*;

/// The closed form: choices that a renaming leaves as they are, by its cycles.
fn closed_form(n: usize, twins: usize, rounds: u32) -> u128 {
    let of = Scenarios::new(n, twins, 1);
    let renamings = of.renamings();
    let fixed = renamings.iter().map(|(ids, seats)| {
        let leaders = ids.iter().enumerate().filter(|(from, to)| from == *to).count() as u128;
        let mut seen = vec![false; seats.len()];
        let (mut cycles, mut all_even) = (0, true);
        for start in 0..seats.len() {
            let (mut at, mut length) = (start, 0);
            while !seen[at] {
                seen[at] = true;
                at = seats[at];
                length += 1;
            }
            cycles += u32::from(length > 0);
            all_even &= length % 2 == 0;
        }
        // A partition is one of two sides; a renaming leaves it where it keeps each side, or swaps them.
        let kept = 2_u128.pow(cycles);
        let swapped = if all_even { kept } else { 0 };
        (leaders * (kept + swapped) / 2).pow(rounds)
    });
    fixed.sum::<u128>() / renamings.len() as u128
}

#[test]
fn every_class_is_enumerated_once_and_counted_exactly() {
    for (n, twins, rounds) in [(3, 1, 1), (3, 1, 2), (4, 1, 1), (4, 1, 2), (4, 2, 2), (4, 1, 3)] {
        let of = Scenarios::new(n, twins, rounds);
        let all: BTreeSet<Vec<Round>> = of.iter().collect();
        let count = of.iter().count() as u128;
        assert_eq!(all.len() as u128, count, "no scenario comes twice");
        assert_eq!(count, of.count(), "{n} {twins} {rounds}");
        assert_eq!(count, closed_form(n, twins, rounds as u32), "{n} {twins} {rounds}");
    }
}

/// Every sequence of rounds is renamed to exactly one of those that are enumerated.
#[test]
fn every_scenario_is_a_renaming_of_one_that_is_enumerated() {
    let of = Scenarios::new(3, 1, 2);
    let enumerated: BTreeSet<Vec<Round>> = of.iter().collect();
    for first in 0..of.choices() {
        for second in 0..of.choices() {
            let renamed = of.renamed.iter().map(|table| {
                [table[first as usize], table[second as usize]]
                    .map(|choice| of.round(choice))
                    .to_vec()
            });
            let classes: BTreeSet<Vec<Round>> =
                renamed.filter(|rounds| enumerated.contains(rounds)).collect();
            assert_eq!(classes.len(), 1, "{first} {second}");
        }
    }
}

#[test]
fn larger_shapes_are_counted_without_being_enumerated() {
    assert_eq!(Scenarios::new(4, 1, 4).count(), closed_form(4, 1, 4));
    assert_eq!(Scenarios::new(7, 2, 4).count(), closed_form(7, 2, 4));
    assert!(Scenarios::new(7, 2, 4).count() > 1_000_000_000);
}

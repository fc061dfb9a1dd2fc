//! Values that exact rational arithmetic gave elsewhere (`shared/seeds.md`, 1.2.2 and 1.4).

use super::theory;
use crate::{Protocol, Setup, Thresholds, Topology};

const P: [f64; 6] = [0.50, 0.70, 0.80, 0.90, 0.95, 0.99];

/// Thresholds 2f/2f.
const USUAL: &[(usize, [f64; 6])] = &[
    (
        4,
        [
            0.000457763672,
            0.037772373567,
            0.170352691131,
            0.521461241113,
            0.777907494643,
            0.965873223776,
        ],
    ),
    (
        5,
        [
            0.002219664864,
            0.130027716226,
            0.398496348018,
            0.779800509416,
            0.935111691666,
            0.997080402813,
        ],
    ),
    (
        6,
        [
            0.005206128974,
            0.217577129271,
            0.543309781805,
            0.876582621896,
            0.970989440829,
            0.998961481242,
        ],
    ),
    (
        7,
        [
            0.000000019768,
            0.002954560227,
            0.082892803522,
            0.526821600714,
            0.845481353563,
            0.995959146532,
        ],
    ),
    (
        8,
        [
            0.000000595731,
            0.021263937373,
            0.233854539051,
            0.776505163887,
            0.962030831253,
            0.999587983738,
        ],
    ),
    (
        9,
        [
            0.000006475026,
            0.059929742905,
            0.397387127927,
            0.885482113023,
            0.986727211704,
            0.999930189798,
        ],
    ),
    (
        10,
        [
            0.000000000000,
            0.000275585751,
            0.050606214982,
            0.580813933646,
            0.921144971916,
            0.999385365425,
        ],
    ),
];

/// Thresholds 2f-1/2f.
const LATER: &[(usize, [f64; 6])] = &[
    (
        4,
        [
            0.016342163086,
            0.232461594352,
            0.501607444792,
            0.818752723651,
            0.944955512656,
            0.997410115202,
        ],
    ),
    (
        7,
        [
            0.000009654466,
            0.038641904768,
            0.281732767145,
            0.788293452150,
            0.960980092118,
            0.999551748345,
        ],
    ),
    (
        10,
        [
            0.000000000482,
            0.006252605712,
            0.178741301547,
            0.791638465905,
            0.977141116483,
            0.999945722436,
        ],
    ),
];

#[test]
fn the_document_s_thresholds() {
    check(USUAL, Thresholds::Usual);
    check(USUAL, Thresholds::read("2f,2f").unwrap());
}

#[test]
fn the_later_thresholds() {
    check(LATER, Thresholds::read("2f-1,2f").unwrap());
}

fn check(rows: &[(usize, [f64; 6])], thresholds: Thresholds) {
    for (n, row) in rows {
        for (p, expected) in P.iter().zip(row) {
            let setup = Setup { thresholds, ..Setup::new(Protocol::Pbft, *n) };
            let success = theory(&setup, *p, &Topology::Full).success;
            assert!((success - expected).abs() < 1e-12, "N = {n}, p = {p}: {success}");
        }
    }
}

#[test]
fn percentages_at_nine_in_ten() {
    for (n, expected) in [(4, 52.15), (7, 52.68), (10, 58.08), (20, 85.79)] {
        let percent = 100.0 * theory(&Setup::new(Protocol::Pbft, n), 0.9, &Topology::Full).success;
        assert!((percent - expected).abs() <= 0.005 + 1e-9, "N = {n}: {percent}");
    }
}

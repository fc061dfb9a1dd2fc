use std::collections::BTreeMap;

use types::Prng;

use super::*;

/// What `testdata/reference.py` wrote: SciPy's values.
const REFERENCE: &str = include_str!("../testdata/reference.txt");

type Samples = BTreeMap<String, Vec<f64>>;

fn samples() -> Samples {
    let lines = REFERENCE.lines().filter_map(|line| line.strip_prefix("sample "));
    lines.map(|line| (line[..1].to_owned(), numbers(&line[2..]))).collect()
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map(|word| word.parse().unwrap()).collect()
}

/// The lines that begin with a word: what `words` words behind it say, and the numbers behind those.
fn lines(name: &str, words: usize) -> Vec<(Vec<&'static str>, Vec<f64>)> {
    let found = REFERENCE.lines().filter_map(|line| {
        let mut parts = line.split(' ');
        if parts.next() != Some(name) {
            return None;
        }
        let said = parts.by_ref().take(words).collect();
        Some((said, parts.map(|word| word.parse().unwrap()).collect()))
    });
    let found: Vec<_> = found.collect();
    assert!(!found.is_empty(), "no line of {name}");
    found
}

fn near(what: &str, ours: f64, theirs: f64, relative: f64) {
    let off = (ours - theirs).abs();
    assert!(off <= relative * theirs.abs().max(1e-12), "{what}: {ours}, SciPy has {theirs}");
}

fn same(what: &str, ours: Option<f64>, theirs: f64) {
    match ours {
        Some(ours) => near(what, ours, theirs, 1e-12),
        None => assert!(theirs.is_nan(), "{what}: no bound, SciPy has {theirs}"),
    }
}

#[test]
fn samples_are_described_as_by_scipy() {
    let samples = samples();
    for (words, expected) in lines("mean_ci", 1) {
        let summary = summary(&samples[words[0]], 0.95).unwrap();
        let interval = summary.mean_interval.unwrap();
        near("low", interval.low, expected[0], 1e-10);
        near("high", interval.high, expected[1], 1e-10);
        near("mean", summary.mean, lines("mean", 1).find_of(words[0]), 1e-13);
        near("sd", summary.sd, lines("sd", 1).find_of(words[0]), 1e-13);
    }
    for (words, expected) in lines("quantile", 2) {
        let share: f64 = words[1].parse().unwrap();
        let summary = summary(&samples[words[0]], 0.95).unwrap();
        let quantile = summary.quantiles.iter().find(|q| q.share == share).unwrap();
        let what = words.join(" ");
        near(&what, quantile.value, expected[0], 1e-13);
        same(&what, quantile.low, expected[1]);
        same(&what, quantile.high, expected[2]);
    }
}

trait FindOf {
    fn find_of(&self, word: &str) -> f64;
}
impl FindOf for Vec<(Vec<&'static str>, Vec<f64>)> {
    fn find_of(&self, word: &str) -> f64 {
        self.iter().find(|(words, _)| words[0] == word).unwrap().1[0]
    }
}

#[test]
fn shares_have_the_intervals_of_scipy() {
    for (words, expected) in lines("proportion", 3) {
        let (k, n) = (words[1].parse().unwrap(), words[2].parse().unwrap());
        let interval =
            if words[0] == "wilson" { wilson(k, n, 0.95) } else { clopper_pearson(k, n, 0.95) };
        let Interval { low, high } = interval.unwrap();
        // The incomplete beta function of a hundred thousand trials is good to six digits.
        let relative = if n < 10_000 { 1e-9 } else { 2e-6 };
        near(&words.join(" "), low, expected[0], relative);
        near(&words.join(" "), high, expected[1], relative);
    }
}

#[test]
fn two_samples_compare_as_in_scipy() {
    let samples = samples();
    for (words, expected) in lines("welch", 2) {
        let welch = welch(&samples[words[0]], &samples[words[1]], 0.95).unwrap();
        let what = words.join(" ");
        near(&what, welch.t, expected[0], 1e-12);
        near(&what, welch.df, expected[1], 1e-12);
        near(&what, welch.p, expected[2], 1e-9);
        near(&what, welch.interval.low, expected[3], 1e-9);
        near(&what, welch.interval.high, expected[4], 1e-9);
    }
    let mut kinds = [0, 0];
    for (words, expected) in lines("mann_whitney", 2) {
        let test = mann_whitney(&samples[words[0]], &samples[words[1]]).unwrap();
        near(&words.join(" "), test.u, expected[0], 1e-12);
        near(&words.join(" "), test.p, expected[1], 1e-9);
        kinds[usize::from(test.exact)] += 1;
    }
    assert!(kinds[0] > 0 && kinds[1] > 0, "both ways were taken: {kinds:?}");
    for (words, expected) in lines("hedges", 2) {
        let g = hedges_g(&samples[words[0]], &samples[words[1]]).unwrap();
        near(&words.join(" "), g, expected[0], 1e-11);
    }
    for (words, expected) in lines("cliff", 2) {
        let delta = cliffs_delta(&samples[words[0]], &samples[words[1]]).unwrap();
        near(&words.join(" "), delta, expected[0], 1e-12);
    }
}

fn groups<'a>(samples: &'a Samples, names: &str) -> Vec<&'a [f64]> {
    names.chars().map(|name| samples[&name.to_string()].as_slice()).collect()
}

#[test]
fn several_samples_compare_as_in_scipy() {
    let samples = samples();
    for (words, expected) in lines("anova", 1) {
        let anova = anova(&groups(&samples, words[0])).unwrap();
        near(words[0], anova.f, expected[0], 1e-12);
        near(words[0], anova.p, expected[1], 1e-9);
        near(words[0], anova.eta_squared, expected[2], 1e-12);
    }
    for (words, expected) in lines("welch_anova", 1) {
        let anova = welch_anova(&groups(&samples, words[0])).unwrap();
        near(words[0], anova.f, expected[0], 1e-12);
        near(words[0], anova.p, expected[1], 1e-9);
    }
    for (name, test) in
        [("tukey", tukey as fn(&[&[f64]], f64) -> _), ("games_howell", games_howell)]
    {
        let mut known: BTreeMap<&str, Vec<Pair>> = BTreeMap::new();
        for (words, expected) in lines(name, 3) {
            let pairs = known
                .entry(words[0])
                .or_insert_with(|| test(&groups(&samples, words[0]), 0.95).unwrap());
            let place = |word: &str| word.parse::<usize>().unwrap();
            let pair = pairs
                .iter()
                .find(|pair| (pair.first, pair.second) == (place(words[1]), place(words[2])))
                .unwrap();
            let what = format!("{name} {}", words.join(" "));
            near(&what, pair.difference, expected[0], 1e-11);
            assert!((pair.p - expected[1]).abs() < 1e-8, "{what}: {} {}", pair.p, expected[1]);
            near(&what, pair.interval.low, expected[2], 1e-5);
            near(&what, pair.interval.high, expected[3], 1e-5);
        }
    }
}

#[test]
fn the_studentized_range_is_that_of_scipy() {
    for (words, expected) in lines("range_cdf", 3) {
        let (q, k, df) =
            (words[0].parse().unwrap(), words[1].parse().unwrap(), words[2].parse().unwrap());
        let off = (studentized_range_cdf(q, k, df) - expected[0]).abs();
        assert!(off < 1e-9, "{}: off by {off}", words.join(" "));
    }
    for (words, expected) in lines("range_quantile", 3) {
        let (p, k, df) =
            (words[0].parse().unwrap(), words[1].parse().unwrap(), words[2].parse().unwrap());
        near(&words.join(" "), studentized_range_quantile(p, k, df), expected[0], 1e-7);
    }
    let known = studentized_range_cdf(3.314_493, 3, f64::INFINITY);
    assert!((known - 0.95).abs() < 1e-6, "the tables have 3.314 for three means: {known}");
}

#[test]
fn holm_corrects_as_statsmodels_does() {
    let (ps, expected) = (&lines("holm_in", 0)[0].1, &lines("holm_out", 0)[0].1);
    for (ours, theirs) in holm(ps).iter().zip(expected) {
        near("holm", *ours, *theirs, 1e-12);
    }
    assert!(holm(&[]).is_empty());
}

#[test]
fn densities_and_bootstrap_agree_with_scipy() {
    let samples = samples();
    let expected = &lines("density", 1)[0].1;
    for ((_, ours), theirs) in density(&samples["d"], 9).unwrap().iter().zip(expected) {
        near("density", *ours, *theirs, 1e-10);
    }
    // Another generator draws other resamples: the bounds agree to what so many of them decide.
    for (words, expected) in lines("bca", 2) {
        let statistic = if words[0] == "mean" { mean } else { sd };
        let mut prng = Prng::new(1, 0);
        let interval = bca(&samples["d"], statistic, 40_000, 0.95, &mut prng).unwrap();
        near(words[0], interval.low, expected[0], 0.01);
        near(words[0], interval.high, expected[1], 0.01);
        let again = bca(&samples["d"], statistic, 40_000, 0.95, &mut Prng::new(1, 0)).unwrap();
        assert_eq!(interval, again);
    }
}

#[test]
fn what_has_no_answer_is_refused() {
    let flat = [1.0, 1.0, 1.0];
    assert_eq!(summary(&[], 0.95), Err(Error::TooFew { need: 1, have: 0 }));
    assert_eq!(summary(&[1.0, f64::NAN], 0.95), Err(Error::NotFinite { index: 1 }));
    assert_eq!(summary(&[1.0], 1.5), Err(Error::OutOfRange { value: 1.5 }));
    assert_eq!(welch(&flat, &flat, 0.95), Err(Error::NoSpread));
    assert_eq!(welch(&flat[..1], &flat, 0.95), Err(Error::TooFew { need: 2, have: 1 }));
    assert_eq!(mann_whitney(&flat, &flat), Err(Error::NoSpread));
    assert_eq!(anova(&[&flat]), Err(Error::TooFew { need: 2, have: 1 }));
    assert_eq!(anova(&[&flat, &flat]), Err(Error::NoSpread));
    assert_eq!(games_howell(&[&flat, &flat], 0.95), Err(Error::NoSpread));
    assert_eq!(hedges_g(&flat, &flat), Err(Error::NoSpread));
    assert_eq!(density(&flat, 10), Err(Error::NoSpread));
    assert_eq!(wilson(3, 2, 0.95), Err(Error::OutOfRange { value: 3.0 }));
    assert_eq!(wilson(0, 0, 0.95), Err(Error::TooFew { need: 1, have: 0 }));
    assert!(bca(&flat, mean, 1_000, 0.95, &mut Prng::new(1, 0)).is_err());
    let single = summary(&[3.0], 0.95).unwrap();
    assert_eq!((single.mean, single.sd, single.mean_interval), (3.0, 0.0, None));
}

#[test]
fn the_distribution_of_a_sample_lies_within_its_band() {
    let band = ecdf_half_width(100, 0.95).unwrap();
    near("Massart", band, 0.135_810_151_574_062, 1e-9);
    assert!(ecdf_half_width(0, 0.95).is_err());
}

#[test]
fn wilsons_interval_is_the_published_one_and_stays_within_nothing_and_everything() {
    // Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    for (hits, rounds, low, high) in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ] {
        let interval = wilson(hits, rounds, 0.95).unwrap();
        assert!((interval.low - low).abs() < 5e-5, "{hits}/{rounds}: {interval:?}");
        assert!((interval.high - high).abs() < 5e-5, "{hits}/{rounds}: {interval:?}");
    }
    assert_eq!(wilson(0, 1_000, 0.95).unwrap().low, 0.0);
    let sure = wilson(1_000, 1_000, 0.95).unwrap();
    assert_eq!(sure.high, 1.0);
    assert!(sure.low > 0.995);
    assert!(wilson(0, 0, 0.95).is_err(), "without trials there is no interval");
}

use super::*;

/// Seeds in a usual run, and with `SLOW` set.
const SEEDS: u64 = 150;
const SEEDS_SLOW: u64 = 5_000;

fn check(seeds: impl Iterator<Item = u64>) {
    let mut failures = Vec::new();
    for seed in seeds {
        let report = run(&Options::draw(seed)).unwrap();
        if report.verdict != Verdict::Pass {
            failures.push(format!("seed {seed}: {report}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_drawn_world_is_safe_and_recovers() {
    let slow = std::env::var_os("SLOW").is_some();
    check(0..if slow { SEEDS_SLOW } else { SEEDS });
}

#[test]
fn what_once_failed_does_not_fail_again() {
    let lines = include_str!("../../regressions.txt").lines();
    let seeds = lines.filter(|line| !line.starts_with('#')).filter_map(|line| {
        line.split_whitespace().next().map(|seed| seed.parse().expect("a line begins with a seed"))
    });
    check(seeds);
}

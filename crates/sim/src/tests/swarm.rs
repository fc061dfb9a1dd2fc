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

/// Every protocol within what it claims to stand.
fn check_protocol(protocol: &str, seeds: u64) {
    let seeds = if std::env::var_os("SLOW").is_some() { seeds * 50 } else { seeds };
    let mut failures = Vec::new();
    for seed in 0..seeds {
        let report = run(&Options::draw_for(protocol, seed)).unwrap();
        if report.verdict != Verdict::Pass {
            failures.push(format!("seed {seed}: {report}"));
        }
    }
    assert!(failures.is_empty(), "{protocol}: {}", failures.join("\n\n"));
}

#[test]
fn every_protocol_is_safe_and_recovers_in_worlds_that_it_claims_to_stand() {
    for protocol in protocols::PROTOCOLS.iter().filter(|protocol| protocol.name != "none") {
        check_protocol(protocol.name, 12);
    }
}

#[test]
fn without_consensus_replicas_diverge_and_the_checkers_say_so() {
    let options = Options { protocol: "none".to_owned(), decisions: 20, ..Options::default() };
    let report = run(&options).unwrap();
    assert_eq!(report.verdict, Verdict::Diverged, "{report}");
}

use super::*;

/// Seeds of PBFT in a usual run.
const SEEDS: u64 = 150;
/// Seeds of every other protocol.
const SEEDS_OTHERS: u64 = 12;
/// Seeds where a core searches for nonces: the search is real work.
const SEEDS_MINED: u64 = 4;
/// How many times as many there are with `SLOW` set.
const SLOW_FACTOR: u64 = 50;

/// How many seeds to run: the number in the environment variable `SEEDS`, or the usual number, or many with `SLOW`.
fn seeds(usual: u64) -> u64 {
    let asked = std::env::var_os("SEEDS").and_then(|text| text.to_str()?.parse().ok());
    let slow = std::env::var_os("SLOW").is_some();
    asked.unwrap_or(if slow { usual * SLOW_FACTOR } else { usual })
}

fn check(protocol: &str, seeds: impl Iterator<Item = u64>) {
    let mut failures = Vec::new();
    for seed in seeds {
        let report = run(&Options::draw_for(protocol, seed)).unwrap();
        if report.verdict != Verdict::Pass {
            failures.push(format!("seed {seed}: {report}"));
        }
    }
    assert!(failures.is_empty(), "{protocol}: {}", failures.join("\n\n"));
}

#[test]
fn every_drawn_world_is_safe_and_recovers() {
    check("pbft", 0..seeds(SEEDS));
}

/// Every protocol within what it claims to stand.
macro_rules! swarms {
    ($($test:ident: $protocol:literal, $usual:expr;)+) => {
        $(
            #[test]
            fn $test() {
                check($protocol, 0..seeds($usual));
            }
        )+

        #[test]
        fn every_protocol_has_a_swarm() {
            let swarmed = ["pbft", "none", $($protocol),+];
            for protocol in protocols::PROTOCOLS {
                assert!(swarmed.contains(&protocol.name), "{}", protocol.name);
            }
        }
    };
}

swarms! {
    hotstuff_is_safe_and_recovers: "hotstuff", SEEDS_OTHERS;
    hotstuff_in_three_phases_is_safe_and_recovers: "hotstuff-3", SEEDS_OTHERS;
    tendermint_is_safe_and_recovers: "tendermint", SEEDS_OTHERS;
    raft_is_safe_and_recovers: "raft", SEEDS_OTHERS;
    clique_is_safe_and_recovers: "poa", SEEDS_OTHERS;
    aura_is_safe_and_recovers: "aura", SEEDS_OTHERS;
    proof_of_stake_is_safe_and_recovers: "pos", SEEDS_OTHERS;
    proof_of_work_is_safe_and_recovers: "pow", SEEDS_MINED;
    federated_agreement_is_safe_and_recovers: "fba", SEEDS_OTHERS;
    a_sequencer_is_safe_and_recovers: "central", SEEDS_OTHERS;
}

/// The configuration that a line begins with: a seed of PBFT, a protocol and a seed, `full` or `wide` before these, or a
/// command line up to `#`.
fn regression(line: &str) -> Options {
    if let Some((command, _)) = line.split_once('#') {
        return Options::from_command_line(command).unwrap();
    }
    let mut words = line.split_whitespace().peekable();
    let draw = match words.next_if(|word| ["full", "wide"].contains(word)) {
        Some("full") => Options::draw_full,
        Some(_) => Options::draw_wide,
        None => Options::draw_for,
    };
    let protocol = words.next_if(|word| word.parse::<u64>().is_err()).unwrap_or("pbft");
    let seed = words.next().and_then(|seed| seed.parse().ok());
    let seed = seed.expect("a line begins with a protocol and a seed, or a seed");
    draw(protocol, seed)
}

#[test]
fn what_once_failed_does_not_fail_again() {
    let lines = include_str!("../../regressions.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let report = run(&regression(line)).unwrap();
        assert_eq!(report.verdict, Verdict::Pass, "{line}: {report}");
    }
}

#[test]
fn without_consensus_replicas_diverge_and_the_checkers_say_so() {
    let options = Options { protocol: "none".to_owned(), decisions: 20, ..Options::default() };
    let report = run(&options).unwrap();
    assert_eq!(report.verdict, Verdict::Diverged, "{report}");
}

#[test]
fn a_run_that_only_talks_ends() {
    // A replica that says nothing is asked again and again, and patience has no end here.
    let (nodes, byzantine, role) = (1, 1, "silent".to_owned());
    let patience_us = u64::MAX / 8;
    let report =
        run(&Options { nodes, byzantine, role, patience_us, ..Options::default() }).unwrap();
    assert_eq!(report.verdict, Verdict::NoProgress, "{report}");
}

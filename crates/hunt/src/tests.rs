use sim::{Options, Verdict};

use super::*;

#[test]
fn a_seed_stands_for_one_run() {
    let (first, again) =
        (explore::explore("pbft", 5).unwrap(), explore::explore("pbft", 5).unwrap());
    assert_eq!(first, again);
    assert!(first.is_good(), "{}", first.report);
}

#[test]
fn every_protocol_is_explored_but_the_one_that_promises_nothing() {
    let names = explore::protocols();
    assert!(names.contains(&"pow") && !names.contains(&"none"));
    assert!(explore::explore("paxos", 1).is_err());
}

#[test]
fn what_does_not_fail_cannot_be_made_smaller() {
    let mut options = Options::default();
    options.decisions = 5;
    assert_eq!(minimize::minimize(&options, 100), Ok(None));
}

/// Without consensus replicas diverge; the smallest such run has one or two decisions and a handful of messages.
#[test]
fn a_divergence_shrinks_to_a_handful_of_messages() {
    let mut options = Options::default();
    (options.protocol, options.loss_ppm) = ("none".to_owned(), 100_000);
    let minimal = minimize::minimize(&options, 500).unwrap().unwrap();
    assert_eq!(minimal.report.verdict, Verdict::Diverged);
    assert_eq!(minimal.options.loss_ppm, 0);
    assert!(minimal.report.messages <= 4, "{}", minimal.report);
    assert!(minimal.report.events < minimal.before.events);
    assert!(minimal.report.events <= 24, "a few dozen events at most: {}", minimal.report);
    // The line that is printed repeats it.
    let replay = Options::from_command_line(&minimal.report.replay).unwrap();
    assert_eq!(sim::run(&replay).unwrap(), minimal.report);
}

/// What is no bug is not found: the bounds within which runs may differ are met by the sound cores.
#[test]
fn sound_cores_are_never_found_out() {
    for protocol in ["pbft", "hotstuff", "tendermint", "raft", "fba"] {
        for number in 0..7 {
            let sound = score::Bug { protocol, label: "" };
            let trial = score::Trial::new(protocol, number);
            assert_eq!(trial.attempt(sound), None, "{protocol} {number}");
        }
    }
}

#[test]
fn a_build_without_bugs_has_none_to_find() {
    assert_eq!(score::catalogue().is_empty(), cfg!(not(feature = "mutants")));
}

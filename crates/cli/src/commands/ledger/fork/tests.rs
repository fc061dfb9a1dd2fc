use super::{Seen, compare};
use crate::failure::Exit;

fn seen(node: &str, hash: &str, alarms: usize, diverged: bool) -> Seen {
    let alarm =
        api::ForkAlarm { kind: "equivocation".into(), detail: "n3".into(), height: Some(4) };
    let report = api::ForkReport {
        verdict: String::new(),
        finality: "at once".into(),
        height: 9,
        certified: 9,
        tentative: None,
        tentative_digest: None,
        diverged,
        alarms: vec![alarm; alarms],
    };
    Seen { node: node.into(), report, hash: Some(hash.into()) }
}

#[test]
fn validators_that_have_the_same_block_have_not_forked() {
    let calm = compare(&[seen("n0", "aa", 0, false), seen("n1", "aa", 0, false)], 9);
    assert_eq!((calm.exit_code(), &calm.value()["forked"]), (Exit::Ok, &false.into()));
    let tried = compare(&[seen("n0", "aa", 2, false), seen("n1", "aa", 0, false)], 9);
    assert_eq!(tried.exit_code(), Exit::Ok);
    assert!(tried.value()["verdict"].as_str().is_some_and(|said| said.contains("2 alarms")));
}

#[test]
fn another_block_at_the_same_height_is_a_fork_whatever_they_say() {
    let forked = compare(&[seen("n0", "aa", 0, false), seen("n1", "bb", 0, false)], 9);
    assert_eq!((forked.exit_code(), &forked.value()["forked"]), (Exit::Violated, &true.into()));
    let diverged = compare(&[seen("n0", "aa", 0, true), seen("n1", "aa", 0, false)], 9);
    assert_eq!(diverged.exit_code(), Exit::Violated);
}

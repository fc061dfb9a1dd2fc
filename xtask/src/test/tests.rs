use super::*;

fn done(outcome: Outcome) -> Done {
    Done { name: "x", outcome, span: Duration::from_millis(1_500) }
}

#[test]
fn one_failure_fails_the_whole() {
    let results = [
        done(Outcome::Passed(String::new())),
        done(Outcome::Failed("why".into())),
        done(Outcome::Skipped("why not".into())),
    ];
    assert_eq!(count(&results), (1, 1, 1));
    assert!(!summarize(&results));
    assert!(summarize(&results[..1]));
}

#[test]
fn a_line_tells_name_verdict_seconds_and_reason() {
    let line = done(Outcome::Skipped("no browser".into())).line();
    for part in ["x", "skipped", "1.5 s", "no browser"] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn no_two_steps_share_a_name() {
    let mut names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), STEPS.len());
}

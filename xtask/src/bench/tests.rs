use super::*;

#[test]
fn numbers_are_readable() {
    assert_eq!(number(1_234_567.4), "1,234,567");
    assert_eq!(number(999.6), "1,000");
    assert_eq!(number(12.34), "12.3");
}

#[test]
fn a_line_compares_with_its_goal() {
    let result = json!({ "messages_per_cpu_s": 500_000.0 });
    let run = RUNS.iter().find(|run| run.name == "sim, 4 nodes").unwrap();
    let line = line(run, &run.rows[0], &result, &[]);
    assert!(line.contains("500,000") && line.ends_with("| 0.50 |"), "{line}");
}

#[test]
fn a_share_is_taken_from_an_earlier_run() {
    let earlier = [("net", json!({ "committed_per_s": 1_000.0 }))];
    let run = RUNS.iter().find(|run| run.rate.is_some()).unwrap();
    let line = line(run, &run.rows[0], &json!({ "committed_per_s": 900.0 }), &earlier);
    assert!(line.contains("≥ 800") && line.ends_with("| 1.12 |"), "{line}");
}

#[test]
fn a_missing_number_is_shown_as_missing() {
    let line = line(&RUNS[0], &RUNS[0].rows[0], &json!({}), &[]);
    assert!(line.contains("| – |"), "{line}");
}

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
    let run = runs().into_iter().find(|run| run.name == "sim, 4 nodes").unwrap();
    let line = line(&run, &run.rows[0], &result, &[]);
    assert!(line.contains("500,000") && line.ends_with("| 0.50 |"), "{line}");
}

#[test]
fn a_share_is_taken_from_an_earlier_run() {
    let earlier = [("net", json!({ "committed_per_s": 1_000.0 }))];
    let run = runs().into_iter().find(|run| run.rate.is_some()).unwrap();
    let line = line(&run, &run.rows[0], &json!({ "committed_per_s": 900.0 }), &earlier);
    assert!(line.contains("≥ 800") && line.ends_with("| 1.12 |"), "{line}");
}

#[test]
fn a_missing_number_is_shown_as_missing() {
    let run = &runs()[0];
    let line = line(run, &run.rows[0], &json!({}), &[]);
    assert!(line.contains("| – |"), "{line}");
}

#[test]
fn whoever_is_compared_stands_behind_whom_it_is_compared_with() {
    let runs = runs();
    let place = |name: &str| runs.iter().position(|run| run.name == name);
    for (at, run) in runs.iter().enumerate() {
        for other in run.compared_with() {
            assert!(place(other).is_some_and(|earlier| earlier < at), "{} and {other}", run.name);
        }
        assert_eq!(place(&run.name), Some(at), "a name twice");
    }
}

#[test]
fn words_choose_runs_and_what_they_are_compared_with() {
    let runs = runs();
    let word = "net, fba".to_owned();
    let names: Vec<&str> = chosen(&runs, &[&word]).iter().map(|run| run.name.as_str()).collect();
    assert_eq!(names, ["net", "net, fba"]);
    assert_eq!(chosen(&runs, &[]).len(), runs.len());
}

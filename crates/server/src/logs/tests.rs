use super::*;

#[test]
fn a_chatty_node_is_kept_within_bounds_and_shown_at_most_every_50_ms() {
    let (mut logs, start) = (Logs::default(), Instant::now());
    let mut shown = 0;
    for line in 0..3_000u64 {
        let now = start + Duration::from_millis(line / 10);
        shown += usize::from(logs.push(&line.to_string(), now).is_some());
    }
    assert_eq!(shown, 6);
    let lines = logs.lines();
    assert_eq!((lines.len(), lines[0].as_str(), lines[999].as_str()), (1_000, "2000", "2999"));
}

#[test]
fn a_long_line_is_cut_between_characters() {
    let mut logs = Logs::default();
    logs.push(&"é".repeat(5_000), Instant::now());
    assert!(logs.lines()[0].len() <= LINE_BYTES_MAX);
}

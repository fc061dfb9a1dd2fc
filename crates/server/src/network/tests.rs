use serde_json::json;

use super::*;

fn row(name: &str, is_me: bool, height: u64) -> serde_json::Value {
    json!({ "id": name, "name": name, "is_me": is_me, "role": "backup", "state": "up", "height": height, "view": 0 })
}

fn view_of(me: &str, certified: u64, accuses: Option<&str>, cause: &str) -> api::Network {
    let rows: Vec<_> =
        ["n0", "n1", "n2"].iter().map(|name| row(name, *name == me, certified)).collect();
    let evidence: Vec<_> = accuses.iter().map(|offender| json!({
        "offender": offender, "node": 2, "kind": "double-prepare", "view": 0, "seq": 4, "first": "00", "second": "01", "key": "02", "time": "2026-01-01T00:00:00Z",
    })).collect();
    serde_json::from_value(json!({
        "name": "x", "chain": "00", "protocol": "pbft", "me": me,
        "verdict": { "level": "healthy", "sentence": "", "nodes_up": 3, "nodes_total": 3, "can_lose": 0, "silent": [], "accused": [] },
        "margins": [], "view": 1, "height": certified, "certified": certified, "nodes": rows,
        "pool": { "transactions": 0, "bytes": 0, "batches": 0 },
        "tickets": { "total": 0, "issued": 0, "validated": 0, "consumed": 0, "disputed": 0 },
        "evidence": evidence,
        "view_changes": [{ "view": 1, "time": "2026-01-01T00:00:00Z", "cause": cause, "detail": "" }],
    }))
    .unwrap()
}

#[test]
fn the_view_furthest_ahead_that_nobody_accuses_leads() {
    let answers = vec![
        view_of("n0", 7, Some("n2"), "joined"),
        view_of("n1", 9, None, "silent"),
        view_of("n2", 99, None, "x"),
    ];
    let merged = merge(&answers, &[]).unwrap();
    assert_eq!(merged.certified, 9);
    let heights: Vec<_> = merged.nodes.iter().map(|row| row.height).collect();
    assert_eq!(heights, [Some(7), Some(9), Some(99)]);
    assert_eq!(merged.nodes[2].state, api::NodeState::Accused);
    assert_eq!((merged.evidence.len(), merged.verdict.accused), (1, vec!["n2".to_owned()]));
    assert_eq!(merged.view_changes[0].cause, "silent");
    assert!(merged.nodes.iter().all(|row| !row.is_me));
}

#[test]
fn nobody_answers() {
    assert!(merge(&[], &[]).is_none());
}

#[test]
fn a_vote_counts_where_it_was_heard_last() {
    let mut answers = vec![view_of("n0", 9, None, "x"), view_of("n1", 7, None, "x")];
    answers[0].nodes[1].last_vote_age_ms = Some(50);
    answers[1].nodes[0].last_vote_age_ms = Some(80);
    answers[1].nodes[2].last_vote_age_ms = Some(20);
    answers[0].nodes[2].last_vote_age_ms = Some(30);
    let merged = merge(&answers, &[]).unwrap();
    let ages: Vec<_> = merged.nodes.iter().map(|row| row.last_vote_age_ms).collect();
    assert_eq!(ages, [Some(80), Some(50), Some(20)]);
}

#[test]
fn the_verdict_knows_of_a_lie_that_only_one_validator_can_prove() {
    let mut answers = vec![view_of("n0", 7, Some("n2"), "x"), view_of("n1", 9, None, "x")];
    answers[1].margins = serde_json::from_value(json!([
        { "kind": "safety", "tolerated": 1, "present": 0, "left": 1, "quorum": 3 },
        { "kind": "liveness", "tolerated": 1, "present": 0, "left": 1, "quorum": 3 },
    ]))
    .unwrap();
    let merged = merge(&answers, &[]).unwrap();
    assert_eq!(merged.verdict.level, api::VerdictLevel::Degraded);
    assert_eq!((merged.margins[0].present, merged.margins[0].left), (1, 0));
    assert_eq!(merged.verdict.can_lose, 0);
    assert!(
        merged.verdict.sentence.starts_with("Degraded: 3 of 3, can lose 0"),
        "{}",
        merged.verdict.sentence
    );
}

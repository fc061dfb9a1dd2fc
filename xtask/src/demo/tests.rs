use serde_json::json;

use super::*;

fn good() -> Value {
    json!({
        "issued": 3, "validated": 3, "consumed": 2, "duplicates_refused": 1, "view_changes": [],
        "equivocators": ["n3"], "receipts_verified": 2, "state_roots_equal": true,
        "committed_per_s": 1, "latency_ms": { "p50": 1, "p99": 2 }
    })
}

#[test]
fn a_whole_summary_passes() {
    assert!(check_summary(&good().to_string()).is_ok());
}

#[test]
fn anything_beside_the_object_fails() {
    assert!(check_summary(&format!("built\n{}", good())).is_err());
    assert!(check_summary("").is_err());
}

#[test]
fn a_missing_key_fails() {
    for key in KEYS {
        let mut summary = good();
        summary.as_object_mut().unwrap().remove(*key);
        assert!(check_summary(&summary.to_string()).is_err(), "{key}");
    }
}

#[test]
fn disagreement_and_an_unnamed_liar_fail() {
    let mut summary = good();
    summary["state_roots_equal"] = json!(false);
    assert!(check_summary(&summary.to_string()).is_err());
    let mut summary = good();
    summary["equivocators"] = json!([]);
    assert!(check_summary(&summary.to_string()).is_err());
}

use super::*;

#[test]
fn evidence_that_is_no_evidence_holds_nothing() {
    let key = |seed: u8| crypto::SecretKey::from_seed([seed; 32]).public();
    let validator = ledger::Validator { name: "n0".into(), key: key(1), network_key: key(2) };
    let genesis = Genesis {
        network: "x-dev".into(),
        protocol: "pbft".into(),
        fault_model: types::FaultModel::Byzantine,
        validators: vec![validator],
        client_signatures: true,
        apps: Vec::new(),
    };
    let evidence = |kind: &str, offender: &str, first: &str| api::Evidence {
        offender: offender.into(),
        node: 0,
        kind: kind.into(),
        epoch: 0,
        view: 0,
        seq: 1,
        first: first.into(),
        second: first.into(),
        key: String::new(),
        time: String::new(),
    };
    for (kind, offender, first) in [
        ("double-prepare", "n0", "00"),
        ("double-prepare", "n9", "00"),
        ("rumour", "n0", "00"),
        ("double-prepare", "n0", "0"),
        ("double-prepare", "n0", "zz"),
        ("double-prepare", "n0", "é"),
    ] {
        assert!(!holds(&evidence(kind, offender, first), &genesis), "{kind} {offender} {first}");
    }
}

#[test]
fn a_view_that_one_validator_enters_alone_is_no_change_of_the_network() {
    let change = |view, cause: &str, time: &str| api::ViewChange {
        view,
        leader: None,
        time: time.into(),
        cause: cause.into(),
        detail: String::new(),
    };
    let all = vec![
        change(2, "silent", "4"),
        change(1, "joined", "1"),
        change(1, "silent", "3"),
        change(1, "silent", "2"),
        change(0, "unknown", "0"),
    ];
    let shared = shared(all);
    assert_eq!(shared.len(), 1);
    assert_eq!(
        (shared[0].view, shared[0].cause.as_str(), shared[0].time.as_str()),
        (1, "silent", "2")
    );
}

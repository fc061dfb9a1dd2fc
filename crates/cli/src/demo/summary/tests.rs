use types::Digest;

use super::*;
use crate::demo::flights;

/// A run in which everything went as the data says.
fn perfect(plan: &Plan) -> Seen {
    let mut consumed = std::collections::BTreeSet::new();
    let requests = plan.stages.iter().flat_map(|stage| &stage.requests);
    let done = requests.map(|&request| {
        let again = request.verb == Verb::Consume && !consumed.insert(request.flight);
        let fate = if again { Fate::Refused("ALREADY_CONSUMED".into()) } else { Fate::Applied };
        Done { request, transaction: Digest::ZERO, fate }
    });
    let header = api::BlockHeader {
        hash: "b".into(),
        chain: String::new(),
        height: 9,
        parent: String::new(),
        view: 0,
        proposer: None,
        time: String::new(),
        payload: String::new(),
        tx_count: 0,
        tx_root: String::new(),
        state_roots: [("tickets".to_owned(), "r".to_owned())].into(),
        vector_clock: BTreeMap::new(),
    };
    let expected = plan.expected;
    let counts = api::TicketCounts {
        total: expected.issued,
        issued: 0,
        validated: expected.validated - expected.consumed,
        consumed: expected.consumed,
        disputed: 0,
    };
    let evidence = serde_json::json!({
        "offender": "n3", "node": 3, "kind": "double-prepare", "view": 0, "seq": 4, "first": "00", "second": "01",
        "key": "02", "time": "2026-01-01T00:00:00Z",
    });
    let change = serde_json::json!({ "view": 1, "time": "2026-01-01T00:00:00Z", "cause": "silent", "detail": "n0 was silent" });
    Seen {
        done: done.collect(),
        seconds: 2.0,
        latencies: Latencies::default(),
        presented_again: 3,
        view_changes: vec![serde_json::from_value(change).unwrap()],
        evidence: vec![serde_json::from_value(evidence).unwrap()],
        evidence_holds: true,
        protocol: "pbft".into(),
        liar: Some("n3".into()),
        killed: "n0".into(),
        must_end_view: true,
        height: 9,
        headers: ["n0", "n1", "n2"].map(|name| (name.to_owned(), header.clone())).to_vec(),
        counts: ["n0", "n1", "n2"].map(|name| (name.to_owned(), counts)).to_vec(),
        receipts: 64,
        receipts_verified: Verified { count: 64, reasons: Vec::new() },
    }
}

fn plan() -> Plan {
    Plan::new(&flights::read(None).unwrap(), 2013)
}

#[test]
fn what_the_data_says_is_no_disagreement() {
    let plan = plan();
    let seen = perfect(&plan);
    let tallies = tally(&seen.done);
    assert_eq!(disagreements(&plan, &seen, &tallies, duplicates(&seen.done)), Vec::<String>::new());
}

#[test]
fn every_kind_of_disagreement_is_found() {
    type Damage = fn(&mut Seen);
    let damages: [(Damage, &str); 10] = [
        (|seen| seen.done[0].fate = Fate::TimedOut, "tickets issued"),
        (|seen| drop(seen.done.pop()), "requests followed"),
        (|seen| seen.done.last_mut().unwrap().fate = Fate::Applied, "duplicates refused"),
        (|seen| seen.receipts_verified.count = 63, "receipts verified"),
        (|seen| seen.headers[1].1.hash = "other".into(), "state roots differ"),
        (|seen| seen.counts[2].1.consumed -= 1, "consumed tickets at n2"),
        (|seen| seen.evidence.clear(), "accuse []"),
        (|seen| seen.evidence_holds = false, "does not hold"),
        (|seen| seen.evidence[0].offender = "n1".into(), "n3 lied"),
        (|seen| seen.view_changes.clear(), "no change of view"),
    ];
    let plan = plan();
    for (damage, says) in damages {
        let mut seen = perfect(&plan);
        damage(&mut seen);
        let found =
            disagreements(&plan, &seen, &tally(&seen.done), duplicates(&seen.done)).join("; ");
        assert!(found.contains(says), "{says}: {found}");
    }
}

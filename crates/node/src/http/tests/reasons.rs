//! Verdicts and answers to "why", from situations made by hand.

use std::sync::Arc;

use api::{Answer, NodeState, SubjectKind, VerdictLevel};
use crypto::SecretKey;
use ledger::{Genesis, Validator};
use protocol::{Status, Waiting};
use replica::ReplicaStatus;
use types::{Digest, Duration, Height, NodeId, Seq, Time, View};

use super::support::Api;
use crate::board::{Heard, PeerSnapshot};
use crate::http::network::{Seen, Situation};
use crate::http::why::{Subject, explain};

const NOW: Time = Time::from_us(1_000_000_000);

fn node(id: u16) -> NodeId {
    NodeId::new(id)
}

/// Four validators, all up, nothing waits; this is n0.
fn healthy() -> Situation {
    let validator = |index: u8| Validator {
        name: format!("gate-{index}"),
        key: SecretKey::from_seed([index; 32]).public(),
        network_key: SecretKey::from_seed([index + 100; 32]).public(),
    };
    let genesis = Genesis {
        network: "test".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: types::FaultModel::Byzantine,
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    };
    let heard = Heard { last_heard: Some(NOW), last_vote: Some(NOW), height: Height::new(10) };
    let peer = |id: NodeId| PeerSnapshot {
        peer_id: format!("peer-{id}"),
        node: Some(id),
        addresses: Vec::new(),
        connected_since: Time::ZERO,
        last_heard: NOW,
        height: Height::new(10),
    };
    let names: Vec<String> =
        genesis.validators.iter().map(|validator| validator.name.clone()).collect();
    let seen = |id: NodeId| Seen {
        id,
        name: names[id.index()].clone(),
        heard,
        peer: Some(peer(id)),
        cut_off: false,
        accused: false,
    };
    let core = Status {
        view: View::ZERO,
        leader: Some(node(0)),
        voting: true,
        phase: "normal",
        decided: Seq::new(10),
        tentative: None,
        stable: Seq::ZERO,
        pending: 0,
        log_entries: 0,
        waiting: None,
        view_change_cause: None,
    };
    let status = ReplicaStatus {
        epoch: ledger::Epoch::first_of(&genesis),
        scheduled: None,
        me: node(0),
        core: Some(core),
        height: Height::new(10),
        tip: Digest::ZERO,
        block_time: NOW,
        certified: Height::new(10),
        diverged: false,
        catching_up: None,
        pool_txs: 0,
        pool_bytes: 0,
        batches: 0,
        batches_missing: 0,
        attesting: None,
    };
    Situation {
        now: NOW.after(Duration::from_ms(400)),
        genesis: Arc::new(genesis),
        me: Some(node(0)),
        status,
        nodes: (0..4).map(|id| seen(node(id))).collect(),
        last_executed: Some(NOW),
        stopped_voting: None,
        last_view_change: None,
    }
}

fn down(situation: &mut Situation, ids: &[u16]) {
    for &id in ids {
        situation.nodes[usize::from(id)].peer = None;
    }
}

fn waits(situation: &mut Situation, have: &[u16]) {
    let waiting = Waiting {
        seq: Seq::new(11),
        phase: "prepare",
        have: have.iter().map(|&id| node(id)).collect(),
        need: 3,
        timer: Some(("view-change", Duration::from_ms(2_000))),
    };
    situation.status.core.as_mut().unwrap().waiting = Some(waiting);
}

#[test]
fn the_verdict_begins_with_how_it_is() {
    let mut situation = healthy();
    let verdict = situation.verdict();
    assert_eq!(verdict.level, VerdictLevel::Healthy);
    assert_eq!(verdict.sentence, "Healthy: 4 of 4, can lose 1; last commit 0.4 s ago");
    down(&mut situation, &[3]);
    let verdict = situation.verdict();
    assert_eq!((verdict.level, verdict.can_lose), (VerdictLevel::Degraded, 0));
    assert_eq!(
        verdict.sentence,
        "Degraded: 3 of 4, can lose 0; last commit 0.4 s ago; not heard from: gate-3"
    );
    down(&mut situation, &[2]);
    let verdict = situation.verdict();
    assert_eq!(verdict.level, VerdictLevel::Down);
    assert!(verdict.sentence.starts_with("Down: 2 of 4, 3 are needed"), "{}", verdict.sentence);
}

#[test]
fn a_liar_counts_as_a_fault_although_it_is_up() {
    let mut situation = healthy();
    situation.nodes[2].accused = true;
    let verdict = situation.verdict();
    assert_eq!((verdict.level, verdict.nodes_up, verdict.can_lose), (VerdictLevel::Degraded, 4, 0));
    assert_eq!(verdict.accused, ["gate-2"]);
    assert_eq!(situation.state_of(&situation.nodes[2]), NodeState::Accused);
}

#[test]
fn work_that_waits_for_long_is_called_stalled() {
    let mut situation = healthy();
    waits(&mut situation, &[0]);
    assert_eq!(situation.verdict().level, VerdictLevel::Healthy);
    situation.now = NOW.after(Duration::from_ms(11_000));
    assert_eq!(situation.verdict().level, VerdictLevel::Stalled);
}

#[test]
fn a_peer_unheard_of_is_silent_and_one_far_back_is_behind() {
    let mut situation = healthy();
    situation.now = NOW.after(Duration::from_ms(16_000));
    assert_eq!(situation.state_of(&situation.nodes[1]), NodeState::Silent);
    assert_eq!(situation.state_of(&situation.nodes[0]), NodeState::Up);
    situation.now = NOW;
    situation.status.certified = Height::new(100);
    assert_eq!(situation.state_of(&situation.nodes[1]), NodeState::Behind);
}

#[test]
fn why_names_the_missing_and_the_least_that_unblocks() {
    let mut situation = healthy();
    assert_eq!(explain(&situation, "network", &Subject::Network).answer, Answer::Idle);
    waits(&mut situation, &[0, 1]);
    let why = explain(&situation, "network", &Subject::Network);
    assert_eq!(why.answer, Answer::Waiting);
    assert_eq!(
        (why.votes, why.missing),
        (vec!["gate-0".into(), "gate-1".into()], vec!["gate-2".into(), "gate-3".to_owned()])
    );
    let timer = why.timer.unwrap();
    assert_eq!((timer.name.as_str(), timer.span_ms), ("view-change", 2_000));
    assert!(why.unblock.unwrap().contains("`view-change` (2000 ms)"));

    down(&mut situation, &[2, 3]);
    let why = explain(&situation, "network", &Subject::Network);
    assert_eq!(why.answer, Answer::Blocked);
    assert_eq!(why.unblock.as_deref(), Some("start or reconnect any 1 of gate-2, gate-3"));
    assert_eq!(
        why.sentence,
        "height 11 waits in phase prepare: 2 of 3 votes are here, missing gate-2, gate-3"
    );

    waits(&mut situation, &[0]);
    down(&mut situation, &[1]);
    let why = explain(&situation, "network", &Subject::Network);
    assert_eq!(why.unblock.as_deref(), Some("start or reconnect any 2 of gate-1, gate-2, gate-3"));
}

#[test]
fn why_answers_about_each_kind_of_thing() {
    let mut situation = healthy();
    waits(&mut situation, &[0, 1]);
    let about = |situation: &Situation, subject: &Subject| explain(situation, "x", subject);
    let done = about(&situation, &Subject::Height(Height::new(10)));
    assert_eq!((done.kind, done.answer), (SubjectKind::Height, Answer::Committed));
    let ahead = about(&situation, &Subject::Height(Height::new(12)));
    assert_eq!(ahead.answer, Answer::Waiting);
    assert!(
        ahead.sentence.contains("not reached: the chain is at 10; height 11 waits"),
        "{}",
        ahead.sentence
    );
    let node = about(&situation, &Subject::Node(node(2)));
    assert!(node.sentence.starts_with("gate-2 is up and its vote is missing"), "{}", node.sentence);
    situation.nodes[2].cut_off = true;
    let cut = about(&situation, &Subject::Node(NodeId::new(2)));
    assert!(cut.unblock.unwrap().contains("heal"));
    let ticket = about(&healthy(), &Subject::Ticket("T-1".to_owned(), None));
    assert_eq!((ticket.kind, ticket.answer), (SubjectKind::Ticket, Answer::Absent));
    let tx = about(&healthy(), &Subject::Transaction(Digest::ZERO, None));
    assert_eq!((tx.kind, tx.answer), (SubjectKind::Transaction, Answer::Absent));
}

#[tokio::test]
async fn subjects_are_told_apart_by_name() {
    let api = Api::start().await;
    api.post("/api/v1/tickets/issue", &serde_json::json!({ "ticket_id": "1" })).await.data();
    let id = "11".repeat(32);
    for (subject, kind, answer) in [
        ("", "network", "idle"),
        ("n0", "node", "idle"),
        ("1", "ticket", "committed"),
        ("height:1", "height", "committed"),
        ("999", "height", "absent"),
        ("NOBODY", "ticket", "absent"),
        ("ticket:999", "ticket", "absent"),
        (&id, "transaction", "absent"),
    ] {
        let why = api.get(&format!("/api/v1/why?subject={subject}")).await.data();
        assert_eq!(
            (&why["kind"], &why["answer"]),
            (&kind.into(), &answer.into()),
            "{subject}: {why}"
        );
    }
    api.get("/api/v1/why?subject=node:n9").await.is_problem(404, "SUBJECT_UNKNOWN");
    api.get("/api/v1/why?subject=height:x").await.is_problem(404, "SUBJECT_UNKNOWN");
}

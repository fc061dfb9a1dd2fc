//! How often somebody may submit, and what operators' acts leave behind.

use std::time::Duration;

use api::routes::Role;
use audit::{Entry, Log, Stage};
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::support::{Api, json_request};
use crate::config::RateSettings;
use crate::http::rates::ClientAddress;
use crate::http::{ApiKey, HttpOptions};

/// One transaction an hour, after a burst of one second's worth.
async fn strict() -> Api {
    let burst = Duration::from_secs(1);
    let rate = RateSettings { per_address: 2, per_sender: 2, burst, count_local: false };
    Api::with(HttpOptions { rate, ..HttpOptions::default() }).await
}

fn from(address: &str, mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(ClientAddress(address.parse().unwrap()));
    request
}
fn issue(ticket: &str) -> Request<Body> {
    json_request("/api/v1/tickets/issue?wait=none", &json!({ "ticket_id": ticket }))
}

#[tokio::test]
async fn an_address_that_submits_too_often_is_told_when_to_go_on() {
    let api = strict().await;
    // A bill that no clock of a slow machine pays meanwhile.
    let many = (0_u32..2_000).flat_map(|_| [1_u32.to_le_bytes().to_vec(), vec![0]].concat());
    let batch = Request::post("/api/v1/transactions/batch")
        .header("content-type", "application/octet-stream")
        .body(Body::from(many.collect::<Vec<u8>>()));
    let batch = from("192.0.2.1", batch.unwrap());
    assert_eq!(api.send(batch).await.status, 202, "a batch is let in once");
    let answer = api.send(from("192.0.2.1", issue("T-1"))).await;
    answer.is_problem(429, "RATE_LIMITED");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((500..=1_000).contains(&wait), "{wait} s for 2,000 transactions at 2 a second");
    assert_eq!(api.send(from("192.0.2.2", issue("T-2"))).await.status, 202);
    assert_eq!(api.send(from("127.0.0.1", issue("T-3"))).await.status, 202, "this machine");
    let look = Request::get("/api/v1/status").body(Body::empty()).unwrap();
    assert_eq!(api.send(from("192.0.2.1", look)).await.status, 200, "looking is no submission");
}

fn entries(log: &Log) -> Vec<Entry> {
    let mut entries = Vec::new();
    audit::verify(log.path(), None, |entry| entries.push(entry.clone())).unwrap();
    entries
}

#[tokio::test]
async fn every_act_of_an_operator_is_recorded_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(folder.path());
    let keys = vec![ApiKey::new("secret-of-an-operator", Role::Operate)];
    let options = HttpOptions { keys, record: Some(log.clone()), ..HttpOptions::default() };
    let api = Api::with(options).await;
    let act = |path: &str, body: &Value| {
        let mut request = from("192.0.2.9", json_request(path, body));
        request.headers_mut().insert("x-api-key", "secret-of-an-operator".parse().unwrap());
        request
    };
    let heal = act("/api/v1/admin/heal", &json!({}));
    assert_eq!(api.send(heal).await.status, 200);
    let cut = act("/api/v1/admin/partition", &json!({ "peers": ["nobody"] }));
    api.send(cut).await.is_problem(400, "BAD_PARAMETER");
    let seen = entries(&log);
    let acts: Vec<_> = seen.iter().map(|entry| (entry.act.as_str(), entry.stage)).collect();
    let [asked, done, failed] = [Stage::Asked, Stage::Done, Stage::Failed];
    assert_eq!(
        acts,
        [("heal", asked), ("heal", done), ("partition", asked), ("partition", failed)]
    );
    assert!(seen[2].subject.contains("nobody") && seen[3].detail.contains("no other validator"));
    assert!(seen.iter().all(|entry| entry.actor.starts_with("192.0.2.9 key ")));
    let text = std::fs::read_to_string(log.path()).unwrap();
    assert!(!text.contains("secret-of"), "the key itself is not recorded");
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let record = Some(Log::of(&folder.path().join("not/there")));
    let api = Api::with(HttpOptions { record, ..HttpOptions::default() }).await;
    let answer = api.post("/api/v1/admin/heal", &json!({})).await;
    answer.is_problem(503, "NODE_UNAVAILABLE");
}

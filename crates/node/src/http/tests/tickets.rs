use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::support::{Api, json_request};

async fn change(api: &Api, verb: &str, id: &str) -> super::support::Answer {
    api.post(&format!("/api/v1/tickets/{verb}"), &json!({ "ticket_id": id })).await
}

#[tokio::test]
async fn a_ticket_lives_its_life_and_shows_it() {
    let api = Api::start().await;
    let issue = json!({ "ticket_id": "T-1", "data": "eyJldmVudCI6IkNvbmNlcnQiLCJyb3ciOjN9", "actor": "office" });
    let issued = api.post("/api/v1/tickets/issue", &issue).await;
    assert_eq!(issued.data()["state"], "ISSUED");
    for (verb, state) in [("validate", "VALIDATED"), ("consume", "CONSUMED")] {
        let done = change(&api, verb, "T-1").await;
        assert_eq!(done.json()["success"], true);
        assert_eq!(done.data()["state"], state);
        assert!(done.data()["receipt"].as_str().unwrap().starts_with("/api/v1/receipts/"));
    }
    let ticket = api.get("/api/v1/tickets/T-1").await.data();
    assert_eq!((&ticket["ID"], &ticket["State"]), (&json!("T-1"), &json!("CONSUMED")));
    assert_eq!(ticket["Data"], issue["data"]);
    assert_eq!(ticket["Metadata"], json!({ "event": "Concert", "row": "3" }));
    assert_eq!(ticket["ValidatorID"], "n0");
    assert_eq!(ticket["allowed"], json!([]));
    assert!(ticket["Timestamp"].as_u64().unwrap() > 1_700_000_000);
    assert!(ticket["VectorClock"]["n0"].as_u64().unwrap() >= 3);
    let history = ticket["history"].as_array().unwrap();
    let actors: Vec<&str> = history.iter().map(|step| step["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["office", "n0", "n0"]);
    for step in history {
        let receipt = api.get(step["receipt"].as_str().unwrap()).await.data();
        assert_eq!(receipt["outcome"], "APPLIED");
        assert_eq!(receipt["transaction"], step["transaction"]);
        assert_eq!(receipt["header"]["height"], step["height"]);
    }
}

#[tokio::test]
async fn illegal_steps_are_refused_by_name() {
    let api = Api::start().await;
    change(&api, "validate", "T-1").await.is_problem(404, "TICKET_UNKNOWN");
    change(&api, "issue", "T-1").await.data();
    change(&api, "issue", "T-1").await.is_problem(409, "TICKET_EXISTS");
    change(&api, "consume", "T-1").await.is_problem(409, "ILLEGAL_TRANSITION");
    change(&api, "dispute", "T-1").await.is_problem(409, "ILLEGAL_TRANSITION");
    change(&api, "validate", "T-1").await.data();
    change(&api, "validate", "T-1").await.is_problem(409, "ALREADY_VALIDATED");
    change(&api, "dispute", "T-1").await.data();
    let problem = change(&api, "consume", "T-1").await.is_problem(409, "DISPUTED");
    assert_eq!(problem["why"], "/api/v1/why?subject=T-1");
    let refused = api.get(problem["instance"].as_str().unwrap()).await.data();
    assert_eq!((&refused["status"], &refused["outcome"]), (&json!("refused"), &json!("DISPUTED")));
}

#[tokio::test]
async fn the_seed_set_is_issued_once() {
    let api = Api::start().await;
    let first = api.post("/api/v1/tickets/seed", &json!({})).await;
    assert_eq!(first.data()["seeded"], 500);
    let again = api.post("/api/v1/tickets/seed", &json!({})).await.data();
    assert_eq!((&again["seeded"], &again["existed"]), (&json!(0), &json!(500)));
    let ticket = api.get("/api/v1/tickets/TICKET-500").await.data();
    assert_eq!(ticket["Metadata"]["section"], "General");
    let counts = api.get("/api/v1/tickets?limit=1").await.data()["counts"].clone();
    assert_eq!((&counts["total"], &counts["issued"]), (&json!(500), &json!(500)));
    assert_eq!(api.get("/api/v1/storage/entries").await.data()["total_tickets"], 500);
}

/// All ids of a list, page by page, following `Link`.
async fn walk(api: &Api, path: &str) -> Vec<String> {
    let (mut ids, mut path) = (Vec::new(), path.to_owned());
    loop {
        let answer = api.get(&path).await;
        let items = answer.data()["items"].clone();
        ids.extend(
            items.as_array().unwrap().iter().map(|item| item["ID"].as_str().unwrap().to_owned()),
        );
        let link = answer.header("link");
        match link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")) {
            Some(next) => path = next.to_owned(),
            None => return ids,
        }
        assert!(ids.len() <= 2_000, "the pages never end");
    }
}

#[tokio::test]
async fn lists_come_in_pages_filtered_and_sorted() {
    let api = Api::start().await;
    api.post("/api/v1/tickets/seed", &json!({})).await.data();
    for id in ["TICKET-007", "TICKET-300"] {
        change(&api, "validate", id).await.data();
    }
    let all = walk(&api, "/api/v1/tickets?limit=120").await;
    assert_eq!(all.len(), 500);
    assert!(all.is_sorted());
    assert_eq!(walk(&api, "/api/v1/tickets?limit=250").await.len(), 500);
    assert_eq!(walk(&api, "/api/v1/tickets?state=VALIDATED").await, ["TICKET-007", "TICKET-300"]);
    assert_eq!(walk(&api, "/api/v1/tickets?q=ticket-01&limit=3").await.len(), 10);
    let newest = walk(&api, "/api/v1/tickets?sort=-updated&limit=99").await;
    assert_eq!(newest[..2], ["TICKET-300", "TICKET-007"]);
    let mut oldest = walk(&api, "/api/v1/tickets?sort=updated&limit=99").await;
    oldest.reverse();
    assert_eq!(oldest, newest);
    for wrong in ["state=FOO", "sort=size", "cursor=%21", "sort=updated&cursor=VEVTVA", "limit=0"] {
        api.get(&format!("/api/v1/tickets?{wrong}")).await.is_problem(400, "BAD_PARAMETER");
    }
}

#[tokio::test]
async fn a_table_becomes_tickets() {
    let api = Api::start().await;
    let table = "carrier,flight,day,origin\nUA,1545,1,EWR\nUA,1714,1,LGA\n,,,\nUA,1545,1,EWR\n";
    let path = "/api/v1/tickets/import?id=carrier,flight,day";
    let imported = api.post_bytes(path, "text/csv", table.into()).await.data();
    assert_eq!((&imported["rows"], &imported["issued"]), (&json!(4), &json!(3)));
    assert_eq!(imported["existed"], 1);
    let ticket = api.get("/api/v1/tickets/UA-1545-1").await.data();
    assert_eq!(ticket["Metadata"]["origin"], "EWR");
    let path = format!("{path}&data=origin");
    let table = "flight,carrier,day,origin\n1,A,2,X\n";
    api.post_bytes(&path, "text/csv", table.into()).await.data();
    assert_eq!(api.get("/api/v1/tickets/A-1-2").await.data()["Data"], "WA==");
}

#[tokio::test]
async fn tables_that_are_none_are_refused() {
    let api = Api::start().await;
    for table in ["", "id\n", "name\nT-1\n", "id\n\u{1}\n"] {
        let answer = api.post_bytes("/api/v1/tickets/import", "text/csv", table.into()).await;
        answer.is_problem(400, "MALFORMED_CSV");
    }
    let some = "id,x\nT-1,1\nT-2\nT-3,3\n";
    let imported = api.post_bytes("/api/v1/tickets/import", "text/csv", some.into()).await.data();
    assert_eq!(imported["issued"], 2);
    assert_eq!(imported["errors"][0]["line"], 3);
}

fn keyed(path: &str, key: &str, body: &Value) -> Request<Body> {
    let mut request = json_request(path, body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

#[tokio::test]
async fn a_repeated_request_with_its_key_has_the_same_answer() {
    let api = Api::start().await;
    let wanted = json!({ "ticket_id": "T-1" });
    let first = api.send(keyed("/api/v1/tickets/issue", "a", &wanted)).await;
    let second = api.send(keyed("/api/v1/tickets/issue", "a", &wanted)).await;
    assert_eq!(first.data(), second.data());
    let other = api.send(keyed("/api/v1/tickets/issue", "a", &json!({ "ticket_id": "T-2" }))).await;
    other.is_problem(409, "IDEMPOTENCY_KEY_REUSED");
    api.send(keyed("/api/v1/tickets/issue", "b", &wanted)).await.is_problem(409, "TICKET_EXISTS");
    api.send(keyed("/api/v1/tickets/issue", "b", &wanted)).await.is_problem(409, "TICKET_EXISTS");
    let long = "k".repeat(257);
    api.send(keyed("/api/v1/tickets/issue", &long, &wanted)).await.is_problem(400, "BAD_PARAMETER");
}

#[tokio::test]
async fn what_is_not_waited_for_can_be_asked_about() {
    let api = Api::start().await;
    for wait in ["none", "accepted"] {
        let path = format!("/api/v1/tickets/issue?wait={wait}");
        let taken = api.post(&path, &json!({ "ticket_id": format!("T-{wait}") })).await;
        assert_eq!(taken.status, 202);
        let location = taken.header("location").to_owned();
        assert_eq!(taken.data()["operation"], location.as_str());
        let done = until_done(&api, &location).await;
        assert_eq!((&done["status"], &done["applied"]), (&json!("succeeded"), &json!(1)));
    }
    let taken = api.post("/api/v1/tickets/seed?wait=none", &json!({})).await;
    let done = until_done(&api, taken.header("location")).await;
    assert_eq!((&done["total"], &done["applied"]), (&json!(500), &json!(500)));
    let refused =
        api.post("/api/v1/tickets/consume?wait=none", &json!({ "ticket_id": "T-none" })).await;
    let done = until_done(&api, refused.header("location")).await;
    assert_eq!(done["refused"], json!({ "ILLEGAL_TRANSITION": 1 }));
    let unknown = format!("/api/v1/operations/{}", "00".repeat(32));
    api.get(&unknown).await.is_problem(404, "OPERATION_UNKNOWN");
}

async fn until_done(api: &Api, operation: &str) -> Value {
    for _ in 0..500 {
        let answer = api.get(operation).await;
        // With `wait=none` the pool may not even have been asked yet.
        if answer.status == 200 && answer.data()["status"] != "pending" {
            return answer.data();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{operation} is never done");
}

#[tokio::test]
async fn without_a_quorum_the_answer_is_late_and_says_why() {
    let api = Api::alone_of(4).await;
    let wanted = json!({ "ticket_id": "T-1" });
    let path = "/api/v1/tickets/issue?timeout=300ms";
    let late = api.send(keyed(path, "a", &wanted)).await;
    let problem = late.is_problem(504, "COMMIT_TIMEOUT");
    assert_eq!(problem["retryable"], true);
    let why = api.get("/api/v1/why").await.data();
    assert_eq!((&why["answer"], &why["kind"]), (&json!("blocked"), &json!("network")), "{why}");
    assert!(why["unblock"].as_str().unwrap().contains("n1"), "{why}");
    assert!(!why["missing"].as_array().unwrap().is_empty());
    let network = api.get("/api/v1/network").await.data();
    assert_eq!(network["verdict"]["level"], "down");
    assert_eq!(api.get("/readyz").await.status, 503);
    assert_eq!(api.get("/livez").await.status, 200);
    // The same request again waits for the same transaction.
    let again = api.send(keyed(path, "a", &wanted)).await.is_problem(504, "COMMIT_TIMEOUT");
    assert_eq!(again["instance"], problem["instance"]);
    let unknown = api.get(problem["instance"].as_str().unwrap()).await;
    unknown.is_problem(404, "TRANSACTION_UNKNOWN");
}

#[tokio::test]
async fn a_full_pool_pushes_back() {
    let settings = [("mempool.transactions_max", "2"), ("consensus.batches_in_flight", "1")];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let plan = crate::NetworkPlan { settings, ..super::support::alone(4) };
    let api = Api::of_plan(&plan, crate::http::HttpOptions::default()).await;
    let path = "/api/v1/tickets/issue?wait=accepted";
    for number in 0..50 {
        let answer = api.post(path, &json!({ "ticket_id": format!("T-{number}") })).await;
        if answer.status == 202 {
            continue;
        }
        let problem = answer.is_problem(429, "POOL_FULL");
        assert_eq!((answer.header("retry-after"), &problem["retryable"]), ("1", &json!(true)));
        return;
    }
    panic!("the pool takes everything");
}

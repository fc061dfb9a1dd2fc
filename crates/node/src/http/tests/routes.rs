use std::collections::BTreeSet;

use api::routes::{Answer, Body, Method, ROUTES, Route};
use axum::body::Body as Bytes;
use axum::http::Request;
use serde_json::json;

use super::support::{Api, json_request};

fn request(route: &Route) -> Request<Bytes> {
    let path = route.path.replace("{height}", "1").replace("{id}", &"ab".repeat(32));
    let raw = |kind: &str, body: &str| {
        let request = Request::post(&path).header("content-type", kind);
        request.body(Bytes::from(body.to_owned())).unwrap()
    };
    match (route.method, route.body) {
        (Method::Get, _) => Request::get(&path).body(Bytes::empty()).unwrap(),
        (Method::Post, Body::Empty) => Request::post(&path).body(Bytes::empty()).unwrap(),
        (Method::Post, Body::Json("PartitionRequest")) => {
            json_request(&path, &json!({ "peers": [] }))
        }
        (Method::Post, Body::Json(_)) => json_request(&path, &json!({ "ticket_id": "T-1" })),
        (Method::Post, Body::Csv) => raw("text/csv", "id\nT-7\n"),
        (Method::Post, Body::Transaction | Body::Batch) => raw("application/octet-stream", "xxxxx"),
    }
}

#[tokio::test]
async fn every_route_of_the_table_answers_as_the_document_says() {
    let api = Api::start().await;
    let document = api::openapi();
    for route in ROUTES {
        if route.answer == Answer::EventStream {
            continue; // It never ends; `listeners` reads it.
        }
        let answer = api.send(request(route)).await;
        let operation = &document["paths"][route.path][route.method.label().to_lowercase()];
        let documented = &operation["responses"][answer.status.as_str()];
        let upgrade_refused = route.answer == Answer::WebSocket && answer.status == 400;
        assert!(documented.is_object() || upgrade_refused, "{}: {}", route.path, answer.text());
        let is_problem = answer.status.is_client_error() || answer.status.is_server_error();
        match route.answer {
            Answer::Data(_) if is_problem => {
                assert!(answer.json()["code"].is_string(), "{}", answer.text())
            }
            Answer::Data(schema) => {
                let schema = &document["components"]["schemas"][schema];
                let data = answer.data();
                for field in schema["required"].as_array().unwrap() {
                    assert!(
                        data.get(field.as_str().unwrap()).is_some(),
                        "{}: {field} {data}",
                        route.path
                    );
                }
            }
            Answer::Plain(_)
            | Answer::Text
            | Answer::Bytes
            | Answer::EventStream
            | Answer::WebSocket
            | Answer::Object => {}
        }
    }
}

#[tokio::test]
async fn the_served_document_is_the_one_of_the_api() {
    let api = Api::start().await;
    let served = api.get("/openapi.json").await.json();
    assert_eq!(served, api::openapi());
    let paths: BTreeSet<&str> =
        served["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let table: BTreeSet<&str> = ROUTES.iter().map(|route| route.path).collect();
    assert_eq!(paths, table);
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let api = Api::start().await;
    for path in ["/nothing", "/api/v1/nothing", "/api/v2/tickets", "/api/v1/blocks/1/x"] {
        api.get(path).await.is_problem(404, "ROUTE_UNKNOWN");
    }
    let delete = Request::delete("/api/v1/tickets").body(Bytes::empty()).unwrap();
    api.send(delete).await.is_problem(405, "METHOD_NOT_ALLOWED");
    api.post("/api/v1/stats", &json!({})).await.is_problem(405, "METHOD_NOT_ALLOWED");
}

#[tokio::test]
async fn a_fallback_serves_what_is_not_the_apis() {
    let web = axum::Router::new().fallback(|| async { "the web app" });
    let options = crate::http::HttpOptions { fallback: Some(web), ..Default::default() };
    let api = Api::with(options).await;
    assert_eq!(api.get("/").await.text(), "the web app");
    assert_eq!(api.get("/tickets/T-1").await.text(), "the web app");
    api.get("/api/v1/nothing").await.is_problem(404, "ROUTE_UNKNOWN");
    assert_eq!(api.get("/api/v1/status").await.status, 200);
}

#[tokio::test]
async fn node_routes_have_the_older_fields() {
    let api = Api::start().await;
    let expected: &[(&str, &[&str])] = &[
        ("/api/v1/status", &["status", "timestamp", "ws_clients"]),
        (
            "/api/v1/stats",
            &[
                "node_id",
                "peer_count",
                "is_primary",
                "current_view",
                "sequence",
                "cache_size",
                "storage_stats",
            ],
        ),
        ("/api/v1/peers", &["peers"]),
        ("/api/v1/config", &["node_id", "total_nodes", "is_primary", "current_view"]),
        ("/api/v1/consensus/logs", &["logs"]),
        (
            "/api/v1/node/crypto",
            &[
                "node_id",
                "peer_id",
                "public_key",
                "key_algorithm",
                "transport_security",
                "listen_addresses",
            ],
        ),
        (
            "/api/v1/storage/entries",
            &[
                "node_id",
                "total_tickets",
                "ticket_states",
                "consensus_log_count",
                "latest_checkpoint",
                "db_stats",
            ],
        ),
    ];
    for (path, fields) in expected {
        let data = api.get(path).await.data();
        for field in *fields {
            assert!(data.get(field).is_some(), "{path} lacks {field}: {data}");
        }
    }
    let stats = api.get("/api/v1/stats").await.data();
    for field in ["tx_count", "open_tx_count", "page_count", "spill_time", "write", "write_time"] {
        assert!(stats["storage_stats"].get(field).is_some(), "{field}");
    }
}

#[tokio::test]
async fn probes_say_how_the_node_is() {
    let api = Api::start().await;
    assert_eq!(api.get("/livez").await.text(), "livez check passed\n");
    let verbose = api.get("/readyz?verbose").await;
    assert_eq!(verbose.status, 200, "{}", verbose.text());
    for name in ["replica", "running", "disk", "quorum", "state", "catch-up", "voting"] {
        assert!(verbose.text().contains(&format!("[+] {name}: ")), "{}", verbose.text());
    }
    let fewer = api.get("/readyz?verbose&exclude=quorum,disk").await.text();
    assert!(!fewer.contains("quorum") && !fewer.contains("disk"));
    let health = api.get("/health").await.json();
    assert_eq!((&health["status"], &health["success"]), (&json!("healthy"), &json!(true)));
    assert_eq!(api.get("/version").await.data()["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn requests_are_counted_by_template() {
    let api = Api::start().await;
    api.get("/api/v1/tickets/NOBODY").await.is_problem(404, "TICKET_UNKNOWN");
    let metrics = api.get("/metrics").await.text();
    let line =
        r#"unisono_http_requests_total{route="/api/v1/tickets/{id}",method="GET",status="404"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
    assert!(!metrics.contains("NOBODY"));
    assert!(metrics.ends_with("# EOF\n"));
}

#[tokio::test]
async fn drills_work_in_development_networks_only() {
    let api = Api::start().await;
    let wrong = api.post("/api/v1/admin/partition", &json!({ "peers": ["n9"] })).await;
    wrong.is_problem(400, "BAD_PARAMETER");
    let own = api.post("/api/v1/admin/partition", &json!({ "peers": ["n0"] })).await;
    own.is_problem(400, "BAD_PARAMETER");
    assert_eq!(api.post("/api/v1/admin/heal", &json!({})).await.data()["cut_off"], json!([]));
    let real = Api::in_network("production", crate::http::HttpOptions::default()).await;
    real.post("/api/v1/admin/heal", &json!({})).await.is_problem(403, "DEVELOPMENT_ONLY");
}

use axum::body::Body;
use axum::http::Method;
use tower::ServiceExt;

use super::*;
use crate::NodeSpec;

fn spec(name: &str) -> NodeSpec {
    NodeSpec {
        name: NodeName::new(name).unwrap(),
        args: vec!["-c".into(), "echo hello; sleep 60".into()],
        p2p_port: 1,
        api_port: 1,
        peer_id: "12D3".into(),
        is_bootstrap: name == "n0",
        config: "n0/node.toml".into(),
    }
}

fn supervisor() -> Supervisor {
    Supervisor::new("/bin/sh".into(), vec![spec("n0"), spec("n1")])
}

async fn call(
    supervisor: &Supervisor,
    method: Method,
    path: &str,
    body: &str,
) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1");
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = crate::http::router(supervisor.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn nodes_are_listed_with_the_fields_of_the_older_network() {
    let supervisor = supervisor();
    let (status, body) = call(&supervisor, Method::GET, "/api/v1/nodes", "").await;
    assert_eq!(status, StatusCode::OK);
    let node = &body["data"]["nodes"][0];
    for field in
        ["id", "port", "api_port", "status", "peer_id", "is_primary", "is_bootstrap", "config"]
    {
        assert!(node.get(field).is_some(), "{field}");
    }
    assert_eq!((&node["id"], &node["status"]), (&json!("n0"), &json!("stopped")));
    let (status, body) = call(&supervisor, Method::GET, "/api/v1/status", "").await;
    assert_eq!((status, &body["data"]["nodes_count"]), (StatusCode::OK, &json!(2)));
}

#[tokio::test]
async fn a_node_is_started_killed_and_its_lines_are_kept() {
    let supervisor = supervisor();
    let (status, body) =
        call(&supervisor, Method::POST, "/api/v1/nodes", r#"{"node_id":"n1"}"#).await;
    assert_eq!((status, &body["data"]["status"]), (StatusCode::OK, &json!("starting")));
    for _ in 0..100 {
        if !supervisor.logs(&NodeName::new("n1").unwrap()).unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (_, body) = call(&supervisor, Method::GET, "/api/v1/nodes/n1/logs", "").await;
    assert_eq!(body["data"], json!({ "node_id": "n1", "logs": ["hello"] }));
    let (_, body) = call(&supervisor, Method::POST, "/api/v1/nodes/n1/kill", "").await;
    assert_eq!((&body["data"]["status"], body["data"].get("pid")), (&json!("stopped"), None));
    let (_, body) = call(&supervisor, Method::POST, "/api/v1/nodes/n1/restart", "").await;
    assert_eq!(body["data"]["status"], "starting");
    let (_, body) = call(&supervisor, Method::DELETE, "/api/v1/nodes/n1", "").await;
    assert_eq!(body["data"]["status"], "stopped");
}

#[tokio::test]
async fn a_process_that_ends_by_itself_is_an_error_with_its_code() {
    let mut broken = spec("n0");
    broken.args = vec!["-c".into(), "exit 7".into()];
    let supervisor = Supervisor::new("/bin/sh".into(), vec![broken]);
    let failure = supervisor.start_all(1, Duration::from_secs(10)).await.unwrap_err();
    assert!(failure.to_string().contains("exit status: 7"), "{failure}");
    assert_eq!(supervisor.nodes()[0].status, crate::NodeStatus::Error);
}

#[tokio::test]
async fn bad_names_bodies_and_counts_are_problems_and_start_nothing() {
    let supervisor = supervisor();
    let post = Method::POST;
    for (method, path, body, want, code) in [
        (Method::GET, "/api/v1/nodes/n9", "", 404, "SUBJECT_UNKNOWN"),
        (Method::GET, "/api/v1/nodes/N0", "", 400, "BAD_PARAMETER"),
        (Method::DELETE, "/api/v1/nodes/..%2f..%2fetc", "", 400, "BAD_PARAMETER"),
        (post.clone(), "/api/v1/nodes/n0;reboot/restart", "", 400, "BAD_PARAMETER"),
        (post.clone(), "/api/v1/nodes", r#"{"node_id":"-c"}"#, 400, "BAD_PARAMETER"),
        (post.clone(), "/api/v1/nodes", "{", 400, "MALFORMED_JSON"),
        (post.clone(), "/api/v1/cluster/start", r#"{"node_count":99}"#, 400, "BAD_PARAMETER"),
        (post.clone(), "/api/v1/cluster/start", r#"{"node_count":0}"#, 400, "BAD_PARAMETER"),
        (
            post.clone(),
            "/api/v1/cluster/partition",
            r#"{"groups":[["n0"],["n7"]]}"#,
            404,
            "SUBJECT_UNKNOWN",
        ),
        (
            post,
            "/api/v1/tickets/validate-via-node",
            r#"{"ticket_id":"T","node_id":"n1"}"#,
            503,
            "NODE_UNAVAILABLE",
        ),
        (Method::GET, "/api/v1/network", "", 503, "NODE_UNAVAILABLE"),
        (Method::GET, "/api/v1/tickets?node=n0", "", 503, "NODE_UNAVAILABLE"),
        (Method::GET, "/api/v1/tickets?node=%22", "", 400, "BAD_PARAMETER"),
    ] {
        let (status, answer) = call(&supervisor, method, path, body).await;
        assert_eq!((status.as_u16(), &answer["code"]), (want, &json!(code)), "{path} {answer}");
        assert_eq!((&answer["success"], answer["error"].is_string()), (&json!(false), true));
    }
    assert!(supervisor.nodes().iter().all(|node| node.status == crate::NodeStatus::Stopped));
}

#[tokio::test]
async fn the_apps_own_paths_get_its_page_and_missing_files_do_not() {
    let supervisor = supervisor();
    for path in ["/", "/net/tickets", "/net"] {
        assert_eq!(call(&supervisor, Method::GET, path, "").await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(
        call(&supervisor, Method::GET, "/assets/none.js", "").await.0,
        StatusCode::NOT_FOUND
    );
    let request = Request::builder().uri("/").header(header::HOST, "localhost:8080");
    let app = crate::http::router(supervisor);
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self'"));
    let foreign = Request::builder().uri("/api/v1/nodes").header(header::HOST, "127.0.0.1:8080");
    let foreign =
        foreign.header(header::ORIGIN, "http://evil.example").body(Body::empty()).unwrap();
    assert_eq!(app.oneshot(foreign).await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_done_to_the_network_is_recorded_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let supervisor = supervisor();
    supervisor.record_in(folder.path());
    call(&supervisor, Method::GET, "/api/v1/nodes", "").await;
    call(&supervisor, Method::POST, "/api/v1/nodes", r#"{"node_id":"n1"}"#).await;
    call(&supervisor, Method::POST, "/api/v1/nodes/n1/kill", "").await;
    call(&supervisor, Method::DELETE, "/api/v1/nodes/n9", "").await;
    let mut seen = Vec::new();
    let log = audit::Log::of(folder.path());
    audit::verify(log.path(), None, |entry| {
        seen.push((entry.act.clone(), entry.stage.label(), entry.subject.clone()));
    })
    .unwrap();
    let acts: Vec<(&str, &str)> = seen.iter().map(|(act, stage, _)| (&**act, *stage)).collect();
    let expected = [
        ("node.start", "asked"),
        ("node.start", "done"),
        ("node.kill", "asked"),
        ("node.kill", "done"),
        ("node.stop", "asked"),
        ("node.stop", "failed"),
    ];
    assert_eq!(acts, expected);
    assert!(seen[0].2.contains("n1") && seen[4].2.ends_with("/n9"), "{seen:?}");
}

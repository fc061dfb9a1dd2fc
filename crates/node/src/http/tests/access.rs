use api::routes::{Method, ROUTES, Role};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::support::{Api, json_request};
use crate::http::{ApiKey, HttpOptions};

async fn guarded() -> Api {
    let keys = [("r", Role::Read), ("s", Role::Submit), ("o", Role::Operate)];
    let keys = keys.map(|(secret, role)| ApiKey::new(secret, role)).to_vec();
    Api::with(HttpOptions { keys, ..Default::default() }).await
}

fn get(path: &str, header: (&str, &str)) -> Request<Body> {
    Request::get(path).header(header.0, header.1).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn without_a_key_only_open_routes_answer() {
    let api = guarded().await;
    for route in ROUTES {
        let path = route.path.replace("{id}", "x").replace("{height}", "1");
        let request = match route.method {
            Method::Get => Request::get(&path),
            Method::Post => Request::post(&path),
        };
        let answer = api.send(request.body(Body::empty()).unwrap()).await;
        match route.role {
            Role::Open => assert_ne!(answer.status, 401, "{path}"),
            Role::Read | Role::Submit | Role::Operate => {
                answer.is_problem(401, "UNAUTHENTICATED");
                assert!(answer.header("www-authenticate").starts_with("Bearer"));
            }
        }
    }
}

#[tokio::test]
async fn a_key_opens_what_its_role_allows() {
    let api = guarded().await;
    assert_eq!(api.send(get("/api/v1/status", ("x-api-key", "r"))).await.status, 200);
    assert_eq!(api.send(get("/api/v1/status", ("authorization", "Bearer s"))).await.status, 200);
    api.send(get("/api/v1/status", ("x-api-key", "wrong")))
        .await
        .is_problem(401, "UNAUTHENTICATED");
    api.send(get("/api/v1/status", ("x-api-key", ""))).await.is_problem(401, "UNAUTHENTICATED");
    api.send(get("/api/v1/status", ("authorization", "Basic r")))
        .await
        .is_problem(401, "UNAUTHENTICATED");
    api.send(get("/api/v1/status?key=r", ("x-nothing", "")))
        .await
        .is_problem(401, "UNAUTHENTICATED");
    let post = |path: &str, key: &str| {
        let mut request = json_request(path, &json!({ "ticket_id": "T-1", "peers": [] }));
        request.headers_mut().insert("x-api-key", key.parse().unwrap());
        request
    };
    api.send(post("/api/v1/tickets/issue", "r")).await.is_problem(403, "FORBIDDEN");
    assert_eq!(api.send(post("/api/v1/tickets/issue", "s")).await.status, 200);
    api.send(post("/api/v1/admin/heal", "s")).await.is_problem(403, "FORBIDDEN");
    assert_eq!(api.send(post("/api/v1/admin/heal", "o")).await.status, 200);
}

#[test]
fn keys_are_read_with_their_role() {
    for (text, role) in
        [("read:a", Role::Read), ("submit:a:b", Role::Submit), ("operate:c", Role::Operate)]
    {
        assert_eq!(ApiKey::parse(text).unwrap().role(), role);
    }
    for wrong in ["", "read", "read:", "root:secret", "secret"] {
        let error = ApiKey::parse(wrong).unwrap_err();
        assert!(!error.contains("root"), "{error}");
    }
}

#[test]
fn keys_are_not_shown() {
    assert_eq!(format!("{:?}", ApiKey::new("secret", Role::Read)), "a key to Read");
}

#[tokio::test]
async fn pages_of_other_origins_may_not_post() {
    let api = Api::with(HttpOptions {
        origins: vec!["https://ours.example".into()],
        ..Default::default()
    })
    .await;
    let from = |origin: &str, host: &str| {
        let mut request = json_request("/api/v1/admin/heal", &json!({}));
        request.headers_mut().insert("origin", origin.parse().unwrap());
        request.headers_mut().insert("host", host.parse().unwrap());
        request
    };
    for (origin, host) in [
        ("https://evil.example", "127.0.0.1:8080"),
        ("null", "127.0.0.1:8080"),
        ("http://localhost.evil.example", "localhost:8080"),
        ("http://localhost:3000", "node.example"),
        ("http://node.example:81", "node.example:80"),
    ] {
        api.send(from(origin, host)).await.is_problem(403, "ORIGIN_REFUSED");
    }
    for (origin, host) in [
        ("http://node.example:80", "node.example:80"),
        ("http://localhost:3000", "127.0.0.1:8080"),
        ("http://[::1]:3000", "localhost:8080"),
        ("https://ours.example", "node.example"),
    ] {
        assert_eq!(api.send(from(origin, host)).await.status, 200, "{origin}");
    }
}

#[tokio::test]
async fn cors_is_off_unless_asked_for() {
    let preflight = || {
        Request::builder()
            .method("OPTIONS")
            .uri("/api/v1/tickets/consume")
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .body(Body::empty())
            .unwrap()
    };
    let closed = Api::start().await;
    let answer = closed.send(preflight()).await;
    answer.is_problem(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let open = Api::with(HttpOptions { enable_cors: true, ..Default::default() }).await;
    let answer = open.send(preflight()).await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (204, "*"));
    let answer = open.send(get("/api/v1/status", ("origin", "https://evil.example"))).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let api = Api::start().await;
    for path in ["/api/v1/status", "/nothing", "/metrics", "/livez"] {
        let answer = api.get(path).await;
        assert!(
            answer.header("content-security-policy").starts_with("default-src 'self'"),
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

/// A wish is the operator's; what the chain refuses is worded as any refusal.
#[tokio::test]
async fn a_wish_is_for_operators_and_judged_by_the_chain() {
    let api = guarded().await;
    let wish = |at: u64, protocol: &str, key: &str| {
        let body = json!({ "at": at, "protocol": protocol });
        let mut request = json_request("/api/v1/admin/wish", &body);
        request.headers_mut().insert("x-api-key", key.parse().unwrap());
        request
    };
    api.send(wish(40, "hotstuff", "s")).await.is_problem(403, "FORBIDDEN");
    api.send(wish(40, "raft", "o")).await.is_problem(422, "PROTOCOL_UNFIT");
    api.send(wish(1, "hotstuff", "o")).await.is_problem(422, "BAD_NOTICE");
    api.send(wish(40, &"x".repeat(100), "o")).await.is_problem(400, "MALFORMED_PAYLOAD");
    let answer = api.send(wish(40, "hotstuff", "o")).await;
    assert_eq!(answer.status, 200);
    api.send(wish(60, "hotstuff", "o")).await.is_problem(409, "CHANGE_SCHEDULED");
}

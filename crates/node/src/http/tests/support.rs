//! A real router over a one-validator node, and short words for calling it.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt;

use crate::Handle;
use crate::http::{HttpOptions, router};

/// A face under test.
pub(super) struct Api {
    pub(super) handle: Handle,
    pub(super) router: Router,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: axum::http::HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.bytes)))
    }
    pub(super) fn data(&self) -> Value {
        assert!(self.status.is_success(), "{self:?} {}", self.text());
        self.json()["data"].clone()
    }
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    /// Checks that this is a problem of a kind, whole, and of no other kind.
    #[track_caller]
    pub(super) fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["success"], false);
        assert_eq!(problem["error"], problem["detail"]);
        assert_eq!(problem["trace_id"].as_str().unwrap().len(), 32);
        problem
    }
}

impl Api {
    pub(super) async fn start() -> Self {
        Self::with(HttpOptions::default()).await
    }
    pub(super) async fn with(options: HttpOptions) -> Self {
        Self::in_network("test-dev", options).await
    }
    pub(super) async fn in_network(network: &str, options: HttpOptions) -> Self {
        let handle = crate::testing::one_validator(network).await;
        let router = router(handle.clone(), options);
        Self { handle, router }
    }
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(json_request(path, body)).await
    }
    pub(super) async fn post_bytes(&self, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(path).header("content-type", kind).body(Body::from(body));
        self.send(request.unwrap()).await
    }
}

pub(super) fn json_request(path: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

//! A real router over a one-validator node, and short words for calling it.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::config::Layers;
use crate::http::{HttpOptions, router};
use crate::{Handle, NetworkPlan, Node, NodeOptions, init_network};

/// A face under test.
pub(super) struct Api {
    pub(super) handle: Handle,
    pub(super) router: Router,
    node: Option<(Node, tempfile::TempDir)>,
}

/// Nodes outlive the runtime of the test that started them by as long as their stop takes.
static NODES: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

impl Drop for Api {
    fn drop(&mut self) {
        if let Some((node, folder)) = self.node.take() {
            NODES.spawn(async move {
                node.stop().await;
                drop(folder);
            });
        }
    }
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
        Self::of_plan(&NetworkPlan { network: network.to_owned(), ..alone(1) }, options).await
    }
    /// The first validator of a network of `nodes` whose others never start.
    pub(super) async fn alone_of(nodes: u16) -> Self {
        Self::of_plan(&alone(nodes), HttpOptions::default()).await
    }
    pub(super) async fn of_plan(plan: &NetworkPlan, options: HttpOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let nodes = init_network(folder.path(), plan).unwrap();
        let file = Some(nodes[0].config.clone());
        let settings = Layers { file, ..Layers::default() }.settings().unwrap();
        let started = NODES.spawn(Node::start(settings, NodeOptions::default()));
        let node = started.await.unwrap().unwrap();
        let handle = node.handle.clone();
        let router = router(handle.clone(), options);
        Self { handle, router, node: Some((node, folder)) }
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

/// A network of `nodes` validators, for drills.
pub(super) fn alone(nodes: u16) -> NetworkPlan {
    NetworkPlan { network: "test-dev".to_owned(), nodes, ..NetworkPlan::default() }
}

pub(super) fn json_request(path: &str, body: &Value) -> Request<Body> {
    let request = Request::post(path).header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

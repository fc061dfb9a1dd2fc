//! The supervisor's own routes, with the paths and fields of the older ticket network.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{NodeName, Supervisor, SupervisorError, network, proxy};

/// How long nodes may take to become ready.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// Nodes of a cluster where a request does not say.
const NODE_COUNT_DEFAULT: usize = 4;

/// A problem as an answer.
#[derive(Debug)]
pub(crate) struct Problem(Box<api::Problem>);

impl Problem {
    pub(crate) fn new(code: api::Code, detail: impl Into<String>) -> Self {
        Self(Box::new(api::Problem::new(code, detail)))
    }
}
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(*self.0))
            .into_response()
    }
}
impl From<SupervisorError> for Problem {
    fn from(error: SupervisorError) -> Self {
        let code = match &error {
            SupervisorError::Unknown(_) => api::Code::SubjectUnknown,
            SupervisorError::TooMany { .. } => api::Code::BadParameter,
            SupervisorError::CannotStart(..) => api::Code::Internal,
            SupervisorError::NotReady(..) | SupervisorError::Refused(..) => {
                api::Code::NodeUnavailable
            }
        };
        Self::new(code, error.to_string())
    }
}

type Answer<T> = Result<Json<api::Envelope<T>>, Problem>;

/// The routes.
pub(crate) fn router() -> Router<Supervisor> {
    Router::new()
        .route("/api/v1/nodes", get(list).post(start))
        .route("/api/v1/nodes/{id}", get(show).delete(stop))
        .route("/api/v1/nodes/{id}/restart", post(restart))
        .route("/api/v1/nodes/{id}/kill", post(kill))
        .route("/api/v1/nodes/{id}/logs", get(logs))
        .route("/api/v1/cluster/start", post(cluster_start))
        .route("/api/v1/cluster/stop", post(cluster_stop))
        .route("/api/v1/cluster/partition", post(partition))
        .route("/api/v1/cluster/heal", post(heal))
        .route("/api/v1/supervisor/stop", post(supervisor_stop))
        .route("/api/v1/network", get(show_network))
        .route("/api/v1/status", get(status))
        .route("/api/v1/tickets/validate-via-node", post(validate_via_node))
        .route("/health", get(health))
        .route("/livez", get(livez))
}

#[derive(Debug, Serialize)]
struct Nodes {
    nodes: Vec<crate::NodeInfo>,
}

async fn list(State(supervisor): State<Supervisor>) -> Answer<Nodes> {
    Ok(Json(api::Envelope::of(Nodes { nodes: supervisor.nodes() })))
}

#[derive(Debug, Deserialize)]
struct StartRequest {
    node_id: String,
}

async fn start(State(supervisor): State<Supervisor>, body: Bytes) -> Answer<crate::NodeInfo> {
    let request: StartRequest = read(&body)?;
    Ok(Json(api::Envelope::of(supervisor.start(&name(&request.node_id)?)?)))
}

async fn show(
    State(supervisor): State<Supervisor>,
    Path(id): Path<String>,
) -> Answer<crate::NodeInfo> {
    Ok(Json(api::Envelope::of(supervisor.node(&name(&id)?)?)))
}
async fn stop(
    State(supervisor): State<Supervisor>,
    Path(id): Path<String>,
) -> Answer<crate::NodeInfo> {
    Ok(Json(api::Envelope::of(supervisor.stop(&name(&id)?).await?)))
}
async fn restart(
    State(supervisor): State<Supervisor>,
    Path(id): Path<String>,
) -> Answer<crate::NodeInfo> {
    Ok(Json(api::Envelope::of(supervisor.restart(&name(&id)?).await?)))
}
async fn kill(
    State(supervisor): State<Supervisor>,
    Path(id): Path<String>,
) -> Answer<crate::NodeInfo> {
    Ok(Json(api::Envelope::of(supervisor.kill(&name(&id)?).await?)))
}

#[derive(Debug, Serialize)]
struct LogLines {
    node_id: NodeName,
    logs: Vec<String>,
}

async fn logs(State(supervisor): State<Supervisor>, Path(id): Path<String>) -> Answer<LogLines> {
    let node_id = name(&id)?;
    let logs = supervisor.logs(&node_id)?;
    Ok(Json(api::Envelope::of(LogLines { node_id, logs })))
}

#[derive(Debug, Default, Deserialize)]
struct ClusterRequest {
    node_count: Option<usize>,
}

/// Answers at once; listeners see the nodes come up.
async fn cluster_start(
    State(supervisor): State<Supervisor>,
    body: Bytes,
) -> Result<Response, Problem> {
    let request: ClusterRequest =
        if body.is_empty() { ClusterRequest::default() } else { read(&body)? };
    let have = supervisor.nodes().len();
    let count = request.node_count.unwrap_or(NODE_COUNT_DEFAULT.min(have));
    if count == 0 || count > have {
        return Err(SupervisorError::TooMany { have }.into());
    }
    tokio::spawn(async move {
        if let Err(error) = supervisor.start_all(count, READY_TIMEOUT).await {
            tracing::warn!(%error, "the cluster is not complete");
        }
    });
    let answer = api::Envelope::saying("the cluster is starting", json!({ "node_count": count }));
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

async fn cluster_stop(State(supervisor): State<Supervisor>) -> Answer<Nodes> {
    supervisor.stop_all().await;
    list(State(supervisor)).await
}

#[derive(Debug, Deserialize)]
struct GroupsRequest {
    groups: Vec<Vec<String>>,
}

async fn partition(State(supervisor): State<Supervisor>, body: Bytes) -> Answer<Value> {
    let request: GroupsRequest = read(&body)?;
    let groups = request.groups.iter().map(|group| group.iter().map(|id| name(id)).collect());
    let groups = groups.collect::<Result<Vec<Vec<NodeName>>, Problem>>()?;
    supervisor.partition(&groups).await?;
    Ok(Json(api::Envelope::of(json!({ "groups": request.groups }))))
}
async fn heal(State(supervisor): State<Supervisor>) -> Answer<Value> {
    supervisor.heal().await?;
    Ok(Json(api::Envelope::of(json!({ "groups": [] }))))
}

async fn supervisor_stop(State(supervisor): State<Supervisor>) -> Answer<Value> {
    supervisor.request_stop();
    Ok(Json(api::Envelope::saying("the supervisor stops its nodes, then itself", json!({}))))
}

async fn show_network(State(supervisor): State<Supervisor>) -> Answer<api::Network> {
    Ok(Json(api::Envelope::of(network::ask(&supervisor).await?)))
}

async fn status(State(supervisor): State<Supervisor>) -> Answer<Value> {
    let nodes = supervisor.nodes();
    let running = nodes.iter().filter(|node| node.status == crate::NodeStatus::Running).count();
    Ok(Json(api::Envelope::of(json!({
        "supervisor": "running", "nodes_count": nodes.len(), "nodes_running": running, "nodes": nodes,
        "cluster_status": supervisor.cluster_status(), "simulator_status": "idle",
    }))))
}

#[derive(Debug, Deserialize)]
struct ViaNode {
    ticket_id: String,
    node_id: String,
}

/// Validates at the validator that the body names.
async fn validate_via_node(
    State(supervisor): State<Supervisor>,
    body: Bytes,
) -> Result<Response, Problem> {
    let request: ViaNode = read(&body)?;
    let node = name(&request.node_id)?;
    supervisor.node(&node)?;
    let inner = api::TicketRequest { ticket_id: request.ticket_id, data: None, actor: None };
    let forwarded = Request::post("/api/v1/tickets/validate")
        .header(header::CONTENT_TYPE, "application/json")
        .body(serde_json::to_vec(&inner).unwrap_or_default().into())
        .map_err(|error| Problem::new(api::Code::Internal, error.to_string()))?;
    Ok(proxy::forward_to(&supervisor, &node, forwarded).await)
}

async fn health() -> Json<Value> {
    Json(json!({ "success": true, "status": "healthy" }))
}
async fn livez() -> &'static str {
    "ok\n"
}

fn name(text: &str) -> Result<NodeName, Problem> {
    NodeName::new(text).map_err(|error| Problem::new(api::Code::BadParameter, error.to_string()))
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::new(api::Code::MalformedJson, error.to_string()))
}

#[cfg(test)]
mod tests;

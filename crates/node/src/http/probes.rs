//! Probes: whether to leave the process alive, whether to send it work, and how it stands.

use std::sync::Arc;
use std::time::Duration;

use api::{Check, Health};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::failure::Answer;
use super::guard;
use super::network::Situation;
use super::query::Params;
use super::state::Face;

/// A replica that does not answer for this long is stuck.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn livez(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let checks = vec![replica(&face).await];
    answer(&Params::of(request.uri())?, "livez", checks)
}

pub(super) async fn startupz(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let checks = vec![replica(&face).await];
    answer(&Params::of(request.uri())?, "startupz", checks)
}

pub(super) async fn readyz(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    answer(&params, "readyz", all(&face).await)
}

pub(super) async fn health(State(face): State<Arc<Face>>) -> Response {
    let checks = all(&face).await;
    let success = checks.iter().all(|check| check.ok);
    let status = if success { "healthy" } else { "unhealthy" };
    (code(success), Json(Health { success, status: status.to_owned(), checks })).into_response()
}

const fn code(ok: bool) -> StatusCode {
    if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

fn check(name: &str, ok: bool, detail: impl Into<String>) -> Check {
    Check { name: name.to_owned(), ok, detail: detail.into() }
}

/// Whether the replica's thread answers.
async fn replica(face: &Face) -> Check {
    match timeout(PATIENCE, face.handle.query(|view| view.executor().height())).await {
        Ok(Ok(height)) => check("replica", true, format!("at height {height}")),
        Ok(Err(error)) => check("replica", false, error.to_string()),
        Err(_) => check("replica", false, "does not answer"),
    }
}

/// Everything that must be well before work is sent here.
async fn all(face: &Face) -> Vec<Check> {
    let Ok(Ok(situation)) = timeout(PATIENCE, Situation::of(face)).await else {
        return vec![check("replica", false, "does not answer")];
    };
    let (status, verdict) = (&situation.status, situation.verdict());
    let need = situation.quorum().size();
    let readiness = face.handle.readiness();
    let voting = status.core.as_ref().is_none_or(|core| core.voting);
    let either = |ok: bool, yes: &'static str, no: &'static str| if ok { yes } else { no };
    let up = format!(
        "{} of {} validators are up, {need} are needed",
        verdict.nodes_up, verdict.nodes_total
    );
    let behind = status.catching_up.map(|to| format!("fetching blocks up to {to}"));
    let running = !readiness.is_stopping();
    let writes = !readiness.has_disk_failed();
    vec![
        check("replica", true, format!("at height {}", status.height)),
        check("running", running, either(running, "not stopping", "stopping")),
        check("disk", writes, either(writes, "writes", "no longer takes writes")),
        check("quorum", verdict.nodes_up >= need, up),
        check(
            "state",
            !status.diverged,
            either(!status.diverged, "as attested", "a quorum attests another one"),
        ),
        check("catch-up", behind.is_none(), behind.as_deref().unwrap_or("none needed")),
        check(
            "voting",
            voting,
            situation.stopped_voting.unwrap_or_else(|| either(voting, "as it should", "not now")),
        ),
    ]
}

/// The checks' verdict as text, one line each where asked for.
fn answer(params: &Params, name: &str, mut checks: Vec<Check>) -> Answer<Response> {
    let excluded: Vec<&str> = params.given("exclude").unwrap_or("").split(',').collect();
    checks.retain(|check| !excluded.contains(&check.name.as_str()));
    let ok = checks.iter().all(|check| check.ok);
    let mut text = String::new();
    if params.get("verbose").is_some() || !ok {
        for check in &checks {
            let sign = if check.ok { '+' } else { '-' };
            text.push_str(&format!("[{sign}] {}: {}\n", check.name, check.detail));
        }
    }
    text.push_str(&format!("{name} check {}\n", if ok { "passed" } else { "failed" }));
    let mut response = guard::text("text/plain; charset=utf-8", text);
    *response.status_mut() = code(ok);
    Ok(response)
}

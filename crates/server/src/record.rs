//! Writes down what is done to the network, before it is done and after.

use std::time::UNIX_EPOCH;

use audit::{Act, AuditError, Log};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use types::Time;

use crate::Supervisor;
use crate::routes::Problem;

/// Longest body of an act, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// The supervisor's routes that hand a client's request on and administer nothing.
const CLIENTS: &str = "/api/v1/tickets/";

/// Lets an act through once the record says that it was asked for; looking is no act.
pub(crate) async fn run(
    State(supervisor): State<Supervisor>,
    request: Request,
    next: Next,
) -> Response {
    let is_act = request.method() == Method::POST || request.method() == Method::DELETE;
    match supervisor.record().filter(|_| is_act && !request.uri().path().starts_with(CLIENTS)) {
        None => next.run(request).await,
        Some(log) => match recorded(log.clone(), request, next).await {
            Ok(response) => response,
            Err(problem) => problem.into_response(),
        },
    }
}

async fn recorded(log: Log, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, BODY_BYTES_MAX).await;
    let bytes = bytes.map_err(|error| Problem::new(api::Code::BodyTooLarge, error.to_string()))?;
    let subject = format!("{} {}", parts.uri.path(), String::from_utf8_lossy(&bytes));
    let act = name_of(&parts.method, parts.uri.path());
    let act = Act { actor: "local".to_owned(), act, subject: subject.trim().to_owned() };
    let asked = write(log.clone(), act.clone(), |log, act, now| log.ask(act, now)).await?;
    let response = next.run(Request::from_parts(parts, bytes.into())).await;
    let status = response.status();
    let told = write(log, act, move |log, act, now| {
        let detail = status.as_u16().to_string();
        log.tell(act, asked, if status.is_success() { Ok(&detail) } else { Err(&detail) }, now)
    });
    if told.await.is_err() {
        tracing::error!("what came of an administrative act could not be recorded");
    }
    Ok(response)
}

/// What an act is called, by its route.
fn name_of(method: &Method, path: &str) -> &'static str {
    match path.rsplit('/').next().unwrap_or_default() {
        _ if method == Method::DELETE => "node.stop",
        "nodes" => "node.start",
        "kill" => "node.kill",
        "restart" => "node.restart",
        "partition" => "network.partition",
        "heal" => "network.heal",
        "start" => "network.start",
        "stop" => "network.stop",
        _ => "network.change",
    }
}

/// Writes to the disk where waiting for it holds nobody else up.
async fn write(
    log: Log,
    act: Act,
    line: impl FnOnce(&Log, &Act, Time) -> Result<u64, AuditError> + Send + 'static,
) -> Result<u64, Problem> {
    let written = tokio::task::spawn_blocking(move || {
        let us = UNIX_EPOCH.elapsed().map_or(0, |since| since.as_micros());
        line(&log, &act, Time::from_us(u64::try_from(us).unwrap_or(u64::MAX)))
    });
    let why = match written.await {
        Ok(Ok(number)) => return Ok(number),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    let detail =
        format!("the record of administrative acts cannot be written, so nothing was done: {why}");
    Err(Problem::new(api::Code::Internal, detail))
}

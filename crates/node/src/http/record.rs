//! Writes down what operators do, before it is done and after: every route that takes their role.

use api::Code;
use api::routes::{Method, Role, Route};
use audit::{Act, Log};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::body;
use super::failure::{Answer, Failure};
use super::guard::{Post, client_of, key_in_headers};
use super::options::JSON_BYTES_MAX;

/// Whether a route is an operator's and changes something.
pub(super) fn is_act(route: &Route) -> bool {
    route.role == Role::Operate && route.method == Method::Post
}

/// Lets a request through once the record says that it was made, and records what came of it.
pub(super) async fn run(post: &Post, request: Request, next: Next) -> Response {
    let Some(log) = post.face.options.record.clone() else { return next.run(request).await };
    match recorded(post, log, request, next).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    }
}

async fn recorded(post: &Post, log: Log, request: Request, next: Next) -> Answer<Response> {
    let actor = actor(post, &request);
    let (parts, body) = request.into_parts();
    let bytes = body::read(body, JSON_BYTES_MAX, post.face.options.body_timeout).await?;
    let query = parts.uri.query().map(|query| format!("?{query} ")).unwrap_or_default();
    let subject = format!("{query}{}", String::from_utf8_lossy(&bytes));
    let act = Act { actor, act: post.route.name, subject };
    let asked =
        write(log.clone(), act.clone(), |log, act| log.ask(act, crate::clock::now())).await?;
    let response = next.run(Request::from_parts(parts, bytes.into())).await;
    let status = response.status();
    let why = response.extensions().get::<api::Problem>().map(|problem| problem.detail.clone());
    let detail = format!("{} {}", status.as_u16(), why.unwrap_or_default()).trim().to_owned();
    let told = write(log, act, move |log, act| {
        let came = if status.is_success() { Ok(&*detail) } else { Err(&*detail) };
        log.tell(act, asked, came, crate::clock::now())
    });
    // It is done: an answer that says otherwise would be wrong, and the record has the request already.
    if let Err(failure) = told.await {
        tracing::error!(?failure, "what came of an administrative act could not be recorded");
    }
    Ok(response)
}

/// Who asks: the address, and which API key, by the beginning of its digest.
fn actor(post: &Post, request: &Request) -> String {
    let from = client_of(request).map_or_else(|| "local".to_owned(), |client| client.0.to_string());
    let secret = key_in_headers(request.headers());
    let keys = post.face.options.keys.iter();
    let key = secret.and_then(|secret| keys.clone().find(|key| key.is(secret)));
    match key {
        Some(key) => format!("{from} key {}", key.name()),
        None => from,
    }
}

/// Writes to the disk where waiting for it holds nobody else up.
async fn write(
    log: Log,
    act: Act,
    line: impl FnOnce(&Log, &Act) -> Result<u64, audit::AuditError> + Send + 'static,
) -> Answer<u64> {
    let written = tokio::task::spawn_blocking(move || line(&log, &act)).await;
    let cannot = |why: String| {
        tracing::error!(why, "an administrative act could not be recorded");
        let detail = "the record of administrative acts cannot be written, so nothing was done";
        Failure::new(Code::NodeUnavailable, detail)
    };
    match written {
        Ok(Ok(number)) => Ok(number),
        Ok(Err(error)) => Err(cannot(error.to_string())),
        Err(error) => Err(cannot(error.to_string())),
    }
}

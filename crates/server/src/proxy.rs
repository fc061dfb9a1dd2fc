//! The validators' own API through the supervisor's port: `?node=n2` chooses one, otherwise one that runs.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::routes::Problem;
use crate::{NodeName, Supervisor};

/// Longest body that is passed on: a full batch of transactions and its frame.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Headers that mean something to the one connection alone (RFC 9110 section 7.6.1), or to the supervisor.
const NOT_PASSED: [HeaderName; 6] = [
    header::HOST,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::UPGRADE,
    header::ORIGIN,
];

/// Passes a request on, and the answer back.
pub(crate) async fn forward(State(supervisor): State<Supervisor>, request: Request) -> Response {
    pass(&supervisor, request).await.unwrap_or_else(IntoResponse::into_response)
}

/// Passes a request to a node that the caller has chosen.
pub(crate) async fn forward_to(
    supervisor: &Supervisor,
    name: &NodeName,
    request: Request,
) -> Response {
    let answer = match supervisor.running().into_iter().find(|(running, _)| running == name) {
        Some((_, url)) => send(supervisor, &url, request).await,
        None => Err(not_running(name)),
    };
    answer.unwrap_or_else(IntoResponse::into_response)
}

async fn pass(supervisor: &Supervisor, request: Request) -> Result<Response, Problem> {
    let wanted = chosen(request.uri().query().unwrap_or_default())?;
    let running = supervisor.running();
    let found = match &wanted {
        Some(name) => running.into_iter().find(|(running, _)| running == name),
        None => running.into_iter().next(),
    };
    let (_, url) = found.ok_or_else(|| match &wanted {
        Some(name) => not_running(name),
        None => Problem::new(
            api::Code::NodeUnavailable,
            "no validator runs; start one with `unisono net restart`",
        ),
    })?;
    send(supervisor, &url, request).await
}

fn not_running(name: &NodeName) -> Problem {
    let code = api::Code::NodeUnavailable;
    Problem::new(code, format!("{name} does not run; start it with `unisono net restart {name}`"))
}

async fn send(supervisor: &Supervisor, url: &str, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let target = format!("{url}{}", without_node(&parts.uri));
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
        Problem::new(
            api::Code::BodyTooLarge,
            format!("the body is longer than {BODY_BYTES_MAX} bytes"),
        )
    })?;
    let headers = parts.headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
    let headers = headers.filter(|(name, _)| !NOT_PASSED.contains(name)).collect();
    let sent =
        supervisor.http().request(parts.method, target).headers(headers).body(body).send().await;
    let answer = sent.map_err(|error| {
        let why = format!("the validator does not answer: {error}");
        Problem::new(api::Code::NodeUnavailable, why)
    })?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in answer.headers() {
        if !NOT_PASSED.contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    *response.body_mut() = Body::from_stream(answer.bytes_stream());
    Ok(response)
}

/// The node that a query names.
fn chosen(query: &str) -> Result<Option<NodeName>, Problem> {
    let name = query.split('&').find_map(|pair| pair.strip_prefix("node="));
    name.map(NodeName::new)
        .transpose()
        .map_err(|error| Problem::new(api::Code::BadParameter, error.to_string()))
}

/// The path and the query without the supervisor's own parameter.
fn without_node(uri: &axum::http::Uri) -> String {
    let query = uri.query().unwrap_or_default();
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("node=")).collect();
    if kept.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), kept.join("&"))
    }
}

#[cfg(test)]
mod tests;

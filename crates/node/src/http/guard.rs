//! What every request passes: who may, how it may come, how it is counted, and what headers go back.

use std::sync::Arc;
use std::time::Instant;

use api::routes::{self, Method, Role, Route};
use api::{Code, Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::failure::{Answer, Failure};
use super::query::Params;
use super::rates::ClientAddress;
use super::record;
use super::state::Face;
use crate::metrics::RequestLabels;

/// What the guard of one route knows.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) face: Arc<Face>,
    pub(super) route: &'static Route,
}

/// Guards one route.
pub(super) async fn guard(State(post): State<Post>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let trace = trace_id(request.headers());
    let response = match admit(&post, &request) {
        Ok(()) if record::is_act(post.route) => record::run(&post, request, next).await,
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    let response = with_trace(in_our_words(response, post.route), trace);
    let (route, method) = (post.route.path, post.route.method.label());
    let labels = RequestLabels { route, method, status: response.status().as_u16() };
    let metrics = post.face.handle.metrics();
    metrics.http_seconds.get_or_create(&labels).observe(started.elapsed().as_secs_f64());
    metrics.http_requests.get_or_create(&labels).inc();
    response
}

fn admit(post: &Post, request: &Request) -> Answer<()> {
    let headers = request.headers();
    check_framing(headers)?;
    check_key(post, request)?;
    let is_listening = post.route.path == "/ws";
    if is_listening || (post.route.method == Method::Post && !post.face.options.enable_cors) {
        check_origin(&post.face, headers)?;
    }
    if post.route.method == Method::Post && post.route.role == Role::Submit {
        check_rate(&post.face, request)?;
    }
    Ok(())
}

/// Refuses an address that submits more often than it may.
fn check_rate(face: &Face, request: &Request) -> Answer<()> {
    let taken = face.rates.take_address(client_of(request), tokio::time::Instant::now());
    taken.map_err(|after| Failure::too_often("this address", after))
}

/// The address that a request comes from, where it came over a connection.
pub(super) fn client_of(request: &Request) -> Option<ClientAddress> {
    request.extensions().get().copied()
}

/// Refuses a body of two lengths, and compressed bodies: nothing is inflated here.
fn check_framing(headers: &HeaderMap) -> Answer<()> {
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter().count();
    if lengths > 1 || (lengths == 1 && headers.contains_key(header::TRANSFER_ENCODING)) {
        return Err(Failure::parameter("the request says the length of its body in two ways"));
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Failure::new(
            Code::UnsupportedMediaType,
            "compressed bodies are not taken; send the body as it is",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Checks the API key, where keys are configured. Browsers cannot set headers for event streams and WebSockets, so
/// those two routes also take `?key=`.
fn check_key(post: &Post, request: &Request) -> Answer<()> {
    let keys = &post.face.options.keys;
    if keys.is_empty() || post.route.role == Role::Open {
        return Ok(());
    }
    let in_query = match post.route.path {
        "/ws" | "/api/v1/events" => Params::of(request.uri())?.given("key").map(str::to_owned),
        _ => None,
    };
    let Some(secret) = key_in_headers(request.headers()).map(str::to_owned).or(in_query) else {
        let detail = "send an API key as `X-API-Key` or `Authorization: Bearer`";
        return Err(Failure::new(Code::Unauthenticated, detail));
    };
    // Every key is compared, so that the time says nothing about which one is close.
    let role = keys.iter().filter(|key| key.is(&secret)).map(super::ApiKey::role).max();
    match role {
        None => Err(Failure::new(Code::Unauthenticated, "no API key is like this one")),
        Some(role) if role < post.route.role => Err(Failure::new(
            Code::Forbidden,
            format!(
                "this key allows to {}, this route needs to {}",
                verb(role),
                verb(post.route.role)
            ),
        )),
        Some(_) => Ok(()),
    }
}

pub(super) fn key_in_headers(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        return key.to_str().ok();
    }
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

const fn verb(role: Role) -> &'static str {
    match role {
        Role::Open => "look at what is open",
        Role::Read => "read",
        Role::Submit => "submit",
        Role::Operate => "operate",
    }
}

/// Refuses requests that a page of another origin makes a browser send. Other programs send no `Origin`.
fn check_origin(face: &Face, headers: &HeaderMap) -> Answer<()> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let refused = || {
        let detail =
            "a page of another origin asked; name its origin in the configuration to allow it";
        Failure::new(Code::OriginRefused, detail)
    };
    let origin = origin.to_str().map_err(|_| refused())?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let from = origin.split_once("://").map_or("", |(_, rest)| rest);
    let is_own = !host.is_empty() && from.eq_ignore_ascii_case(host);
    let is_local = is_loopback(from) && is_loopback(host);
    let is_listed = face.options.origins.iter().any(|listed| listed == origin);
    if is_own || is_local || is_listed { Ok(()) } else { Err(refused()) }
}

/// Whether an authority names this machine, whatever the port: pages and API of one machine trust each other.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => authority.split(':').next().unwrap_or(""),
    };
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// The id under which this request can be found in logs: the caller's trace, or a new one.
fn trace_id(headers: &HeaderMap) -> String {
    let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    let given = parent.and_then(|text| text.split('-').nth(1));
    let is_trace = |id: &&str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    match given.filter(is_trace) {
        Some(id) => id.to_ascii_lowercase(),
        None => {
            let mut bytes = [0; 16];
            // Without randomness the id is all zeros, which only makes the log harder to read.
            let _ = getrandom::fill(&mut bytes);
            super::convert::hex(&bytes)
        }
    }
}

/// Puts the trace into a problem's body.
fn with_trace(mut response: Response, trace: String) -> Response {
    let Some(mut problem) = response.extensions_mut().remove::<Problem>() else { return response };
    if problem.status >= 500 {
        tracing::warn!(
            code = problem.code.label(),
            trace,
            detail = problem.detail,
            "a request failed"
        );
    }
    problem.trace_id = Some(trace);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body.into())
}

/// Words the framework's own refusals (a malformed path, no WebSocket upgrade) as problems.
fn in_our_words(response: Response, route: &Route) -> Response {
    let status = response.status();
    let is_ours = response.extensions().get::<Problem>().is_some();
    let is_text = matches!(route.answer, routes::Answer::Text | routes::Answer::Plain(_));
    if is_ours || is_text || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    if response.headers().contains_key(header::CONTENT_TYPE)
        && response.headers()[header::CONTENT_TYPE] == "application/octet-stream"
    {
        return response;
    }
    let code = if status.is_server_error() { Code::Internal } else { Code::BadParameter };
    let reason = status.canonical_reason().unwrap_or("refused").to_lowercase();
    Failure::new(code, format!("the request does not fit this route: {reason}")).into_response()
}

/// Headers that every answer carries, unless it has its own.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Adds the headers of all answers, and those of CORS where it is on; answers preflights.
pub(super) async fn headers(
    State(face): State<Arc<Face>>,
    request: Request,
    next: Next,
) -> Response {
    let has_origin = request.headers().contains_key(header::ORIGIN);
    let is_preflight = has_origin && request.method() == axum::http::Method::OPTIONS;
    let cors = face.options.enable_cors && has_origin;
    let mut response = if cors && is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if cors {
        let value = HeaderValue::from_static;
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value("*"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, value("GET, POST"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            value("content-type, x-api-key, authorization, idempotency-key, last-event-id"),
        );
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, value("location, link, retry-after"));
    }
    response
}

/// No route has this path.
pub(super) async fn unknown(request: Request) -> Response {
    let detail =
        format!("no route is called {}; /openapi.json lists them all", request.uri().path());
    with_trace(
        Failure::new(Code::RouteUnknown, detail).into_response(),
        trace_id(request.headers()),
    )
}

/// The path has routes, and none for this method.
pub(super) async fn other_method(request: Request) -> Response {
    let path = request.uri().path();
    let detail =
        format!("{path} cannot be asked with {}; /openapi.json says how", request.method());
    with_trace(
        Failure::new(Code::MethodNotAllowed, detail).into_response(),
        trace_id(request.headers()),
    )
}

/// 200 with text of a content type.
pub(super) fn text(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}

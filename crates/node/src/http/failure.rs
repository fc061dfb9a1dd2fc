//! Requests that fail, as problem documents.

use std::time::Duration;

use api::{Code, Problem};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::Refusal;

use crate::NodeError;

/// A request that failed: what the client is told.
#[derive(Debug)]
pub(super) struct Failure {
    problem: Box<Problem>,
    /// When to ask again.
    after: Duration,
}

/// What a handler answers.
pub(super) type Answer<T> = Result<T, Failure>;

/// How long a client should wait before it asks a busy node again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Failure {
    /// A failure of a kind, with what happened.
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { problem: Box::new(Problem::new(code, detail)), after: RETRY_AFTER }
    }
    /// Too much was submitted by one address or sender.
    pub(super) fn too_often(whose: &str, after: Duration) -> Self {
        let detail = format!("{whose} has submitted more than it may for now; wait, then go on");
        Self { after, ..Self::new(Code::RateLimited, detail) }
    }
    /// A parameter that is out of its range.
    pub(super) fn parameter(detail: impl Into<String>) -> Self {
        Self::new(Code::BadParameter, detail)
    }
    /// Adds what it happened to.
    pub(super) fn at(self, instance: impl Into<String>) -> Self {
        Self { problem: Box::new(self.problem.at(instance)), ..self }
    }
    /// Adds the reason.
    pub(super) fn because(self, why: impl Into<String>) -> Self {
        Self { problem: Box::new(self.problem.because(why)), ..self }
    }
}

/// The public name of a refusal.
pub(super) fn code_of(refusal: Refusal) -> Code {
    Code::from_label(refusal.label()).unwrap_or(Code::Internal)
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(code_of(refusal), refusal.text())
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        tracing::warn!(%error, "the node could not answer a request");
        Self::new(
            Code::NodeUnavailable,
            format!("the node cannot answer now: {error}; try again, or ask another validator"),
        )
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = *self.problem;
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [kind], body).into_response();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            // Whole seconds, and never too few of them.
            let after = self.after.as_secs() + u64::from(self.after.subsec_nanos() > 0);
            let after = HeaderValue::from(after.max(1));
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"unisono\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        // The guard of the route adds the request's trace to it.
        response.extensions_mut().insert(problem);
        response
    }
}

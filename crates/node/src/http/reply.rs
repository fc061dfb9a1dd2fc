//! Wraps answers.

use api::Envelope;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// 200 with the answer in its envelope.
pub(super) fn ok<T: Serialize>(data: T) -> Response {
    Json(Envelope::of(data)).into_response()
}

/// 200 with a sentence.
pub(super) fn saying<T: Serialize>(message: impl Into<String>, data: T) -> Response {
    Json(Envelope::saying(message, data)).into_response()
}

/// 202 with where to ask what became of it.
pub(super) fn accepted<T: Serialize>(data: T, operation: &str) -> Response {
    let message = "taken; ask the operation what became of it";
    let mut response =
        (StatusCode::ACCEPTED, Json(Envelope::saying(message, data))).into_response();
    if let Ok(location) = HeaderValue::from_str(operation) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// A page of a list, with a link to the next.
pub(super) fn page<T: Serialize>(data: T, next: Option<&str>) -> Response {
    let mut response = ok(data);
    let link = next.map(|next| format!("<{next}>; rel=\"next\""));
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// 200 with bytes.
pub(super) fn bytes(bytes: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static("application/octet-stream");
    ([(header::CONTENT_TYPE, kind)], bytes).into_response()
}

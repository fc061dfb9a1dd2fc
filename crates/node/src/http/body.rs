//! Reads what clients send, within limits of size and time.

use std::time::Duration;

use api::Code;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;

use super::failure::{Answer, Failure};
use super::options::JSON_BYTES_MAX;

/// Reads a whole body.
pub(super) async fn read(body: Body, bytes_max: usize, timeout: Duration) -> Answer<Bytes> {
    match tokio::time::timeout(timeout, axum::body::to_bytes(body, bytes_max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => Err(too_large(bytes_max)),
        Ok(Err(error)) => {
            Err(Failure::parameter(format!("the body did not arrive whole: {error}")))
        }
        Err(_) => Err(Failure::new(
            Code::RequestTimeout,
            format!("the body did not arrive within {} s", timeout.as_secs()),
        )),
    }
}

/// Refuses a body whose announced length is beyond the limit, before any of it is read.
pub(super) fn check_length(headers: &HeaderMap, bytes_max: usize) -> Answer<()> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match announced.and_then(|text| text.parse::<u64>().ok()) {
        Some(length) if length > bytes_max as u64 => Err(too_large(bytes_max)),
        Some(_) | None => Ok(()),
    }
}

fn too_large(bytes_max: usize) -> Failure {
    Failure::new(
        Code::BodyTooLarge,
        format!("the body is longer than {bytes_max} bytes; send it in parts"),
    )
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        source = error.source();
    }
    false
}

/// Reads a JSON body of at most [`JSON_BYTES_MAX`] bytes.
pub(super) async fn json<T: DeserializeOwned>(request: Request, timeout: Duration) -> Answer<T> {
    require_kind(request.headers(), &["application/json"])?;
    check_length(request.headers(), JSON_BYTES_MAX)?;
    let bytes = read(request.into_body(), JSON_BYTES_MAX, timeout).await?;
    from_json(&bytes)
}

/// Reads JSON. Nesting beyond 128 levels is refused by the parser, so hostile depth costs no stack.
pub(super) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Answer<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        Failure::new(Code::MalformedJson, format!("the body is not the expected JSON: {error}"))
    })
}

/// The content type without its parameters, in lower case.
pub(super) fn kind(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next()?.trim().to_ascii_lowercase())
}

/// Refuses other content types than those. Browsers cannot send these across origins without asking first.
pub(super) fn require_kind(headers: &HeaderMap, taken: &[&str]) -> Answer<()> {
    match kind(headers) {
        Some(kind) if taken.contains(&kind.as_str()) => Ok(()),
        given => Err(Failure::new(
            Code::UnsupportedMediaType,
            format!(
                "the content type is {}; send {}",
                given.as_deref().unwrap_or("missing"),
                taken.join(" or ")
            ),
        )),
    }
}

/// Reads base64 with padding.
pub(super) fn base64(field: &str, text: &str) -> Answer<Vec<u8>> {
    STANDARD.decode(text).map_err(|error| {
        Failure::new(Code::MalformedBase64, format!("`{field}` is not base64: {error}"))
    })
}

/// Writes base64 with padding.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Whether the client prefers bytes to JSON.
pub(super) fn wants_bytes(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/octet-stream"))
}

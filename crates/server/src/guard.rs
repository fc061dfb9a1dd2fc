//! Who may speak to the supervisor: this machine's own programs, and pages that the supervisor itself served.

use axum::extract::Request;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::routes::Problem;

/// Refuses requests under another host name (DNS rebinding) and from pages of another origin.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    match refuse(request.headers()) {
        None => next.run(request).await,
        Some(why) => Problem::new(api::Code::OriginRefused, why).into_response(),
    }
}

fn refuse(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    if !is_local(host) {
        return Some(format!("the supervisor is not `{host}`: use 127.0.0.1 or localhost"));
    }
    let origin = text(header::ORIGIN)?;
    let authority =
        origin.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string));
    let is_same = authority.as_deref() == Some(host);
    (!is_same).then(|| format!("pages of `{origin}` may not speak to this supervisor"))
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    matches!(name, "127.0.0.1" | "localhost" | "::1")
}

#[cfg(test)]
mod tests;

//! The web app, inside the binary.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `cargo xtask web` built; empty where it was not run before compiling.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Files;

/// The page of the app; it routes by itself.
const PAGE: &str = "index.html";
/// The offline checker, to be kept and opened from a disk. Its script stands in it, which this server's policy for pages
/// forbids; its own forbids it every connection.
const TO_KEEP: &str = "verify.html";
/// What a page of this origin may load and do.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Shown where the web app is not in the binary.
const ABSENT: &str = "<!doctype html><title>Unisono</title><p>This binary was built without the web app. \
                      <code>cargo xtask web</code> builds it, then build the binary again. \
                      The API is at <a href=\"/api/v1/network\">/api/v1/network</a>.";

/// Serves a file, or the app's page for its own paths.
pub(crate) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let asked = uri.path().trim_start_matches('/');
    let path = if asked.is_empty() { PAGE } else { asked };
    if let Some(file) = Files::get(path) {
        return answer(path, &file, &headers);
    }
    // A path with a file's ending is a file that is not there; every other path is a page of the app, and so is
    // every ticket's, whose id may have a dot.
    let is_page = asked.starts_with("net/")
        || !asked.rsplit('/').next().is_some_and(|name| name.contains('.'));
    match Files::get(PAGE) {
        Some(page) if is_page => answer(PAGE, &page, &headers),
        None if is_page => with_policy(
            ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], ABSENT).into_response(),
        ),
        Some(_) | None => with_policy((StatusCode::NOT_FOUND, "no such file\n").into_response()),
    }
}

fn answer(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = tag(&file.metadata.sha256_hash());
    if headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok())
        == Some(tag.as_str())
    {
        return with_policy(StatusCode::NOT_MODIFIED.into_response());
    }
    // Vite puts a digest of the content into the names under assets/, so those never change.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::ETAG, tag),
    ];
    let mut response = with_policy((headers, file.data.to_vec()).into_response());
    if path == TO_KEEP {
        let name = HeaderValue::from_static("attachment; filename=\"unisono-verify.html\"");
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn tag(hash: &[u8]) -> String {
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

fn with_policy(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

//! Pages of lists whose items have an order of their own.

use axum::http::Uri;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::failure::{Answer, Failure};
use super::reply;

/// Where a page begins, as the page before it said.
pub(super) fn cursor_bytes(cursor: Option<&str>) -> Answer<Vec<u8>> {
    let wrong = || Failure::parameter("`cursor` is not one that this API gave out");
    cursor.map_or(Ok(Vec::new()), |text| URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong()))
}

/// The same where it is a number.
pub(super) fn cursor_number(cursor: Option<&str>) -> Answer<u64> {
    let wrong = || Failure::parameter("`cursor` is not one that this API gave out");
    cursor.map_or(Ok(0), |text| text.parse().map_err(|_| wrong()))
}

/// The same where it is 32 bytes, such as an account.
pub(super) fn cursor_array(cursor: Option<&str>) -> Answer<[u8; 32]> {
    let bytes = cursor_bytes(cursor)?;
    if bytes.is_empty() {
        return Ok([0; 32]);
    }
    bytes.try_into().map_err(|_| Failure::parameter("`cursor` belongs to another list"))
}

/// A cursor that [`cursor_bytes`] reads.
pub(super) fn to_cursor(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The first `limit` of one item more, and where the next page begins.
pub(super) fn cut<T>(
    mut items: Vec<T>,
    limit: usize,
    cursor_of: impl FnOnce(&T) -> String,
) -> (Vec<T>, Option<String>) {
    let next = items.get(limit).map(cursor_of);
    items.truncate(limit);
    (items, next)
}

/// A page with its link to the next.
pub(super) fn page<T: Serialize>(uri: &Uri, data: T, next: Option<&str>) -> Response {
    let link = next.map(|cursor| next_link(uri, cursor));
    reply::page(data, link.as_deref())
}

/// The same request with another cursor.
fn next_link(uri: &Uri, cursor: &str) -> String {
    let query = uri.query().unwrap_or("");
    let others = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let mut pairs: Vec<String> = others.map(str::to_owned).collect();
    pairs.push(format!("cursor={cursor}"));
    format!("{}?{}", uri.path(), pairs.join("&"))
}

use axum::http::HeaderValue;

use super::*;

fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, HeaderValue::from_static(host));
    origin.map(|origin| headers.insert(header::ORIGIN, HeaderValue::from_static(origin)));
    headers
}

#[test]
fn only_this_machine_and_its_own_pages_pass() {
    for host in ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080"] {
        assert_eq!(refuse(&headers(host, None)), None, "{host}");
    }
    assert_eq!(refuse(&headers("localhost:8080", Some("http://localhost:8080"))), None);
    for (host, origin) in [
        ("evil.example", None),
        ("127.0.0.1.evil.example", None),
        ("127.0.0.1:8080", Some("http://evil.example")),
        ("127.0.0.1:8080", Some("http://127.0.0.1:9999")),
        ("127.0.0.1:8080", Some("null")),
        ("", None),
    ] {
        assert!(refuse(&headers(host, origin)).is_some(), "{host} {origin:?}");
    }
}

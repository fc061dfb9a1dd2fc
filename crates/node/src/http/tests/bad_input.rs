use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::support::{Api, json_request};
use crate::http::{BULK_BYTES_MAX, HttpOptions, JSON_BYTES_MAX};

const VALIDATE: &str = "/api/v1/tickets/validate";

#[tokio::test]
async fn malformed_bodies_are_refused_by_name() {
    let api = Api::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = format!("{{{}\"z\":1}}", "\"a\":".to_owned() + &"1".repeat(500_000) + ",");
    let wrong = ["", "{", "null", "[]", "{}", "{\"ticket_id\":7}", "\u{0}", &deep, &wide];
    for body in wrong {
        let answer = api.post_bytes(VALIDATE, "application/json", body.into()).await;
        answer.is_problem(400, "MALFORMED_JSON");
    }
    let answer = api.post_bytes(VALIDATE, "application/json", vec![0xff, 0xfe]).await;
    answer.is_problem(400, "MALFORMED_JSON");
    for data in ["=", "abc", "a b=", "****", "YWJj\n"] {
        let body = json!({ "ticket_id": "T-1", "data": data });
        api.post(VALIDATE, &body).await.is_problem(400, "MALFORMED_BASE64");
    }
    let answer = api.post("/api/v1/transactions", &json!({ "transaction": "AAAA" })).await;
    answer.is_problem(400, "MALFORMED_TRANSACTION");
}

#[tokio::test]
async fn ids_that_no_ticket_can_have_are_refused() {
    let api = Api::start().await;
    for id in ["", "a\nb", "\u{0}", &"x".repeat(129)] {
        api.post(VALIDATE, &json!({ "ticket_id": id })).await.is_problem(400, "BAD_PARAMETER");
    }
    let actor = json!({ "ticket_id": "T-1", "actor": "\u{1b}[31m" });
    api.post(VALIDATE, &actor).await.is_problem(400, "BAD_PARAMETER");
    api.get("/api/v1/tickets/%00").await.is_problem(400, "BAD_PARAMETER");
    api.get("/api/v1/tickets/%ff").await.is_problem(400, "BAD_PARAMETER");
    for path in ["..%2f..%2fetc%2fpasswd", "%2e%2e", "%3Cscript%3E"] {
        api.get(&format!("/api/v1/tickets/{path}")).await.is_problem(404, "TICKET_UNKNOWN");
    }
    let large = json!({ "ticket_id": "T-1", "data": "A".repeat(4 * 8_192) });
    api.post(VALIDATE, &large).await.is_problem(400, "BAD_PARAMETER");
}

#[tokio::test]
async fn bodies_beyond_the_limits_are_refused() {
    let api = Api::start().await;
    let huge = vec![b' '; JSON_BYTES_MAX + 1];
    let answer = api.post_bytes(VALIDATE, "application/json", huge.clone()).await;
    answer.is_problem(413, "BODY_TOO_LARGE");
    let announced = Request::post(VALIDATE)
        .header("content-type", "application/json")
        .header("content-length", u64::MAX.to_string())
        .body(Body::empty())
        .unwrap();
    api.send(announced).await.is_problem(413, "BODY_TOO_LARGE");
    let unannounced = Body::from_stream(futures::stream::iter(
        huge.chunks(1_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>(),
    ));
    let streamed = Request::post(VALIDATE).header("content-type", "application/json");
    api.send(streamed.body(unannounced).unwrap()).await.is_problem(413, "BODY_TOO_LARGE");
    let bulk = vec![0; BULK_BYTES_MAX + 1];
    let answer =
        api.post_bytes("/api/v1/transactions/batch", "application/octet-stream", bulk).await;
    answer.is_problem(413, "BODY_TOO_LARGE");
}

#[tokio::test]
async fn other_types_and_compressed_bodies_are_refused() {
    let api = Api::start().await;
    let body = json!({ "ticket_id": "T-1" }).to_string().into_bytes();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer = api.post_bytes(VALIDATE, kind, body.clone()).await;
        answer.is_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let with_charset = api.post_bytes(VALIDATE, "application/json; charset=utf-8", body).await;
    with_charset.is_problem(404, "TICKET_UNKNOWN");
    let mut compressed = json_request(VALIDATE, &json!({ "ticket_id": "T-1" }));
    compressed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    api.send(compressed).await.is_problem(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn bodies_that_do_not_arrive_are_given_up() {
    let options = HttpOptions { body_timeout: Duration::from_millis(50), ..Default::default() };
    let api = Api::with(options).await;
    let never = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::post(VALIDATE).header("content-type", "application/json").body(never);
    api.send(request.unwrap()).await.is_problem(408, "REQUEST_TIMEOUT");
}

#[tokio::test]
async fn parameters_out_of_range_are_refused() {
    let api = Api::start().await;
    let body = json!({ "ticket_id": "T-1" });
    for query in ["wait=maybe", "timeout=1h", "timeout=0s", "timeout=99s", "wait=%zz"] {
        api.post(&format!("{VALIDATE}?{query}"), &body).await.is_problem(400, "BAD_PARAMETER");
    }
    for path in ["/api/v1/events?format=xml", "/api/v1/events?after=x", "/api/v1/blocks?cursor=x"] {
        api.get(path).await.is_problem(400, "BAD_PARAMETER");
    }
}

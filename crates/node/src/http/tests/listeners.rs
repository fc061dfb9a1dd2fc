use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::serving::Served;
use super::support::Api;
use crate::http::HttpOptions;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(served: &Served, path: &str) -> Socket {
    let url = format!("ws://{}{path}", served.address);
    tokio_tungstenite::connect_async(url).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        let received = tokio::time::timeout(Duration::from_secs(10), socket.next()).await;
        match received.unwrap().unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other @ (Message::Binary(_) | Message::Close(_) | Message::Frame(_)) => {
                panic!("{other:?}")
            }
        }
    }
}

async fn issue(api: &Api, id: &str) {
    api.post("/api/v1/tickets/issue", &json!({ "ticket_id": id })).await.data();
}

#[tokio::test]
async fn a_websocket_hears_what_happens_as_cloud_events() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let mut socket = open(&served, "/ws").await;
    socket.send(Message::Text("{\"type\":\"ping\"}".into())).await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "pong");
    issue(&api, "T-1").await;
    let mut kinds = Vec::new();
    let certified = loop {
        let event = next(&mut socket).await;
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], "/net/test-dev/n0");
        kinds.push(event["type"].as_str().unwrap().to_owned());
        if event["type"] == "unisono.ticket.issued.v1" {
            assert_eq!(event["subject"], "T-1");
            assert!(event["data"]["receipt"].as_str().unwrap().starts_with("/api/v1/receipts/"));
        }
        if event["type"] == "unisono.block.certified.v1" && kinds.len() > 2 {
            break event;
        }
    };
    assert!(kinds.contains(&"unisono.ticket.issued.v1".to_owned()), "{kinds:?}");
    assert_eq!(certified["data"]["signers"], json!(["n0"]));
}

#[tokio::test]
async fn a_websocket_speaks_the_older_words_where_asked() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let mut socket = open(&served, "/ws?format=seed").await;
    issue(&api, "T-1").await;
    for verb in ["validate", "consume"] {
        api.post(&format!("/api/v1/tickets/{verb}"), &json!({ "ticket_id": "T-1" })).await.data();
        let event = next(&mut socket).await;
        assert_eq!(event["type"], format!("ticket_{verb}d"));
        assert_eq!(event["ticket_id"], "T-1");
        assert!(event["timestamp"].is_u64());
    }
    api.post("/api/v1/tickets/seed", &json!({})).await.data();
    let event = next(&mut socket).await;
    assert_eq!((&event["type"], &event["count"]), (&json!("tickets_seeded"), &json!(500)));
}

#[tokio::test]
async fn a_listener_resumes_behind_what_it_has() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let before = api.handle.events().last();
    for id in ["T-1", "T-2"] {
        issue(&api, id).await;
    }
    let mut socket = open(&served, &format!("/ws?after={before}")).await;
    let first = next(&mut socket).await;
    assert_eq!(first["sequence"], (before + 1).to_string());
    let mut again = open(&served, &format!("/ws?after={}", before + 1)).await;
    assert_eq!(next(&mut again).await["sequence"], (before + 2).to_string());
}

#[tokio::test]
async fn a_gap_is_announced() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let data = json!({});
    let event = || crate::events::NodeEvent::Face {
        kind: "unisono.test.v1",
        subject: None,
        data: data.clone(),
    };
    let count = crate::events::EVENTS_KEPT_MAX + 10;
    api.handle.events().append(api.handle.now(), (0..count).map(|_| event()));
    let last = api.handle.events().last();
    let after = last - count as u64;
    let mut socket = open(&served, &format!("/ws?after={after}")).await;
    let gap = next(&mut socket).await;
    assert_eq!(
        (&gap["type"], &gap["data"]),
        (&json!("unisono.stream.gap.v1"), &json!({ "missed": 10 }))
    );
    assert_eq!(next(&mut socket).await["sequence"], (after + 11).to_string());
}

#[tokio::test]
async fn event_streams_carry_the_same_and_resume() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let before = api.handle.events().last();
    issue(&api, "T-1").await;
    let head = format!("GET /api/v1/events HTTP/1.1\r\nhost: x\r\nlast-event-id: {before}\r\n\r\n");
    let text = served.raw_until(head.as_bytes(), "unisono.ticket.issued.v1").await;
    assert!(text.contains("text/event-stream"), "{text}");
    assert!(text.contains(&format!("id: {}\n", before + 1)), "{text}");
    assert!(text.contains("event: unisono.ticket.issued.v1\n"), "{text}");
}

#[tokio::test]
async fn pages_of_other_origins_may_not_listen() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let mut request = format!("ws://{}/ws", served.address).into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://evil.example".parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 403),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn listeners_beyond_the_limit_are_refused_and_seats_come_back() {
    let api = Api::with(HttpOptions { listeners_max: 1, ..Default::default() }).await;
    let served = Served::of(&api).await;
    let first = open(&served, "/ws").await;
    match tokio_tungstenite::connect_async(format!("ws://{}/ws", served.address)).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 429),
        other => panic!("{other:?}"),
    }
    drop(first);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if tokio_tungstenite::connect_async(format!("ws://{}/ws", served.address)).await.is_ok() {
            return;
        }
    }
    panic!("the seat never came back");
}

#[tokio::test]
async fn listeners_that_shout_or_fall_silent_are_let_go() {
    let ping_interval = Duration::from_millis(200);
    let api = Api::with(HttpOptions { ping_interval, ..Default::default() }).await;
    let served = Served::of(&api).await;
    let mut loud = open(&served, "/ws").await;
    for _ in 0..1_000 {
        if loud.send(Message::Text("x".into())).await.is_err() {
            break;
        }
    }
    assert!(is_closed(loud).await);
    let mut long = open(&served, "/ws").await;
    let _ = long.send(Message::Text("x".repeat(100_000).into())).await;
    assert!(is_closed(long).await);
    // A socket that is never read answers no ping.
    let silent = open(&served, "/ws").await;
    tokio::time::sleep(ping_interval * 4).await;
    assert_eq!(api.handle.metrics().websockets.get(), 0);
    drop(silent);
}

async fn is_closed(mut socket: Socket) -> bool {
    for _ in 0..1_000 {
        match tokio::time::timeout(Duration::from_secs(5), socket.next()).await {
            Ok(None | Some(Err(_) | Ok(Message::Close(_)))) => return true,
            Ok(Some(Ok(_))) => {}
            Err(_) => return false,
        }
    }
    false
}

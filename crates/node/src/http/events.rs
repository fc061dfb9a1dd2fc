//! Events as they happen: server-sent events and WebSockets.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use api::{CloudEvent, Code, SeedEvent, kinds, rfc3339};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use serde_json::json;
use tokio::time::{Instant, interval_at, timeout};

use super::convert;
use super::failure::{Answer, Failure};
use super::query::Params;
use super::state::{Face, Seat};
use crate::events::{EventPage, LoggedEvent, NodeEvent};

/// Most events handed to a listener at once.
const PAGE: usize = 64;
/// Longest message that a listener may send, in bytes.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;
/// Most bytes that wait for a slow WebSocket.
const BUFFER_BYTES_MAX: usize = 1024 * 1024;
/// A WebSocket that takes nothing for this long is closed.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Most messages a listener may send between two pings of ours.
const MESSAGES_MAX: u32 = 64;

/// How a listener wants its events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    CloudEvents,
    Seed,
}

fn format(params: &Params) -> Answer<Format> {
    match params.given("format") {
        None | Some("cloudevents") => Ok(Format::CloudEvents),
        Some("seed") => Ok(Format::Seed),
        Some(other) => Err(Failure::parameter(format!(
            "`format` is {other:?}; it has to be cloudevents or seed"
        ))),
    }
}

/// Behind which event the listener stands: where it says so, else at the end.
fn start(face: &Face, params: &Params, headers: &HeaderMap) -> Answer<u64> {
    let last = face.handle.events().last();
    let resumed = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = match resumed {
        Some(text) => Some(text.parse().map_err(|_| {
            Failure::parameter(format!("`Last-Event-ID` is not an event's number: {text:?}"))
        })?),
        None => params.number("after")?,
    };
    Ok(after.map_or(last, |after| after.min(last)))
}

fn seat(face: &Arc<Face>) -> Answer<Seat> {
    face.listen().ok_or_else(|| {
        let detail = "too many listeners are connected; try again later, or ask another validator";
        Failure::new(Code::TooManyConnections, detail)
    })
}

/// Words a logged event as a CloudEvent.
pub(super) fn cloud_event(face: &Face, logged: &LoggedEvent) -> CloudEvent {
    let genesis = face.genesis();
    let mut event = bare(face, logged.sequence, logged.time.us());
    match &logged.event {
        NodeEvent::App { height, view, block_time, transaction, event: said } => {
            event.kind = format!("unisono.{}.v1", said.kind);
            event.subject = Some(said.subject.clone());
            event.time = convert::time(*block_time);
            (event.height, event.view) = (Some(height.get()), Some(view.get()));
            event.data = json!({
                "transaction": transaction.to_string(),
                "index": said.index,
                "receipt": format!("{}/receipts/{transaction}", api::routes::PREFIX),
            });
        }
        NodeEvent::Executed { height, view, block, proposer, transactions, caught_up } => {
            event.kind = kinds::BLOCK_EXECUTED.to_owned();
            event.subject = Some(height.to_string());
            (event.height, event.view) = (Some(height.get()), Some(view.get()));
            event.data = json!({
                "block": block.to_string(),
                "proposer": proposer.map(|node| convert::name(genesis, node)),
                "transactions": transactions,
                "caught_up": caught_up,
            });
        }
        NodeEvent::Certified { height, block, signers } => {
            event.kind = kinds::BLOCK_CERTIFIED.to_owned();
            event.subject = Some(height.to_string());
            event.height = Some(height.get());
            let signers = convert::names(genesis, signers.iter().copied());
            event.data = json!({ "block": block.to_string(), "signers": signers });
        }
        NodeEvent::ViewChanged { view, cause } => {
            event.kind = kinds::VIEW_CHANGED.to_owned();
            event.subject = Some(view.to_string());
            event.view = Some(view.get());
            let (cause, detail) = convert::cause(genesis, cause);
            event.data = json!({ "cause": cause, "detail": detail });
        }
        NodeEvent::Accused(evidence) => {
            event.kind = kinds::NODE_ACCUSED.to_owned();
            event.subject = Some(convert::name(genesis, evidence.offender));
            event.view = Some(evidence.view.get());
            event.data = json!({ "kind": evidence.kind, "seq": evidence.seq.get() });
        }
        NodeEvent::Diverged { height } => {
            event.kind = kinds::NODE_DIVERGED.to_owned();
            event.subject = Some(face.name().to_owned());
            event.height = Some(height.get());
        }
        NodeEvent::Face { kind, subject, data } => {
            event.kind = (*kind).to_owned();
            event.subject.clone_from(subject);
            event.data = data.clone();
        }
    }
    event
}

fn bare(face: &Face, sequence: u64, time_us: u64) -> CloudEvent {
    CloudEvent {
        specversion: "1.0".to_owned(),
        id: format!("{}-{sequence}", face.name()),
        source: format!("/net/{}/{}", face.genesis().network, face.name()),
        kind: String::new(),
        subject: None,
        time: rfc3339(time_us),
        sequence: sequence.to_string(),
        height: None,
        view: None,
        datacontenttype: "application/json".to_owned(),
        data: json!({}),
    }
}

/// An event as it goes out: its number, its type, its JSON.
type Worded = (u64, String, String);

/// Words a page of events, a gap before them included.
fn word(face: &Face, page: &EventPage, format: Format) -> Vec<Worded> {
    let mut out = Vec::with_capacity(page.events.len() + 1);
    if let (1.., Some(first)) = (page.missed, page.events.first()) {
        face.handle.metrics().websocket_missed.inc_by(page.missed);
        let sequence = first.sequence - 1;
        let mut gap = bare(face, sequence, first.time.us());
        gap.kind = kinds::STREAM_GAP.to_owned();
        gap.data = json!({ "missed": page.missed });
        if format == Format::CloudEvents {
            out.push((sequence, gap.kind.clone(), to_json(&gap)));
        }
    }
    for logged in &page.events {
        let event = cloud_event(face, logged);
        match format {
            Format::CloudEvents => out.push((logged.sequence, event.kind.clone(), to_json(&event))),
            Format::Seed => {
                if let Some(seed) = event.to_seed() {
                    out.push((logged.sequence, seed.kind.clone(), to_json(&seed)));
                }
            }
        }
    }
    out
}

fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) async fn sse(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (format, after) = (format(&params)?, start(&face, &params, request.headers())?);
    let seat = seat(&face)?;
    let keep_alive = KeepAlive::new().interval(face.options.ping_interval);
    Ok(Sse::new(event_stream(face, seat, after, format)).keep_alive(keep_alive).into_response())
}

fn event_stream(
    face: Arc<Face>,
    seat: Seat,
    after: u64,
    format: Format,
) -> impl Stream<Item = Result<Event, Infallible>> {
    use futures::StreamExt;
    let pages = stream::unfold((face, seat, after), move |(face, seat, after)| async move {
        let page = face.handle.events().wait_after(after, PAGE).await;
        let last = page.events.last()?.sequence;
        let worded = word(&face, &page, format);
        Some((stream::iter(worded), (face, seat, last)))
    });
    pages.flatten().map(|(sequence, kind, json)| {
        Ok(Event::default().id(sequence.to_string()).event(kind).data(json))
    })
}

pub(super) async fn websocket(
    State(face): State<Arc<Face>>,
    upgrade: WebSocketUpgrade,
    request: Request,
) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (format, after) = (format(&params)?, start(&face, &params, request.headers())?);
    let seat = seat(&face)?;
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .max_write_buffer_size(BUFFER_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| async move {
        face.handle.metrics().websockets.inc();
        listen(&face, socket, after, format).await;
        face.handle.metrics().websockets.dec();
        drop(seat);
    }))
}

/// Serves one WebSocket until it closes, breaks, falls silent or takes nothing any more.
async fn listen(face: &Face, mut socket: WebSocket, mut after: u64, format: Format) {
    let period = face.options.ping_interval;
    let mut pings = interval_at(Instant::now() + period, period);
    let (mut alive, mut messages) = (true, 0);
    loop {
        tokio::select! {
            page = face.handle.events().wait_after(after, PAGE) => {
                let Some(last) = page.events.last() else { return };
                after = last.sequence;
                for (_, _, json) in word(face, &page, format) {
                    if send(&mut socket, Message::Text(json.into())).await.is_err() {
                        return;
                    }
                }
            }
            _ = pings.tick() => {
                if !std::mem::take(&mut alive) {
                    return close(&mut socket, close_code::POLICY, "no answer to a ping").await;
                }
                messages = 0;
                if send(&mut socket, Message::Ping(Default::default())).await.is_err() {
                    return;
                }
            }
            received = socket.recv() => {
                let Some(Ok(message)) = received else { return };
                (alive, messages) = (true, messages + 1);
                if messages > MESSAGES_MAX {
                    return close(&mut socket, close_code::POLICY, "too many messages").await;
                }
                match reply_to(face, &message) {
                    Reply::Nothing => {}
                    Reply::Close => return,
                    Reply::Text(text) => {
                        if send(&mut socket, Message::Text(text.into())).await.is_err() {
                            return;
                        }
                    }
                }
            }
        }
    }
}

enum Reply {
    Nothing,
    Text(String),
    Close,
}

fn reply_to(face: &Face, message: &Message) -> Reply {
    let text = match message {
        Message::Text(text) => text,
        Message::Close(_) => return Reply::Close,
        Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => return Reply::Nothing,
    };
    let parsed: Option<serde_json::Value> = serde_json::from_str(text).ok();
    match parsed.as_ref().and_then(|value| value.get("type")?.as_str()) {
        Some("ping") => Reply::Text(to_json(&SeedEvent {
            kind: "pong".to_owned(),
            ticket_id: None,
            count: None,
            timestamp: face.handle.now().us() / 1_000_000,
        })),
        Some(_) | None => Reply::Nothing,
    }
}

/// Sends within the time that a listener has; a slower one is let go.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), ()> {
    match timeout(SEND_TIMEOUT, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    // The listener is let go whether or not it hears why.
    let _ = send(socket, Message::Close(Some(frame))).await;
}

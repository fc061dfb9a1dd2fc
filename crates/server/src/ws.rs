//! Listeners over WebSocket.

use axum::extract::ws::{Message, WebSocket};
use axum::extract::{Query, State, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;

use crate::{Event, Supervisor};

/// Longest message that a listener may send.
const MESSAGE_BYTES_MAX: usize = 4_096;

/// How events are worded.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Options {
    #[serde(default)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Validators' events as CloudEvents.
    #[default]
    Cloudevents,
    /// Validators' events as the older ticket network worded them.
    Seed,
}

/// Takes a listener.
pub(crate) async fn upgrade(
    State(supervisor): State<Supervisor>,
    Query(options): Query<Options>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| talk(supervisor, options.format, socket))
}

async fn talk(supervisor: Supervisor, format: Format, mut socket: WebSocket) {
    let mut events = supervisor.listen();
    let hello = Event::Connected {
        nodes: supervisor.nodes(),
        simulator_status: "idle",
        cluster_status: supervisor.cluster_status(),
    };
    if send(&mut socket, &hello, format).await.is_err() {
        return;
    }
    loop {
        let sent = tokio::select! {
            event = events.recv() => match event {
                Ok(event) => send(&mut socket, &event, format).await,
                Err(RecvError::Lagged(missed)) => send(&mut socket, &gap(missed), format).await,
                Err(RecvError::Closed) => return,
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) if is_ping(&text) => send(&mut socket, &Event::Pong, format).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => Ok(()),
            },
        };
        if sent.is_err() {
            return;
        }
    }
}

/// A listener that was too slow is told so.
fn gap(missed: u64) -> Event {
    Event::Ledger(json!({ "type": "stream_gap", "missed": missed }))
}

fn is_ping(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|message| message["type"] == "ping")
}

async fn send(socket: &mut WebSocket, event: &Event, format: Format) -> Result<(), axum::Error> {
    match text_of(event, format) {
        Some(text) => socket.send(Message::Text(text.into())).await,
        None => Ok(()),
    }
}

/// The event in the listener's words; `None` where those have no word for it.
fn text_of(event: &Event, format: Format) -> Option<String> {
    match event {
        Event::Ledger(value) if format == Format::Seed && value.get("specversion").is_some() => {
            let event: api::CloudEvent = serde_json::from_value(value.clone()).ok()?;
            serde_json::to_string(&event.to_seed()?).ok()
        }
        Event::Ledger(_)
        | Event::Connected { .. }
        | Event::NodeStatus { .. }
        | Event::NodeOutput { .. }
        | Event::ClusterStatus { .. }
        | Event::Pong => serde_json::to_string(event).ok(),
    }
}

#[cfg(test)]
mod tests;

//! Passes one validator's events on to the supervisor's listeners.

use std::time::Duration;

use futures::StreamExt;
use tokio_tungstenite::tungstenite::Message;

use crate::{Event, Supervisor};

/// How long to wait before another validator is listened to.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// A validator that says nothing for so long is asked whether it is alive, by listening anew.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Listens for ever, to one validator at a time, to the next where that one stops.
pub(crate) async fn run(supervisor: Supervisor) {
    let mut turn = 0;
    loop {
        let running = supervisor.running();
        if !running.is_empty() {
            let (_, url) = &running[turn % running.len()];
            listen(&supervisor, url).await;
            turn += 1;
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

async fn listen(supervisor: &Supervisor, url: &str) {
    let url = format!("{}/ws", url.replacen("http://", "ws://", 1));
    let Ok((mut stream, _)) = tokio_tungstenite::connect_async(url).await else { return };
    while let Ok(Some(Ok(message))) = tokio::time::timeout(SILENCE_MAX, stream.next()).await {
        let Message::Text(text) = message else { continue };
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        if value.get("specversion").is_some() {
            supervisor.tell(Event::Ledger(value));
        }
    }
}

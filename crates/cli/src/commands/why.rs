//! `unisono why`: what something waits for, and the smallest thing that would unblock it.

use crate::client::{Client, escape};
use crate::failure::{Exit, Explain, Result};
use crate::output::{Report, pairs};

/// Asks about the network, or about one ticket, height, node or transaction.
pub(crate) async fn run(client: &Client, subject: Option<&str>) -> Result<Report> {
    let query = subject.map(|subject| format!("?subject={}", escape(subject))).unwrap_or_default();
    let why: api::Why = client.get(&format!("/api/v1/why{query}")).await?;
    let value = serde_json::to_value(&why).explain(|| "the answer is no JSON".into())?;
    let exit = match why.answer {
        api::Answer::Blocked => Exit::NoQuorum,
        api::Answer::Committed | api::Answer::Idle | api::Answer::Waiting | api::Answer::Absent => {
            Exit::Ok
        }
    };
    Ok(Report::new(value, describe(&why)).exit(exit))
}

fn describe(why: &api::Why) -> String {
    let mut rows: Vec<(&str, String)> = Vec::new();
    if let Some(phase) = &why.phase {
        let height = why.height.map(|height| format!(" at height {height}")).unwrap_or_default();
        rows.push(("waits in", format!("{phase}{height}")));
        rows.push((
            "votes",
            format!("{} of {} needed: {}", why.votes.len(), why.need, why.votes.join(", ")),
        ));
    }
    if !why.missing.is_empty() {
        rows.push(("missing", why.missing.join(", ")));
    }
    if let Some(timer) = &why.timer {
        rows.push(("timer", format!("{} ({} ms)", timer.name, timer.span_ms)));
    }
    if let Some(change) = &why.last_view_change {
        rows.push(("view change", format!("to view {}: {}", change.view, change.detail)));
    }
    if let Some(unblock) = &why.unblock {
        rows.push(("to unblock", unblock.clone()));
    }
    let facts = why.facts.iter().map(|fact| ("", fact.clone()));
    rows.extend(facts);
    let details = pairs(&rows);
    if details.is_empty() { why.sentence.clone() } else { format!("{}\n{details}", why.sentence) }
}

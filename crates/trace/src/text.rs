use crate::{Event, Trace};

/// One event in one line for people.
#[must_use]
pub fn line(event: &Event) -> String {
    let ms = event.t_us / 1_000;
    let us = event.t_us % 1_000;
    let mut line = format!("{ms:>8}.{us:03} ms  {:<4} {:<8}", event.node, event.kind);
    if !event.what.is_empty() {
        line.push_str(&format!(" {}", event.what));
    }
    if let Some(number) = event.number {
        line.push_str(&format!(" {number}"));
    }
    if let Some(message) = event.message {
        line.push_str(&format!(" #{message}"));
    }
    if !event.from.is_empty() {
        line.push_str(&format!(" from {}", event.from));
    }
    if !event.to.is_empty() {
        line.push_str(&format!(" to {}", event.to));
    }
    line
}

/// A trace for people: what ran, what happened, how it ended.
#[must_use]
pub fn text(trace: &Trace) -> String {
    let header = &trace.header;
    let mut text =
        format!("{} among {} nodes ({})\n", header.protocol, header.nodes.len(), header.world);
    for event in &trace.events {
        text.push_str(&line(event));
        text.push('\n');
    }
    text.push_str(&format!("{} events, {}", trace.events.len(), trace.footer.verdict));
    if !trace.footer.why.is_empty() {
        text.push_str(&format!(": {}", trace.footer.why));
    }
    text.push('\n');
    text
}

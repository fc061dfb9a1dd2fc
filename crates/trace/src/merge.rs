use std::collections::BTreeSet;

use thiserror::Error;

use crate::{EVENTS_MAX, Event, FORMAT, Footer, Header, Trace};

/// Why traces cannot be laid side by side.
#[derive(Clone, PartialEq, Eq, Error, Debug)]
pub enum MergeError {
    /// There is none.
    #[error("there is no trace to merge")]
    None,
    /// A trace does not say when it began.
    #[error(
        "trace {part} does not say when it began; only what nodes of a network have written can be merged"
    )]
    NoClock {
        /// Its number, from 1.
        part: usize,
    },
    /// A trace is of another network.
    #[error("trace {part} is of another network than the first: its protocol or its nodes differ")]
    Other {
        /// Its number, from 1.
        part: usize,
    },
    /// Together they are too long.
    #[error("the traces hold {events} events together; a trace holds {EVENTS_MAX} at most")]
    TooLong {
        /// How many.
        events: usize,
    },
}

/// What became of merging.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// The one trace.
    pub trace: Trace,
    /// Messages that arrive before they are sent: by so many events the nodes' clocks differ too much.
    pub backwards: usize,
}

/// Lays what the nodes of one network have written side by side, in the order of their clocks.
///
/// # Errors
/// Where they are not of one network, or together too long.
pub fn merge(parts: Vec<Trace>) -> Result<Merged, MergeError> {
    let first = parts.first().ok_or(MergeError::None)?.header.clone();
    let mut began = Vec::with_capacity(parts.len());
    for (part, trace) in (1..).zip(&parts) {
        let header = &trace.header;
        let same = |of: fn(&Header) -> (&str, &str)| of(header) == of(&first);
        if !same(|header| (&header.world, &header.protocol)) || header.nodes != first.nodes {
            return Err(MergeError::Other { part });
        }
        began.push(header.began_unix_us.ok_or(MergeError::NoClock { part })?);
    }
    let start = began.iter().copied().min().unwrap_or_default();
    let count = parts.iter().map(|part| part.events.len()).sum();
    if count > EVENTS_MAX {
        return Err(MergeError::TooLong { events: count });
    }
    let mut events: Vec<Event> = Vec::with_capacity(count);
    for (part, began) in parts.into_iter().zip(began) {
        let later = part
            .events
            .into_iter()
            .map(|event| Event { t_us: event.t_us.saturating_add(began - start), ..event });
        events.extend(later);
    }
    // A stable sort: what a node wrote keeps its order.
    events.sort_by_key(|event| event.t_us);
    for (seq, event) in (0..).zip(&mut events) {
        event.seq = seq;
    }
    let backwards = backwards(&events);
    let footer = Footer { end: events.len() as u64, ..Footer::default() };
    let header = Header {
        format: FORMAT.to_owned(),
        began_unix_us: Some(start),
        replay: String::new(),
        ..first
    };
    Ok(Merged { trace: Trace { header, events, footer }, backwards })
}

/// Messages whose first arrival stands before they leave.
fn backwards(events: &[Event]) -> usize {
    let mut early: BTreeSet<u64> = BTreeSet::new();
    let mut sent: BTreeSet<u64> = BTreeSet::new();
    let mut count = 0;
    for event in events {
        let Some(message) = event.message else { continue };
        match event.kind.as_str() {
            "send" => {
                count += usize::from(early.contains(&message) && sent.insert(message));
                sent.insert(message);
            }
            "receive" if !sent.contains(&message) => drop(early.insert(message)),
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests;

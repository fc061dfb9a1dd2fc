use thiserror::Error;

use crate::{Event, FORMAT, Footer, Header, Trace};

/// Most events of a trace.
pub const EVENTS_MAX: usize = 4_000_000;

/// Why a text is no trace.
#[derive(Clone, PartialEq, Eq, Error, Debug)]
pub enum TraceError {
    /// There is nothing in it.
    #[error("the trace is empty")]
    Empty,
    /// The first line is no header.
    #[error("line 1 is no trace header: {why}")]
    Header {
        /// What is wrong with it.
        why: String,
    },
    /// The header is of another format.
    #[error("the trace has the format `{found}`; this program reads `{FORMAT}`")]
    Format {
        /// The format.
        found: String,
    },
    /// A line is no event.
    #[error("line {line} is no event: {why}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// An event is not the next one.
    #[error("line {line} holds event {found} where event {expected} was to come")]
    Order {
        /// The line's number, from 1.
        line: usize,
        /// Its event's number.
        found: u64,
        /// The one that should be there.
        expected: u64,
    },
    /// It breaks off.
    #[error(
        "the trace is truncated: it breaks off behind event {events}, before the line that ends it"
    )]
    Truncated {
        /// How many whole events there are.
        events: u64,
    },
    /// The end counts other events than there are.
    #[error("the trace holds {found} events, and its end says {said}")]
    Count {
        /// How many there are.
        found: u64,
        /// How many there should be.
        said: u64,
    },
    /// Something follows the end.
    #[error("line {line} follows the end of the trace")]
    Behind {
        /// Its number, from 1.
        line: usize,
    },
    /// It is far too long.
    #[error("the trace holds more than {EVENTS_MAX} events")]
    TooLong,
}

/// Reads a trace.
///
/// # Errors
/// Where it is none, or not whole.
pub fn read(text: &str) -> Result<Trace, TraceError> {
    let (header, events, footer) = lines(text)?;
    let footer = footer.ok_or(TraceError::Truncated { events: events.len() as u64 })?;
    Ok(Trace { header, events, footer })
}

/// Reads the trace of one node, which may have been killed while it wrote: then it ends with its `crash`.
///
/// # Errors
/// Where it is no trace.
pub fn read_part(text: &str) -> Result<Trace, TraceError> {
    let (header, mut events, footer) = lines(text)?;
    let footer = footer.unwrap_or_else(|| {
        if let Some(last) = events.last().cloned() {
            let crash =
                Event { t_us: last.t_us, seq: last.seq + 1, node: last.node, ..Event::default() };
            events.push(Event { kind: "crash".to_owned(), ..crash });
        }
        Footer { end: events.len() as u64, verdict: String::new(), why: String::new() }
    });
    Ok(Trace { header, events, footer })
}

/// The header, the events, and the end where it is there.
fn lines(text: &str) -> Result<(Header, Vec<Event>, Option<Footer>), TraceError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, first) = lines.next().ok_or(TraceError::Empty)?;
    let header: Header = serde_json::from_str(first)
        .map_err(|error| TraceError::Header { why: error.to_string() })?;
    if header.format != FORMAT {
        return Err(TraceError::Format { found: header.format });
    }
    let mut events: Vec<Event> = Vec::new();
    for (index, line) in lines.by_ref() {
        let count = events.len() as u64;
        if line.starts_with("{\"end\":") {
            let footer = footer(line, count)?;
            return match lines.next() {
                Some((index, _)) => Err(TraceError::Behind { line: index + 1 }),
                None => Ok((header, events, footer)),
            };
        }
        if events.len() >= EVENTS_MAX {
            return Err(TraceError::TooLong);
        }
        let event: Event = match serde_json::from_str(line) {
            Ok(event) => event,
            // Half a line at the very end is what a full disk or a killed writer leaves.
            Err(_) if !text.ends_with('\n') && text.ends_with(line) => break,
            Err(error) => {
                return Err(TraceError::Line { line: index + 1, why: error.to_string() });
            }
        };
        if event.seq != count {
            let line = index + 1;
            return Err(TraceError::Order { line, found: event.seq, expected: count });
        }
        events.push(event);
    }
    Ok((header, events, None))
}

/// The end; none where it is cut off itself.
fn footer(line: &str, found: u64) -> Result<Option<Footer>, TraceError> {
    let Ok(footer) = serde_json::from_str::<Footer>(line) else { return Ok(None) };
    if footer.end == found {
        Ok(Some(footer))
    } else {
        Err(TraceError::Count { found, said: footer.end })
    }
}

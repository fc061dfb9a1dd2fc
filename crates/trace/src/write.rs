use std::io::{self, Write};

use serde::Serialize;

use crate::{EVENTS_MAX, Event, Footer, Header, Trace};

/// Writes a trace while it happens; without its end it is read as truncated.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    events: u64,
    left_out: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(mut out: W, header: &Header) -> io::Result<Self> {
        line(&mut out, header)?;
        Ok(Self { out, events: 0, left_out: 0 })
    }

    /// Writes the next event, whose place it sets; beyond [`EVENTS_MAX`] events are counted only.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn event(&mut self, mut event: Event) -> io::Result<()> {
        if self.events >= EVENTS_MAX as u64 {
            self.left_out += 1;
            return Ok(());
        }
        event.seq = self.events;
        self.events += 1;
        line(&mut self.out, &event)
    }

    /// How many events were left out, because a trace holds no more.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Lets out what waits.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Writes that this was all.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self, verdict: &str, why: &str) -> io::Result<()> {
        let (verdict, why) = (verdict.to_owned(), why.to_owned());
        line(&mut self.out, &Footer { end: self.events, verdict, why })?;
        self.out.flush()
    }
}

fn line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes a trace: a line for the header, one for each event, one that ends it.
///
/// # Errors
/// Those of the writer.
pub fn write(trace: &Trace, out: &mut impl Write) -> io::Result<()> {
    let mut writer = Writer::new(out, &trace.header)?;
    for event in &trace.events {
        writer.event(event.clone())?;
    }
    writer.finish(&trace.footer.verdict, &trace.footer.why)
}

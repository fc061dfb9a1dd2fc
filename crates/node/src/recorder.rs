//! Writes what this node sends, receives and decides into a trace (docs/trace.md), where the operator wants one.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use trace::{Event, FORMAT, Header, Writer};
use types::{Digest, Height, NodeId, Time, View};

use crate::assemble::Plan;
use crate::failure::Failure;

/// Of a message's digest, so much is its number: numbers that JSON readers keep exactly.
const NUMBER_BITS: u32 = 53;

/// A node that is killed loses no more of its trace than this.
const FLUSH_US: u64 = 100_000;

/// An open trace; nothing more is written once writing has failed.
#[derive(Debug)]
pub(crate) struct Recorder {
    node: String,
    began: Time,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    writer: Writer<BufWriter<File>>,
    flushed_us: u64,
}

impl Open {
    fn write(&mut self, event: Event) -> io::Result<()> {
        let now_us = event.t_us;
        self.writer.event(event)?;
        if now_us >= self.flushed_us + FLUSH_US {
            self.flushed_us = now_us;
            self.writer.flush()?;
        }
        Ok(())
    }
}

impl Recorder {
    /// Begins a trace of its own in the data folder, where the settings say so; a validator is called by its id, as
    /// in all traces.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub(crate) fn start(plan: &Plan, name: &str) -> Result<Option<Self>, Failure> {
        let (settings, genesis) = (&plan.settings, &plan.genesis);
        if !settings.node.trace {
            return Ok(None);
        }
        let began = crate::clock::now();
        let path = settings.node.data_dir.join(format!("{}.trace", began.us()));
        let header = Header {
            format: FORMAT.to_owned(),
            world: "network".to_owned(),
            protocol: genesis.protocol.clone(),
            nodes: NodeId::all(genesis.validators.len()).map(|node| node.to_string()).collect(),
            began_unix_us: Some(began.us()),
            ..Header::default()
        };
        let open = begin(&path, &header).map_err(|error| {
            let what = format!("cannot write the trace {}", path.display());
            Failure::new(what, error, "make room, or set `node.trace` to false")
        })?;
        tracing::info!(file = %path.display(), "what happens is written into a trace");
        let node = plan.me.map_or_else(|| name.to_owned(), |me| me.to_string());
        Ok(Some(Self { node, began, open: Mutex::new(Some(open)) }))
    }

    pub(crate) fn starts(&self, height: Height) {
        self.note("start", Event { number: Some(height.get()), ..Event::default() });
    }
    /// A message leaves, to one or to all.
    pub(crate) fn sends(&self, kind: &str, message: &[u8]) {
        self.note(
            "send",
            Event { what: kind.to_owned(), message: number(message), ..Event::default() },
        );
    }
    pub(crate) fn receives(&self, from: NodeId, kind: &str, message: &[u8]) {
        let (what, message) = (kind.to_owned(), number(message));
        self.note("receive", Event { what, message, from: from.to_string(), ..Event::default() });
    }
    /// A signature in a message does not hold.
    pub(crate) fn refuses(&self, from: NodeId, kind: &str) {
        let (what, from) = (kind.to_owned(), from.to_string());
        self.note("refuse", Event { what, from, ..Event::default() });
    }
    pub(crate) fn times_out(&self, timer: String) {
        self.note("timeout", Event { what: timer, ..Event::default() });
    }
    pub(crate) fn enters(&self, view: View) {
        self.note("enter", Event { number: Some(view.get()), ..Event::default() });
    }
    pub(crate) fn executes(&self, height: Height, block: &Digest) {
        let block = block.to_string().chars().take(16).collect();
        let number = Some(height.get());
        self.note("execute", Event { number, what: block, ..Event::default() });
    }
    pub(crate) fn certifies(&self, height: Height) {
        self.note("certify", Event { number: Some(height.get()), ..Event::default() });
    }

    /// Says that this was all.
    pub(crate) fn finish(&self) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Open { writer, .. }) = open else { return };
        let why = match writer.left_out() {
            0 => String::new(),
            more => format!("{more} more events did not fit"),
        };
        if let Err(error) = writer.finish("stopped", &why) {
            tracing::warn!(%error, "the trace could not be finished");
        }
    }

    fn note(&self, kind: &str, event: Event) {
        let t_us = crate::clock::now().since(self.began).us();
        let event = Event { t_us, node: self.node.clone(), kind: kind.to_owned(), ..event };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writing) = open.as_mut() else { return };
        if let Err(error) = writing.write(event) {
            tracing::warn!(%error, "the trace ends here: it cannot be written");
            *open = None;
        }
    }
}

/// A new file that holds the header, so that even a node that is killed at once leaves a trace.
fn begin(path: &Path, header: &Header) -> io::Result<Open> {
    let mut writer = Writer::new(BufWriter::new(File::create_new(path)?), header)?;
    writer.flush()?;
    Ok(Open { writer, flushed_us: 0 })
}

/// The same for the same bytes, wherever they are.
fn number(message: &[u8]) -> Option<u64> {
    let digest = crypto::hash("unisono-trace", message);
    let first: [u8; 8] = digest.as_bytes()[..8].try_into().ok()?;
    Some(u64::from_be_bytes(first) >> (u64::BITS - NUMBER_BITS))
}

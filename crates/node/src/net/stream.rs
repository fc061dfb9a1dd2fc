//! One stream of frames between two nodes: a greeting, then length-prefixed messages both ways.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::io::{AsyncReadExt, AsyncWriteExt};
use libp2p::PeerId;
use tokio::sync::mpsc;
use types::ChainId;
use types::limits::FRAME_BYTES_MAX;

use super::lane::{Frame, Lanes, StreamKind};
use crate::metrics::{DirectionLabels, Metrics};

/// The version of what is said on streams.
pub(crate) const VERSION: u16 = 1;
const MAGIC: [u8; 6] = *b"uniso/";
const HELLO_BYTES: usize = 6 + 2 + 32;
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// Small frames are put together up to this size, so that many votes take one system call.
const WRITE_BYTES: usize = 64 * 1024;
/// A peer whose streams carried more frames than this that were no messages is closed.
const STRIKES_MAX: u32 = 8;

/// Bytes that came from a peer, to be decoded and checked elsewhere.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) from: PeerId,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) bytes: Vec<u8>,
}

/// Why a stream ended.
#[derive(Debug)]
pub(crate) enum StreamEnd {
    /// The peer or the connection went away.
    Gone(io::Error),
    /// The peer broke a rule, counted under this reason: its connection is closed.
    Broken(&'static str),
}

impl From<io::Error> for StreamEnd {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

fn hello(chain: ChainId) -> [u8; HELLO_BYTES] {
    let mut bytes = [0; HELLO_BYTES];
    bytes[..6].copy_from_slice(&MAGIC);
    bytes[6..8].copy_from_slice(&VERSION.to_le_bytes());
    bytes[8..].copy_from_slice(chain.0.as_bytes());
    bytes
}

/// Greets, and says why the other side's greeting does not do.
async fn greet(stream: &mut libp2p::Stream, chain: ChainId) -> Result<(), StreamEnd> {
    let mine = hello(chain);
    let mut theirs = [0; HELLO_BYTES];
    let exchange = async {
        stream.write_all(&mine).await?;
        stream.flush().await?;
        stream.read_exact(&mut theirs).await
    };
    match tokio::time::timeout(HELLO_TIMEOUT, exchange).await {
        Ok(exchanged) => exchanged?,
        Err(_) => return Err(StreamEnd::Broken("bad_hello")),
    }
    if theirs[..6] != MAGIC {
        return Err(StreamEnd::Broken("bad_hello"));
    }
    if theirs[6..8] != mine[6..8] {
        return Err(StreamEnd::Broken("wrong_version"));
    }
    if theirs[8..] != mine[8..] {
        return Err(StreamEnd::Broken("wrong_chain"));
    }
    Ok(())
}

/// Runs a stream until it ends.
pub(crate) async fn run(
    mut stream: libp2p::Stream,
    from: PeerId,
    kind: StreamKind,
    lanes: Arc<Lanes>,
    chain: ChainId,
    arrivals: mpsc::Sender<Arrived>,
    metrics: Arc<Metrics>,
) -> StreamEnd {
    if let Err(end) = greet(&mut stream, chain).await {
        return end;
    }
    let (reader, writer) = stream.split();
    let writing = write(writer, &lanes, kind);
    let reading = read(reader, from, &lanes, &arrivals, &metrics);
    tokio::select! {
        end = writing => end,
        end = reading => end,
    }
}

async fn write(
    mut stream: impl futures::AsyncWrite + Unpin,
    lanes: &Lanes,
    kind: StreamKind,
) -> StreamEnd {
    let mut frames: Vec<Frame> = Vec::new();
    let mut together: Vec<u8> = Vec::with_capacity(WRITE_BYTES);
    loop {
        lanes.of(kind).take(&mut frames).await;
        if let Err(error) = write_frames(&mut stream, &mut frames, &mut together).await {
            return StreamEnd::Gone(error);
        }
    }
}

async fn write_frames(
    stream: &mut (impl futures::AsyncWrite + Unpin),
    frames: &mut Vec<Frame>,
    together: &mut Vec<u8>,
) -> io::Result<()> {
    for frame in frames.drain(..) {
        if together.len() + frame.bytes.len() > WRITE_BYTES && !together.is_empty() {
            stream.write_all(together).await?;
            together.clear();
        }
        if frame.bytes.len() > WRITE_BYTES {
            stream.write_all(&frame.bytes).await?;
        } else {
            together.extend_from_slice(&frame.bytes);
        }
    }
    if !together.is_empty() {
        stream.write_all(together).await?;
        together.clear();
    }
    stream.flush().await
}

async fn read(
    mut stream: impl futures::AsyncRead + Unpin,
    from: PeerId,
    lanes: &Arc<Lanes>,
    arrivals: &mpsc::Sender<Arrived>,
    metrics: &Metrics,
) -> StreamEnd {
    loop {
        match read_frame(&mut stream).await {
            Ok(bytes) => {
                let labels = DirectionLabels { direction: "in" };
                metrics.bytes.get_or_create(&labels).inc_by(bytes.len() as u64 + 4);
                if lanes.strikes.load(Ordering::Relaxed) > STRIKES_MAX {
                    return StreamEnd::Broken("malformed_frame");
                }
                if lanes.is_blocked() {
                    metrics.drop_for("partitioned");
                    continue;
                }
                let arrived = Arrived { from, lanes: Arc::clone(lanes), bytes };
                if arrivals.send(arrived).await.is_err() {
                    return StreamEnd::Gone(io::ErrorKind::BrokenPipe.into());
                }
            }
            Err(end) => return end,
        }
    }
}

/// Reads one frame; its length is judged before anything is allocated for it.
pub(crate) async fn read_frame(
    stream: &mut (impl futures::AsyncRead + Unpin),
) -> Result<Vec<u8>, StreamEnd> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await?;
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(StreamEnd::Broken("oversized_frame"));
    }
    // Grown as bytes really come: a peer that announces much and sends nothing costs nothing.
    let mut bytes = Vec::with_capacity(length.min(WRITE_BYTES));
    while bytes.len() < length {
        let from = bytes.len();
        let upto = length.min((2 * from).max(WRITE_BYTES));
        bytes.resize(upto, 0);
        stream.read_exact(&mut bytes[from..]).await?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;

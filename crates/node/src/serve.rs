//! Reads kept blocks and batches for peers who ask, on a thread of its own: slow disks delay nobody's votes.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use protocol::Protocol;
use replica::Message;
use store::Store;
use tokio::sync::mpsc;
use types::limits::FRAME_BYTES_MAX;
use types::{Digest, Height};

use crate::net::{Frame, Outbox, Target, frame};

/// Most requests that wait.
pub(crate) const WAITING_MAX: usize = 64;
/// Most bytes of blocks in one answer: half a frame, since others also want the disk.
const ANSWER_BYTES_MAX: usize = FRAME_BYTES_MAX / 2;
/// Most blocks in one answer; the decoder's limit is the same.
const ANSWER_BLOCKS_MAX: usize = 256;
/// How long an answer waits for room in the peer's queue.
const ROOM_TIMEOUT: Duration = Duration::from_secs(1);

/// What a peer wants.
#[derive(Debug)]
pub(crate) enum ServeRequest {
    /// Certified blocks from a height on.
    Blocks {
        /// Who.
        to: Target,
        /// From where.
        from: Height,
    },
    /// Batches by name.
    Batches {
        /// Who.
        to: Target,
        /// Which.
        digests: Vec<Digest>,
    },
}

/// Starts the thread; it ends when nobody can ask any more.
pub(crate) fn start<P: Protocol>(
    store: Arc<Store>,
    outbox: Arc<Outbox>,
    mut requests: mpsc::Receiver<ServeRequest>,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("serve".to_owned()).spawn(move || {
        while let Some(request) = requests.blocking_recv() {
            match request {
                ServeRequest::Blocks { to, from } => blocks::<P>(&store, &outbox, to, from),
                ServeRequest::Batches { to, digests } => {
                    digests.iter().for_each(|digest| batch::<P>(&store, &outbox, to, digest));
                }
            }
        }
    })
}

fn blocks<P: Protocol>(store: &Store, outbox: &Outbox, to: Target, from: Height) {
    match store.certified_blocks(from, ANSWER_BYTES_MAX, ANSWER_BLOCKS_MAX) {
        Ok(blocks) if blocks.is_empty() => {}
        Ok(blocks) => send_when_room(outbox, to, frame(&Message::<P>::Blocks(Arc::new(blocks)))),
        Err(error) => tracing::warn!(%error, height = from.get(), "cannot serve blocks"),
    }
}

fn batch<P: Protocol>(store: &Store, outbox: &Outbox, to: Target, digest: &Digest) {
    match store.batch(digest) {
        Ok(None) => {}
        Ok(Some(batch)) => send_when_room(outbox, to, frame(&Message::<P>::Batch(Arc::new(batch)))),
        Err(error) => tracing::warn!(%error, %digest, "cannot serve a batch"),
    }
}

/// An answer pushes nothing else out of the peer's queue; a peer that does not read gets none.
fn send_when_room(outbox: &Outbox, to: Target, frame: Frame) {
    let start = Instant::now();
    while let Some(lanes) = outbox.lanes(to) {
        if lanes.bulk.has_room(frame.bytes.len()) {
            outbox.send(to, frame);
            return;
        }
        if start.elapsed() > ROOM_TIMEOUT {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

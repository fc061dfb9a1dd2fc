//! Searches nonces on all cores, beside the driver's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::Protocol;
use replica::Input;
use tokio::sync::mpsc;
use types::Digest;

/// How many nonces are tried before a search asks whether it is still wanted.
const TRIES_PER_LOOK: u64 = 4_096;

/// Below everything else of this process, and not so low that a busy machine never mines.
const NICENESS: i32 = 5;

/// One search at a time; a later one ends the earlier.
#[derive(Debug)]
pub(super) struct Miner {
    wanted: Arc<AtomicU64>,
    send: mpsc::UnboundedSender<Found>,
    receive: mpsc::UnboundedReceiver<Found>,
}

#[derive(Debug)]
struct Found {
    search: u64,
    work: Digest,
    nonce: u64,
}

impl Miner {
    pub(super) fn new() -> Self {
        let (send, receive) = mpsc::unbounded_channel();
        Self { wanted: Arc::default(), send, receive }
    }

    pub(super) fn search(&self, work: Digest, target: Digest) {
        let search = self.wanted.fetch_add(1, Ordering::Relaxed) + 1;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = u64::try_from(threads).unwrap_or(1);
        for first in 0..threads {
            let (wanted, send) = (Arc::clone(&self.wanted), self.send.clone());
            tokio::task::spawn_blocking(move || {
                give_way();
                let mut nonce = first;
                while wanted.load(Ordering::Relaxed) == search {
                    for _ in 0..TRIES_PER_LOOK {
                        if crypto::work(&work, nonce) <= target {
                            // Nobody listens where the driver has ended.
                            let _ = send.send(Found { search, work, nonce });
                            return;
                        }
                        nonce = nonce.wrapping_add(threads);
                    }
                }
            });
        }
    }

    /// Waits for the present search; the other threads' answers and earlier ones are dropped.
    pub(super) async fn found<P: Protocol>(&mut self) -> Input<P> {
        while let Some(Found { search, work, nonce }) = self.receive.recv().await {
            let next = search + 1;
            if self
                .wanted
                .compare_exchange(search, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            {
                return Input::Mined { work, nonce };
            }
        }
        std::future::pending().await
    }
}

/// Mining gives way to this process' other threads: a found block must reach the others before they find one too. On
/// Linux this is said of the calling thread alone, and the pool that it is from is the miner's own.
fn give_way() {
    // Where the system does not let it, it mines all the same.
    let _ = rustix::process::setpriority_process(None, NICENESS);
}

impl Drop for Miner {
    fn drop(&mut self) {
        self.wanted.fetch_add(1, Ordering::Relaxed);
    }
}

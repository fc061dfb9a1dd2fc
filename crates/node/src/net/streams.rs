//! Keeps a votes and a bulk stream to every validator, and takes those that others open.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use libp2p::{PeerId, StreamProtocol};
use libp2p_stream::{Control as StreamControl, IncomingStreams};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use types::ChainId;

use super::lane::{Lanes, StreamKind};
use super::outbox::{Outbox, Target};
use super::stream::{self, Arrived, StreamEnd};
use crate::failure::Failure;
use crate::metrics::Metrics;

const VOTES: StreamProtocol = StreamProtocol::new("/unisono/votes/1");
const BULK: StreamProtocol = StreamProtocol::new("/unisono/bulk/1");
/// How long to wait before a broken stream is opened again.
const REOPEN_WAIT: Duration = Duration::from_millis(200);
/// How long a peer that broke a rule is left alone.
const BROKEN_WAIT: Duration = Duration::from_secs(5);

/// Which peers are connected, for the tasks that open streams.
#[derive(Debug, Default)]
pub(super) struct Connected {
    changed: watch::Sender<u64>,
    peers: Mutex<HashMap<PeerId, u32>>,
}

impl Connected {
    pub(super) fn set(&self, peer: PeerId, connections: u32) {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).insert(peer, connections);
        self.changed.send_modify(|changes| *changes += 1);
    }
    pub(super) fn is(&self, peer: &PeerId) -> bool {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get(peer).is_some_and(|&connections| connections > 0)
    }
    async fn wait_for(&self, peer: &PeerId) {
        let mut changed = self.changed.subscribe();
        while !self.is(peer) {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

/// What every stream needs, and the streams that run: at most one of each kind with each peer.
#[derive(Clone)]
pub(super) struct Streams {
    pub(super) chain: ChainId,
    pub(super) votes: mpsc::Sender<Arrived>,
    pub(super) bulk: mpsc::Sender<Arrived>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) running: Arc<Mutex<HashMap<(PeerId, StreamKind), AbortHandle>>>,
    pub(super) connected: Arc<Connected>,
    /// The peers to which streams are kept open.
    pub(super) kept: Arc<Mutex<HashSet<PeerId>>>,
    /// Peers that broke a rule: to be disconnected.
    pub(super) broken: mpsc::Sender<PeerId>,
}

impl Streams {
    /// Runs a stream to its end; a later stream of the same kind with the same peer ends this one.
    async fn run(&self, stream: libp2p::Stream, peer: PeerId, kind: StreamKind, lanes: Arc<Lanes>) {
        let arrivals = match kind {
            StreamKind::Votes => self.votes.clone(),
            StreamKind::Bulk => self.bulk.clone(),
        };
        let metrics = Arc::clone(&self.metrics);
        lanes.strikes.store(0, Ordering::Relaxed);
        let run = stream::run(stream, peer, kind, lanes, self.chain, arrivals, metrics);
        let task = tokio::spawn(run);
        let earlier = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.insert((peer, kind), task.abort_handle())
        };
        if let Some(earlier) = earlier {
            earlier.abort();
        }
        match task.await {
            Ok(StreamEnd::Broken(reason)) => {
                self.metrics.reject_peer(reason);
                tracing::warn!(%peer, reason, "a peer broke a rule of the streams: disconnected");
                // Where many peers break rules at once, some are disconnected at their next offence.
                let _ = self.broken.try_send(peer);
                tokio::time::sleep(BROKEN_WAIT).await;
            }
            Ok(StreamEnd::Gone(error)) => tracing::debug!(%peer, %error, "a stream ended"),
            Err(_) => {}
        }
    }
}

const fn protocol_of(kind: StreamKind) -> StreamProtocol {
    match kind {
        StreamKind::Votes => VOTES,
        StreamKind::Bulk => BULK,
    }
}

/// Keeps one stream to a peer open, whenever the peer is connected.
async fn keep_open(
    mut control: StreamControl,
    streams: Streams,
    connected: Arc<Connected>,
    peer: PeerId,
    kind: StreamKind,
    lanes: Arc<Lanes>,
) {
    loop {
        connected.wait_for(&peer).await;
        match control.open_stream(peer, protocol_of(kind)).await {
            Ok(stream) => streams.run(stream, peer, kind, Arc::clone(&lanes)).await,
            Err(error) => tracing::debug!(%peer, %error, "a stream does not open"),
        }
        tokio::time::sleep(REOPEN_WAIT).await;
    }
}

/// Takes the streams that others open.
async fn accept(
    mut incoming: IncomingStreams,
    streams: Streams,
    outbox: Arc<Outbox>,
    kind: StreamKind,
) {
    while let Some((peer, stream)) = incoming.next().await {
        let lanes = match outbox.lanes(Target::Peer(peer)) {
            Some(lanes) => lanes,
            None => outbox.add_observer(peer),
        };
        let streams = streams.clone();
        tokio::spawn(async move { streams.run(stream, peer, kind, lanes).await });
    }
}

impl Streams {
    /// Accepts streams.
    ///
    /// # Errors
    /// Where the protocols are registered already.
    pub(super) fn start(
        &self,
        new_control: impl Fn() -> StreamControl,
        outbox: &Arc<Outbox>,
    ) -> Result<(), Failure> {
        for kind in [StreamKind::Votes, StreamKind::Bulk] {
            let incoming = new_control().accept(protocol_of(kind)).map_err(|error| {
                Failure::new("cannot start the network", error, "this is a bug: please report it")
            })?;
            tokio::spawn(accept(incoming, self.clone(), Arc::clone(outbox), kind));
        }
        Ok(())
    }

    /// Keeps those streams open that are ours to open: the lower peer id opens, since two that open at once may lose
    /// one. Whoever is not in the genesis opens them to all who are.
    pub(super) fn keep(
        &self,
        new_control: impl Fn() -> StreamControl,
        me: PeerId,
        is_observer: bool,
        outbox: &Outbox,
    ) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        for (node, peer, lanes) in outbox.others() {
            let is_of_genesis = node.index() < outbox.genesis_len();
            let is_ours =
                if is_of_genesis { is_observer || me < peer } else { is_observer && me < peer };
            if !is_ours || !kept.insert(peer) {
                continue;
            }
            for kind in [StreamKind::Votes, StreamKind::Bulk] {
                let (streams, connected) = (self.clone(), Arc::clone(&self.connected));
                let lanes = Arc::clone(&lanes);
                tokio::spawn(keep_open(new_control(), streams, connected, peer, kind, lanes));
            }
        }
    }
}

//! Where the replica's messages leave: encoded once, queued for each peer.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use codec::Encode;
use libp2p::PeerId;
use protocol::Protocol;
use replica::Message;
use types::NodeId;

use super::lane::{Frame, Lanes, StreamKind};
use crate::metrics::{DirectionLabels, MessageLabels, Metrics};
use crate::recorder::Recorder;

/// The queues of all peers.
#[derive(Debug)]
pub(crate) struct Outbox {
    me: PeerId,
    /// By id: those of the genesis, and whoever has joined since. Who has left follows on.
    validators: RwLock<Vec<(PeerId, Arc<Lanes>)>>,
    genesis_len: usize,
    observers: Mutex<HashMap<PeerId, Arc<Lanes>>>,
    metrics: Arc<Metrics>,
    recorder: Option<Arc<Recorder>>,
}

/// Whom something goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A validator.
    Node(NodeId),
    /// Anybody by its peer id.
    Peer(PeerId),
}

/// Bytes of a frame before its message.
const LENGTH_BYTES: usize = 4;

/// Encodes a message behind its length.
pub(crate) fn frame<P: Protocol>(message: &Message<P>) -> Frame {
    let mut bytes = vec![0; LENGTH_BYTES];
    message.encode(&mut bytes);
    let length = u32::try_from(bytes.len() - LENGTH_BYTES).unwrap_or(u32::MAX);
    bytes[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
    Frame { kind: message.kind(), bytes: Arc::new(bytes) }
}

impl Outbox {
    pub(crate) fn new(
        me: PeerId,
        validators: Vec<PeerId>,
        metrics: Arc<Metrics>,
        recorder: Option<Arc<Recorder>>,
    ) -> Self {
        let validators: Vec<_> =
            validators.into_iter().map(|peer| (peer, Arc::default())).collect();
        let genesis_len = validators.len();
        let validators = RwLock::new(validators);
        Self { me, validators, genesis_len, observers: Mutex::default(), metrics, recorder }
    }

    /// How many of them the genesis names.
    pub(crate) const fn genesis_len(&self) -> usize {
        self.genesis_len
    }

    /// Knows a validator that joins, under the next id; its streams go on with the queues that it had as an observer.
    pub(crate) fn add_validator(&self, node: NodeId, peer: PeerId) {
        let mut validators = self.validators.write().unwrap_or_else(PoisonError::into_inner);
        if node.index() == validators.len() {
            let lanes = self.lock().remove(&peer).unwrap_or_default();
            validators.push((peer, lanes));
        }
    }

    /// The validator with this peer id.
    pub(crate) fn node_of(&self, peer: &PeerId) -> Option<NodeId> {
        let validators = self.validators.read().unwrap_or_else(PoisonError::into_inner);
        let index = validators.iter().position(|(known, _)| known == peer)?;
        u16::try_from(index).ok().map(NodeId::new)
    }
    /// All other validators.
    pub(crate) fn others(&self) -> Vec<(NodeId, PeerId, Arc<Lanes>)> {
        let validators = self.validators.read().unwrap_or_else(PoisonError::into_inner);
        let ids = (0..=u16::MAX).map(NodeId::new);
        ids.zip(validators.iter())
            .filter(|(_, (peer, _))| *peer != self.me)
            .map(|(node, (peer, lanes))| (node, *peer, Arc::clone(lanes)))
            .collect()
    }
    /// The queues of a peer.
    pub(crate) fn lanes(&self, target: Target) -> Option<Arc<Lanes>> {
        match target {
            Target::Node(node) => {
                let validators = self.validators.read().unwrap_or_else(PoisonError::into_inner);
                validators.get(node.index()).map(|(_, lanes)| Arc::clone(lanes))
            }
            Target::Peer(peer) => match self.node_of(&peer) {
                Some(node) => self.lanes(Target::Node(node)),
                None => self.lock().get(&peer).map(Arc::clone),
            },
        }
    }
    /// Makes room for an observer's queues.
    pub(crate) fn add_observer(&self, peer: PeerId) -> Arc<Lanes> {
        Arc::clone(self.lock().entry(peer).or_default())
    }
    pub(crate) fn remove_observer(&self, peer: &PeerId) {
        self.lock().remove(peer);
    }

    /// Queues a frame for one peer.
    pub(crate) fn send(&self, target: Target, frame: Frame) {
        self.record(&frame);
        match self.lanes(target) {
            Some(lanes) => self.push(&lanes, frame),
            None => self.metrics.drop_for("not_connected"),
        }
    }
    /// Queues a frame for every other validator.
    pub(crate) fn broadcast(&self, frame: &Frame) {
        self.record(frame);
        for (_, _, lanes) in self.others() {
            self.push(&lanes, frame.clone());
        }
    }
    /// Queues a frame for every other validator, and behind it its contradiction for half of them: what a liar
    /// does. Who hears the lie changes with `turn`.
    ///
    /// Everybody hears the truth first, and so can count on the vote: a drill may crash another validator at the
    /// same time, and withheld votes beside a crash would be two faults where one is tolerated.
    pub(crate) fn broadcast_two(&self, frame: &Frame, lie: &Frame, turn: usize) {
        self.record(frame);
        self.record(lie);
        for (index, (_, _, lanes)) in self.others().into_iter().enumerate() {
            self.push(&lanes, frame.clone());
            if (index + turn).is_multiple_of(2) {
                self.push(&lanes, lie.clone());
            }
        }
    }

    fn record(&self, frame: &Frame) {
        if let Some(recorder) = &self.recorder {
            recorder.sends(frame.kind.label(), &frame.bytes[LENGTH_BYTES..]);
        }
    }

    fn push(&self, lanes: &Lanes, frame: Frame) {
        if lanes.is_blocked() {
            self.metrics.drop_for("partitioned");
            return;
        }
        let labels = MessageLabels { direction: "out", kind: frame.kind.label() };
        self.metrics.messages.get_or_create(&labels).inc();
        let bytes = self.metrics.bytes.get_or_create(&DirectionLabels { direction: "out" });
        bytes.inc_by(frame.bytes.len() as u64);
        drop(bytes);
        let stream = StreamKind::of(frame.kind);
        for _ in 0..lanes.of(stream).push(frame) {
            self.metrics.drop_for("queue_full");
        }
    }

    /// Cuts off these validators, and nobody else.
    pub(crate) fn block(&self, nodes: &[NodeId]) {
        for (node, _, lanes) in self.others() {
            lanes.is_blocked.store(nodes.contains(&node), Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PeerId, Arc<Lanes>>> {
        self.observers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

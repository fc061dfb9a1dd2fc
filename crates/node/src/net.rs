//! The network: libp2p for identity, encryption, discovery and gossip; streams of our own between validators.

mod behaviour;
mod certified;
mod gossip;
mod lane;
mod outbox;
mod peers;
mod stream;
mod streams;
mod swarm;

use std::sync::Arc;

use ledger::{BlockCertificate, SealedTransaction};
use libp2p::PeerId;
use tokio::sync::{mpsc, watch};
use types::NodeId;

pub(crate) use certified::{Certified, read as read_certificates};
pub(crate) use gossip::{Gossip, Heard, turn_of};
pub(crate) use lane::Frame;
pub(crate) use outbox::{Outbox, Target, frame};
pub(crate) use peers::peer_id_of;
pub(crate) use stream::Arrived;
pub(crate) use swarm::{NetworkParts, start};

/// Most gossip that waits to be published.
const PUBLISH_MAX: usize = 4_096;

/// How the rest of the node reaches the network.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    outbox: Arc<Outbox>,
    publish: mpsc::Sender<Gossip>,
    tip: watch::Sender<Option<BlockCertificate>>,
}

/// The network's ends of what [`Control`] hands it.
#[derive(Debug)]
pub(crate) struct Controlled {
    publish: mpsc::Receiver<Gossip>,
    tip: watch::Receiver<Option<BlockCertificate>>,
}

impl Control {
    pub(crate) fn new(outbox: Arc<Outbox>) -> (Self, Controlled) {
        let (publish, published) = mpsc::channel(PUBLISH_MAX);
        let (tip, tips) = watch::channel(None);
        (Self { outbox, publish, tip }, Controlled { publish: published, tip: tips })
    }
    /// The validator with this peer id.
    pub(crate) fn node_of(&self, peer: &PeerId) -> Option<NodeId> {
        self.outbox.node_of(peer)
    }
    /// Knows a validator that joins.
    pub(crate) fn add_validator(&self, node: NodeId, peer: PeerId) {
        self.outbox.add_validator(node, peer);
    }
    /// Cuts off these validators, and nobody else.
    pub(crate) fn block(&self, nodes: &[NodeId]) {
        self.outbox.block(nodes);
    }
    /// Tells observers how far the chain is certified; of several in a short time, the last.
    pub(crate) fn publish_tip(&self, certificate: &BlockCertificate) {
        self.tip.send_replace(Some(certificate.clone()));
    }
    /// Hands a client's transaction to the validators; false where the network takes no more.
    pub(crate) fn publish_transaction(&self, transaction: &SealedTransaction, attempt: u8) -> bool {
        let message = Gossip::Transaction { attempt, transaction: transaction.clone() };
        self.publish.try_send(message).is_ok()
    }
}

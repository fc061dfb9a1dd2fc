//! What the node has seen of others, for screens: peers, evidence, changes of view, votes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{Evidence, ViewChangeCause};
use types::{Height, NodeId, Time, View};

/// Most changes of view that are kept.
const VIEW_CHANGES_KEPT_MAX: usize = 256;
/// Most pieces of evidence that are kept: one for each offender, kind, view and place.
const EVIDENCE_KEPT_MAX: usize = 256;

/// A connected peer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerSnapshot {
    /// Its libp2p peer id.
    pub peer_id: String,
    /// The validator it is; `None` for an observer.
    pub node: Option<NodeId>,
    /// The addresses it is connected from or to.
    pub addresses: Vec<String>,
    /// Since when.
    pub connected_since: Time,
    /// When anything last came from it.
    pub last_heard: Time,
    /// The highest block that it attested or announced.
    pub height: Height,
}

/// What is known of one validator, connected or not.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Heard {
    /// When anything last came from it.
    pub last_heard: Option<Time>,
    /// When its last vote (a core's message or an attestation) came.
    pub last_vote: Option<Time>,
    /// The highest block that it attested or announced.
    pub height: Height,
}

/// Evidence, and when it came to light here.
#[derive(Clone, Debug)]
pub struct SeenEvidence {
    /// Who.
    pub offender: NodeId,
    /// In which epoch's domain they are signed.
    pub epoch: u64,
    /// Two contradictory signed statements.
    pub evidence: Arc<Evidence>,
    /// When.
    pub time: Time,
}

/// A change of view, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeenViewChange {
    /// The view that began.
    pub view: View,
    /// Why the last one ended before its time.
    pub cause: ViewChangeCause,
    /// When.
    pub time: Time,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Board(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    peers: BTreeMap<String, PeerSnapshot>,
    heard: BTreeMap<NodeId, Heard>,
    evidence: Vec<SeenEvidence>,
    view_changes: VecDeque<SeenViewChange>,
    listening: Vec<String>,
    blocked: Vec<NodeId>,
    last_executed: Option<Time>,
    stopped_voting: Option<&'static str>,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connected peers.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerSnapshot> {
        self.lock().peers.values().cloned().collect()
    }
    /// What is known of one validator.
    #[must_use]
    pub fn heard(&self, node: NodeId) -> Heard {
        self.lock().heard.get(&node).copied().unwrap_or_default()
    }
    /// All evidence.
    #[must_use]
    pub fn evidence(&self) -> Vec<SeenEvidence> {
        self.lock().evidence.clone()
    }
    /// The last changes of view, oldest first.
    #[must_use]
    pub fn view_changes(&self) -> Vec<SeenViewChange> {
        self.lock().view_changes.iter().cloned().collect()
    }
    /// The addresses this node listens on.
    #[must_use]
    pub fn listening(&self) -> Vec<String> {
        self.lock().listening.clone()
    }
    /// The validators that a drill has cut off from this one.
    #[must_use]
    pub fn blocked(&self) -> Vec<NodeId> {
        self.lock().blocked.clone()
    }
    /// When a block was last executed here.
    #[must_use]
    pub fn last_executed(&self) -> Option<Time> {
        self.lock().last_executed
    }
    /// Why this node does not vote although it is a validator, where that is so.
    #[must_use]
    pub fn stopped_voting(&self) -> Option<&'static str> {
        self.lock().stopped_voting
    }

    pub(crate) fn connected(&self, peer: PeerSnapshot) {
        let mut seen = self.lock();
        match seen.peers.get_mut(&peer.peer_id) {
            Some(known) => {
                for address in peer.addresses {
                    if !known.addresses.contains(&address) {
                        known.addresses.push(address);
                    }
                }
            }
            None => {
                seen.peers.insert(peer.peer_id.clone(), peer);
            }
        }
    }
    pub(crate) fn disconnected(&self, peer_id: &str) {
        self.lock().peers.remove(peer_id);
    }
    pub(crate) fn hear(&self, peer_id: &str, time: Time) {
        let mut seen = self.lock();
        let Some(peer) = seen.peers.get_mut(peer_id) else { return };
        peer.last_heard = time;
        if let Some(node) = peer.node {
            seen.heard.entry(node).or_default().last_heard = Some(time);
        }
    }
    pub(crate) fn voted(&self, node: NodeId, height: Option<Height>, time: Time) {
        let mut seen = self.lock();
        let heard = seen.heard.entry(node).or_default();
        heard.last_vote = Some(time);
        if let Some(height) = height {
            heard.height = heard.height.max(height);
            let height = heard.height;
            for peer in seen.peers.values_mut().filter(|peer| peer.node == Some(node)) {
                peer.height = height;
            }
        }
    }
    /// Keeps evidence, once for each epoch, offender, kind, view and place; whether it is new.
    pub(crate) fn accuse(
        &self,
        offender: NodeId,
        epoch: u64,
        evidence: Arc<Evidence>,
        time: Time,
    ) -> bool {
        let mut seen = self.lock();
        let same = |kept: &SeenEvidence| {
            let (old, new) = (&kept.evidence, &evidence);
            (kept.epoch, old.offender, old.kind) == (epoch, new.offender, new.kind)
                && (old.view, old.seq) == (new.view, new.seq)
        };
        if seen.evidence.len() >= EVIDENCE_KEPT_MAX || seen.evidence.iter().any(same) {
            return false;
        }
        seen.evidence.push(SeenEvidence { offender, epoch, evidence, time });
        true
    }
    pub(crate) fn view_changed(&self, change: SeenViewChange) {
        let mut seen = self.lock();
        if seen.view_changes.len() >= VIEW_CHANGES_KEPT_MAX {
            seen.view_changes.pop_front();
        }
        seen.view_changes.push_back(change);
    }
    pub(crate) fn listens(&self, address: String) {
        self.lock().listening.push(address);
    }
    pub(crate) fn block(&self, nodes: Vec<NodeId>) {
        self.lock().blocked = nodes;
    }
    pub(crate) fn executed(&self, time: Time) {
        self.lock().last_executed = Some(time);
    }
    pub(crate) fn stop_voting(&self, why: &'static str) {
        self.lock().stopped_voting = Some(why);
    }
}

//! One replica of the model world.

use std::collections::BTreeMap;

use protocol::{Decision, Evidence, Payload, Protocol, Reject};
use types::{Digest, Duration, NodeId, Seq};

use crate::app::{App, State};

/// One replica and what the world keeps for it.
#[derive(Debug)]
pub struct Node<C: Protocol> {
    /// The core; `None` while it is down, and for liars whose words are a script's.
    pub core: Option<C>,
    /// What it is told at its start.
    pub config: C::Config,
    /// What survives a crash.
    pub disk: Vec<C::Record>,
    /// Everything that was ever written, compaction or not.
    pub written: Vec<C::Record>,
    /// Its application.
    pub app: App,
    /// What it decided.
    pub decisions: Vec<Decision>,
    /// Whom it accused.
    pub evidence: Vec<Evidence>,
    /// What it dropped.
    pub rejects: Vec<(NodeId, Reject)>,
    /// The places it transferred the state to.
    pub transfers: Vec<Seq>,
    /// Its messages, once for each send or broadcast.
    pub said: Vec<C::Message>,
    /// Whether checkers ignore it.
    pub is_liar: bool,
    /// Stops behind the first message of this kind that leaves.
    pub crash_on: Option<usize>,
    /// How long a slow disk keeps it from hearing its own messages.
    pub echo_after: Duration,
    pub(crate) timers: BTreeMap<C::Timer, u64>,
    pub(crate) life: u64,
    /// How fast it searches nonces.
    pub hashes_per_ms: u64,
    /// Its present search.
    pub(crate) search: u64,
}

impl<C: Protocol> Node<C> {
    pub(crate) fn new(config: C::Config) -> Self {
        Self {
            core: None,
            config,
            disk: Vec::new(),
            written: Vec::new(),
            app: App::default(),
            decisions: Vec::new(),
            evidence: Vec::new(),
            rejects: Vec::new(),
            transfers: Vec::new(),
            said: Vec::new(),
            is_liar: false,
            crash_on: None,
            echo_after: Duration::ZERO,
            timers: BTreeMap::new(),
            life: 0,
            hashes_per_ms: 1,
            search: 0,
        }
    }
    /// The digest of what it executed at a place.
    pub fn digest_at(&self, seq: u64) -> Option<Digest> {
        self.app.history.get(&Seq::new(seq)).copied()
    }
    /// What it decided at a place.
    pub fn payload_at(&self, seq: u64) -> Option<&Payload> {
        let mut decisions = self.decisions.iter();
        decisions.find(|decision| decision.seq == Seq::new(seq))?.payload.as_ref()
    }
}

/// Asks the peers for a state, a liar first, and believes none that has another digest. Where a core names none, the
/// world has its own proof of the state, and only an honest peer can show that.
pub(crate) fn find_state<C: Protocol>(
    nodes: &[Node<C>],
    false_state: Option<&State>,
    me: NodeId,
    seq: Seq,
    digest: Digest,
) -> Option<State> {
    if digest.is_zero() {
        let mut honest = nodes.iter().filter(|node| !node.is_liar);
        return honest.find_map(|node| node.app.snapshots.get(&seq)).cloned();
    }
    let peers = nodes.iter().zip(NodeId::all(nodes.len())).filter(|&(_, peer)| peer != me);
    let offers = peers.filter_map(|(node, _)| node.app.snapshots.get(&seq));
    let mut offers = false_state.into_iter().chain(offers);
    offers.find(|state| state.digest() == digest).cloned()
}

//! The network as this validator sees it, and its verdict.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{
    Evidence, EvidenceList, FaultMargin, MarginKind, Network, NodeRole, NodeRow, NodeState, Pool,
    Verdict, VerdictLevel, ViewChange, ViewChangeList,
};
use axum::extract::State;
use axum::response::Response;
use ledger::Genesis;
use replica::ReplicaStatus;
use types::{Duration, NodeId, Quorum, Time};

use super::failure::Answer;
use super::info::replica_status;
use super::listing::counts;
use super::state::Face;
use super::{convert, reply};
use crate::board::{Heard, PeerSnapshot};

/// A connected validator not heard from for this long is silent. Idle ones say how far they are every few seconds.
const SILENT_AFTER: Duration = Duration::from_ms(15_000);
/// Work that waits this long without a block stands still.
const STALLED_AFTER: Duration = Duration::from_ms(10_000);
/// A validator this many blocks behind is shown as behind.
const BEHIND_BY: u64 = 32;
/// Changes of view shown with the network.
const VIEW_CHANGES_SHOWN: usize = 20;

/// What this node knows at one moment: all that verdicts and answers to "why" are made of.
#[derive(Clone, Debug)]
pub(super) struct Situation {
    pub(super) now: Time,
    pub(super) genesis: Arc<Genesis>,
    pub(super) me: Option<NodeId>,
    pub(super) status: ReplicaStatus,
    pub(super) nodes: Vec<Seen>,
    pub(super) last_executed: Option<Time>,
    pub(super) stopped_voting: Option<&'static str>,
    pub(super) last_view_change: Option<ViewChange>,
}

/// One validator as it is seen.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) id: NodeId,
    pub(super) name: String,
    pub(super) heard: Heard,
    pub(super) peer: Option<PeerSnapshot>,
    pub(super) cut_off: bool,
    pub(super) accused: bool,
}

/// This node's id in the present epoch; `None` where it is no validator in it.
fn my_id(handle: &crate::Handle, status: &ReplicaStatus) -> Option<NodeId> {
    let office = handle.0.roster.of(status.epoch.number)?;
    office.me().map(|(id, _)| id)
}

impl Situation {
    pub(super) async fn of(face: &Face) -> Answer<Self> {
        let handle = &face.handle;
        let status = replica_status(face).await?;
        let (board, genesis) = (handle.board(), handle.genesis());
        let accused: BTreeSet<NodeId> =
            handle.evidence().iter().map(|seen| seen.offender).collect();
        let (peers, blocked) = (handle.peers(), board.blocked());
        let members = status.epoch.members.clone();
        let ids = members.into_iter().map(|member| (member.id, member.validator.name));
        let seen = ids.map(|(id, name)| Seen {
            id,
            name,
            heard: board.heard(id),
            peer: peers.iter().find(|peer| peer.node == Some(id)).cloned(),
            cut_off: blocked.contains(&id),
            accused: accused.contains(&id),
        });
        Ok(Self {
            now: handle.now(),
            genesis: Arc::clone(genesis),
            me: my_id(handle, &status),
            status,
            nodes: seen.collect(),
            last_executed: board.last_executed(),
            stopped_voting: board.stopped_voting(),
            last_view_change: handle
                .view_changes()
                .last()
                .map(|seen| convert::view_change(genesis, seen)),
        })
    }

    /// How one validator stands.
    pub(super) fn state_of(&self, node: &Seen) -> NodeState {
        if Some(node.id) == self.me {
            return if self.status.diverged { NodeState::Diverged } else { NodeState::Up };
        }
        if node.accused {
            return NodeState::Accused;
        }
        let Some(peer) = node.peer.as_ref().filter(|_| !node.cut_off) else {
            return NodeState::Down;
        };
        let heard = node.heard.last_heard.unwrap_or_default().max(peer.last_heard);
        if self.now.since(heard) > SILENT_AFTER {
            return NodeState::Silent;
        }
        let behind = self.status.certified.above(node.heard.height);
        if behind > BEHIND_BY { NodeState::Behind } else { NodeState::Up }
    }

    /// Whether a validator's votes can be expected.
    pub(super) fn is_up(&self, node: &Seen) -> bool {
        match self.state_of(node) {
            NodeState::Up | NodeState::Behind => true,
            NodeState::Accused => node.peer.is_some() && !node.cut_off,
            NodeState::Silent | NodeState::Down | NodeState::Diverged => false,
        }
    }

    fn names_of(&self, matches: impl Fn(&Seen) -> bool) -> Vec<String> {
        let nodes = self.nodes.iter().filter(|node| matches(node));
        nodes.map(|node| node.name.clone()).collect()
    }

    /// The thresholds of the present validators.
    pub(super) fn quorum(&self) -> Quorum {
        self.status.epoch.quorum(self.genesis.fault_model)
    }

    fn margins(&self) -> Vec<FaultMargin> {
        let quorum = self.quorum();
        let lied = self.nodes.iter().filter(|node| node.accused).count();
        let lost = self.nodes.iter().filter(|node| !self.is_up(node)).count();
        let margin = |kind, tolerated: usize, present: usize| FaultMargin {
            kind,
            tolerated,
            present,
            left: tolerated.saturating_sub(present),
            quorum: quorum.size(),
        };
        vec![
            margin(MarginKind::Safety, quorum.f(), lied),
            margin(MarginKind::Liveness, quorum.n() - quorum.size(), lost),
        ]
    }

    /// How the network stands, its sentence included.
    pub(super) fn verdict(&self) -> Verdict {
        let quorum = self.quorum();
        let silent = self.names_of(|node| !self.is_up(node));
        let accused = self.names_of(|node| node.accused);
        let faulty = self.nodes.iter().filter(|node| !self.is_up(node) || node.accused).count();
        let (nodes_total, nodes_up) = (quorum.n(), quorum.n() - silent.len());
        let can_lose = (quorum.n() - quorum.size()).saturating_sub(faulty);
        let age = self.last_executed.map(|at| self.now.since(at));
        let waits = self.status.core.as_ref().is_some_and(|core| core.waiting.is_some());
        let level = if !quorum.is_met(nodes_up) {
            VerdictLevel::Down
        } else if waits && age.is_some_and(|age| age > STALLED_AFTER) {
            VerdictLevel::Stalled
        } else if faulty > 0 {
            VerdictLevel::Degraded
        } else {
            VerdictLevel::Healthy
        };
        let mut verdict = Verdict {
            level,
            sentence: String::new(),
            nodes_up,
            nodes_total,
            can_lose,
            last_commit_age_ms: age.map(Duration::ms),
            silent,
            accused,
        };
        verdict.sentence = verdict.words(quorum.size());
        verdict
    }

    fn row(&self, node: &Seen) -> NodeRow {
        let is_me = Some(node.id) == self.me;
        let core = self.status.core.as_ref();
        let age = |at: Option<Time>| at.map(|at| self.now.since(at).ms());
        let is_leader = core.is_some_and(|core| core.leader == Some(node.id));
        NodeRow {
            id: node.id.to_string(),
            name: node.name.clone(),
            is_me,
            role: if is_leader { NodeRole::Primary } else { NodeRole::Backup },
            state: self.state_of(node),
            view: core.filter(|_| is_me).map(|core| core.view.get()),
            height: match is_me {
                true => Some(self.status.height.get()),
                false => Some(node.heard.height.get()).filter(|&height| height > 0),
            },
            last_vote_age_ms: age(node.heard.last_vote),
            last_heard_age_ms: age(node.heard.last_heard),
            voting: core.filter(|_| is_me).map(|core| core.voting),
            peer_id: node.peer.as_ref().map(|peer| peer.peer_id.clone()),
            address: node.peer.as_ref().and_then(|peer| peer.addresses.first().cloned()),
        }
    }
}

pub(super) async fn network(State(face): State<Arc<Face>>) -> Answer<Response> {
    let situation = Situation::of(&face).await?;
    let (genesis, status) = (face.genesis(), &situation.status);
    let core = status.core.as_ref();
    let mut view_changes = view_change_list(&face);
    view_changes.truncate(VIEW_CHANGES_SHOWN);
    Ok(reply::ok(Network {
        name: genesis.network.clone(),
        chain: genesis.chain_id().0.to_string(),
        protocol: convert::protocol(status),
        epoch: status.epoch.number,
        scheduled: status.scheduled.as_ref().map(convert::scheduled),
        me: face.name().to_owned(),
        verdict: situation.verdict(),
        margins: situation.margins(),
        view: core.map_or(0, |core| core.view.get()),
        leader: core.and_then(|core| core.leader).map(|node| convert::name(genesis, node)),
        height: status.height.get(),
        certified: status.certified.get(),
        nodes: situation.nodes.iter().map(|node| situation.row(node)).collect(),
        pool: Pool {
            transactions: status.pool_txs as u64,
            bytes: status.pool_bytes as u64,
            batches: status.batches as u64,
        },
        tickets: counts(&face),
        evidence: evidence_list(&face),
        view_changes,
    }))
}

fn evidence_list(face: &Face) -> Vec<Evidence> {
    face.handle.evidence().iter().map(|seen| convert::evidence(face.genesis(), seen)).collect()
}

fn view_change_list(face: &Face) -> Vec<ViewChange> {
    let seen = face.handle.view_changes();
    seen.iter().rev().map(|seen| convert::view_change(face.genesis(), seen)).collect()
}

pub(super) async fn evidence(State(face): State<Arc<Face>>) -> Response {
    reply::ok(EvidenceList { items: evidence_list(&face) })
}

pub(super) async fn view_changes(State(face): State<Arc<Face>>) -> Response {
    reply::ok(ViewChangeList { items: view_change_list(&face) })
}

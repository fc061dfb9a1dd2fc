//! The network as one validator sees it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Evidence, TicketCounts, ViewChange};

/// The network as one validator sees it: all that the Network page shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Network {
    /// The network's name.
    pub name: String,
    /// The chain's id.
    pub chain: String,
    /// The protocol that orders blocks.
    pub protocol: String,
    /// How often the validators have changed it: the present epoch's number.
    #[serde(default)]
    pub epoch: u64,
    /// The change that they have agreed on and that is still to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<ScheduledEpoch>,
    /// Whose view of the network this is, by name.
    pub me: String,
    /// How it stands, in parts that a sentence is made of.
    pub verdict: Verdict,
    /// How many more faults it stands, of each kind.
    pub margins: Vec<FaultMargin>,
    /// The current view.
    pub view: u64,
    /// Its leader, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<String>,
    /// The last executed block.
    pub height: u64,
    /// The last block that a quorum certifies.
    pub certified: u64,
    /// The validators.
    pub nodes: Vec<NodeRow>,
    /// The pool here.
    pub pool: Pool,
    /// How many tickets are in each state.
    pub tickets: TicketCounts,
    /// Who has provably lied.
    pub evidence: Vec<Evidence>,
    /// The last changes of view, newest first, at most twenty.
    pub view_changes: Vec<ViewChange>,
}

/// An epoch that is agreed on and has not begun.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ScheduledEpoch {
    /// Its number.
    pub number: u64,
    /// Its first block.
    pub first: u64,
    /// The protocol that will order its blocks.
    pub protocol: String,
    /// Its validators, by name.
    #[serde(default)]
    pub validators: Vec<String>,
}

/// How the network stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// The word that it begins with.
    pub level: VerdictLevel,
    /// The whole sentence in English.
    pub sentence: String,
    /// Validators heard from lately, this one included.
    pub nodes_up: usize,
    /// All validators.
    pub nodes_total: usize,
    /// How many more may fail before it stops.
    pub can_lose: usize,
    /// Milliseconds since the last block was executed here; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_commit_age_ms: Option<u64>,
    /// Validators not heard from lately, by name.
    pub silent: Vec<String>,
    /// Validators that have provably lied, by name.
    pub accused: Vec<String>,
}

impl Verdict {
    /// The sentence that its parts make, where a quorum is so many votes.
    #[must_use]
    pub fn words(&self, quorum: usize) -> String {
        let Self { nodes_up, nodes_total, can_lose, .. } = self;
        let word = match self.level {
            VerdictLevel::Healthy => "Healthy",
            VerdictLevel::Degraded => "Degraded",
            VerdictLevel::Stalled => "Stalled",
            VerdictLevel::Down => "Down",
        };
        let mut text = format!("{word}: {nodes_up} of {nodes_total}, ");
        match self.level {
            VerdictLevel::Down => text.push_str(&format!("{quorum} are needed")),
            VerdictLevel::Stalled => text.push_str("work waits and nothing commits"),
            VerdictLevel::Healthy | VerdictLevel::Degraded => {
                text.push_str(&format!("can lose {can_lose}"));
            }
        }
        match self.last_commit_age_ms {
            Some(ms) => {
                text.push_str(&format!("; last commit {}.{} s ago", ms / 1_000, ms % 1_000 / 100))
            }
            None => text.push_str("; nothing committed since this node started"),
        }
        if !self.silent.is_empty() {
            text.push_str(&format!("; not heard from: {}", self.silent.join(", ")));
        }
        if !self.accused.is_empty() {
            text.push_str(&format!("; provably lied: {}", self.accused.join(", ")));
        }
        text
    }
}

/// The first word of a verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerdictLevel {
    /// All validators are up and honest as far as anybody knows.
    Healthy,
    /// It works, with less margin than it has when healthy.
    Degraded,
    /// Work waits and nothing commits.
    Stalled,
    /// Fewer validators are up than a quorum needs.
    Down,
}

/// How many more faults of a kind the network stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FaultMargin {
    /// What is at stake.
    pub kind: MarginKind,
    /// How many faults it stands when whole.
    pub tolerated: usize,
    /// How many it has now.
    pub present: usize,
    /// How many more it stands.
    pub left: usize,
    /// How many votes a quorum is.
    pub quorum: usize,
}

/// What faults endanger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MarginKind {
    /// Liars: beyond the margin, two honest validators may disagree.
    Safety,
    /// Absences: beyond the margin, nothing commits.
    Liveness,
}

/// A validator as another one sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct NodeRow {
    /// Its number, as `n0`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one that answers.
    pub is_me: bool,
    /// What it does in the current view.
    pub role: NodeRole,
    /// How it stands.
    pub state: NodeState,
    /// Its view, as last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<u64>,
    /// Its height, as last heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Milliseconds since its last vote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_vote_age_ms: Option<u64>,
    /// Milliseconds since anything came from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_heard_age_ms: Option<u64>,
    /// Whether it votes, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voting: Option<bool>,
    /// Its libp2p peer id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_id: Option<String>,
    /// The address it is connected from or to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What a validator does in the current view.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeRole {
    /// It proposes.
    Primary,
    /// It votes on what is proposed.
    Backup,
    /// It follows without voting.
    Observer,
}

/// How a validator stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// Heard from lately.
    Up,
    /// Up, and some blocks behind.
    Behind,
    /// Connected, and not heard from lately.
    Silent,
    /// Not connected.
    Down,
    /// It has provably lied.
    Accused,
    /// Its state is not what a quorum attests: it has stopped voting.
    Diverged,
}

/// A validator's pool.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
pub struct Pool {
    /// Transactions that wait.
    pub transactions: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Batches that wait to be ordered or executed.
    pub batches: u64,
}

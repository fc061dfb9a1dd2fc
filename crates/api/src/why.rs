//! Answers to "why".

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ViewChange;

/// Why something is as it is, and what would change it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// What was asked about; `network` where nothing was named.
    pub subject: String,
    /// What kind of thing it is.
    pub kind: SubjectKind,
    /// How it stands.
    pub answer: Answer,
    /// The answer in a sentence.
    pub sentence: String,
    /// The height that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The phase it waits in: `pre-prepare`, `prepare`, `commit`, `view-change`, `new-view`, `payload`,
    /// `attestation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Whose votes are here, by name.
    pub votes: Vec<String>,
    /// Whose votes are missing, by name.
    pub missing: Vec<String>,
    /// How many votes are needed in all.
    pub need: usize,
    /// The timer that is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer: Option<Timer>,
    /// The last change of view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_view_change: Option<ViewChange>,
    /// The smallest thing that would unblock it; absent where nothing blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unblock: Option<String>,
    /// What is known besides, a sentence each.
    pub facts: Vec<String>,
}

/// What kind of thing was asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// The whole network.
    Network,
    /// A height.
    Height,
    /// A validator.
    Node,
    /// A ticket.
    Ticket,
    /// A transaction.
    Transaction,
}

/// How the subject stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It is agreed and certified.
    Committed,
    /// Nothing waits.
    Idle,
    /// It waits, and will go on by itself.
    Waiting,
    /// It waits for something that does not come by itself.
    Blocked,
    /// It is not there yet.
    Absent,
}

/// A timer that is waited for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Timer {
    /// Its name.
    pub name: String,
    /// Its whole span, in milliseconds.
    pub span_ms: u64,
}

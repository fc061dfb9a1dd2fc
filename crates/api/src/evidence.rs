//! Who has lied, and why views ended.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Two signed statements of which an honest replica makes at most one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// Who made both, by name.
    pub offender: String,
    /// Its number.
    pub node: u16,
    /// What it is called: `equivocation`, `double-prepare`, ...
    pub kind: String,
    /// The epoch whose domain both are signed in: the first, 0, is the genesis's.
    #[serde(default)]
    pub epoch: u64,
    /// The view of the statements.
    pub view: u64,
    /// The place of the statements, counted from the epoch's first block where they are a core's.
    pub seq: u64,
    /// When it came to light, by this node's clock.
    pub time: String,
    /// Canonical bytes of the first signed statement, hexadecimal.
    pub first: String,
    /// Canonical bytes of the second.
    pub second: String,
    /// Under which public key both hold.
    pub key: String,
}

/// All evidence that this node holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct EvidenceList {
    /// The evidence.
    pub items: Vec<Evidence>,
}

/// A change of view, and why the one before ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ViewChange {
    /// The view that began.
    pub view: u64,
    /// Its leader, by name, where the protocol names one for each view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<String>,
    /// When, by this node's clock.
    pub time: String,
    /// `silent`, `bad-proposal`, `equivocation`, `joined`, `new-view-late`, or `unknown`.
    pub cause: String,
    /// The cause in a sentence.
    pub detail: String,
}

/// The last changes of view, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ViewChangeList {
    /// The changes.
    pub items: Vec<ViewChange>,
}

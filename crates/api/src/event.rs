//! Events in today's words and in the older ones.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The types of events.
pub mod kinds {
    /// A ticket was created.
    pub const TICKET_ISSUED: &str = "unisono.ticket.issued.v1";
    /// A ticket was validated.
    pub const TICKET_VALIDATED: &str = "unisono.ticket.validated.v1";
    /// A ticket was consumed.
    pub const TICKET_CONSUMED: &str = "unisono.ticket.consumed.v1";
    /// A ticket was disputed.
    pub const TICKET_DISPUTED: &str = "unisono.ticket.disputed.v1";
    /// The deterministic set was seeded through this node.
    pub const TICKETS_SEEDED: &str = "unisono.tickets.seeded.v1";
    /// A block was executed here.
    pub const BLOCK_EXECUTED: &str = "unisono.block.executed.v1";
    /// A quorum certified a block.
    pub const BLOCK_CERTIFIED: &str = "unisono.block.certified.v1";
    /// The core entered another view.
    pub const VIEW_CHANGED: &str = "unisono.view.changed.v1";
    /// A validator has provably lied.
    pub const NODE_ACCUSED: &str = "unisono.node.accused.v1";
    /// This node's state is not what a quorum attests.
    pub const NODE_DIVERGED: &str = "unisono.node.diverged.v1";
    /// Events are missing from the stream: they were older than what is kept.
    pub const STREAM_GAP: &str = "unisono.stream.gap.v1";
    /// All of them.
    pub const ALL: [&str; 11] = [
        TICKET_ISSUED,
        TICKET_VALIDATED,
        TICKET_CONSUMED,
        TICKET_DISPUTED,
        TICKETS_SEEDED,
        BLOCK_EXECUTED,
        BLOCK_CERTIFIED,
        VIEW_CHANGED,
        NODE_ACCUSED,
        NODE_DIVERGED,
        STREAM_GAP,
    ];
}

/// Something that happened, as CloudEvents 1.0 in structured JSON.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CloudEvent {
    /// `1.0`.
    pub specversion: String,
    /// Unique at its source: the node's name and the sequence.
    pub id: String,
    /// The node: `/net/` and the network's name, `/` and the node's name.
    pub source: String,
    /// What happened, one of [`kinds`].
    #[serde(rename = "type")]
    pub kind: String,
    /// To whom or what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When.
    pub time: String,
    /// The place in this node's stream; resume behind it.
    pub sequence: String,
    /// The block's height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// The view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<u64>,
    /// `application/json`.
    pub datacontenttype: String,
    /// The details.
    pub data: serde_json::Value,
}

impl CloudEvent {
    /// Words it as the older ticket network did, where that had a word for it.
    #[must_use]
    pub fn to_seed(&self) -> Option<SeedEvent> {
        let name = match self.kind.as_str() {
            kinds::TICKET_VALIDATED => "ticket_validated",
            kinds::TICKET_CONSUMED => "ticket_consumed",
            kinds::TICKET_DISPUTED => "ticket_disputed",
            kinds::TICKETS_SEEDED => "tickets_seeded",
            _ => return None,
        };
        let seeded = self.kind == kinds::TICKETS_SEEDED;
        Some(SeedEvent {
            kind: name.to_owned(),
            ticket_id: if seeded { None } else { self.subject.clone() },
            count: self.data.get("count").and_then(serde_json::Value::as_u64),
            timestamp: crate::parse_rfc3339(&self.time).unwrap_or(0) / 1_000_000,
        })
    }
}

/// An event as the older ticket network words it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SeedEvent {
    /// `ticket_validated`, `ticket_consumed`, `ticket_disputed`, `tickets_seeded`, or `pong`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<String>,
    /// How many tickets were seeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Seconds since 1970.
    pub timestamp: u64,
}

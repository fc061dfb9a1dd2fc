//! Tickets and requests to change them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a ticket stands in its life.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum TicketState {
    /// Created.
    Issued,
    /// Agreed to be valid.
    Validated,
    /// Used up.
    Consumed,
    /// Contested.
    Disputed,
}

/// What can be asked of a ticket.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TicketAction {
    /// Create it.
    Issue,
    /// Validate it.
    Validate,
    /// Use it up.
    Consume,
    /// Contest it.
    Dispute,
}

impl TicketAction {
    /// The state that it leads to.
    #[must_use]
    pub const fn leads_to(self) -> TicketState {
        match self {
            Self::Issue => TicketState::Issued,
            Self::Validate => TicketState::Validated,
            Self::Consume => TicketState::Consumed,
            Self::Dispute => TicketState::Disputed,
        }
    }
}

/// A ticket: the older API's fields, Go-cased, and its whole life behind them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Ticket {
    /// The ticket's id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Where it stands.
    #[serde(rename = "State")]
    pub state: TicketState,
    /// What it carries, as base64.
    #[serde(rename = "Data")]
    pub data: String,
    /// The validator or gate of its last step.
    #[serde(rename = "ValidatorID")]
    pub validator_id: String,
    /// The agreed time of its last step, in seconds since 1970.
    #[serde(rename = "Timestamp")]
    pub timestamp: u64,
    /// The vector clock of the block of its last step, by validator name.
    #[serde(rename = "VectorClock")]
    pub vector_clock: BTreeMap<String, u64>,
    /// Its data's top-level fields as text, where the data is a JSON object.
    #[serde(rename = "Metadata")]
    pub metadata: BTreeMap<String, String>,
    /// The block of its last step.
    pub height: u64,
    /// The agreed time of its last step.
    pub updated_at: String,
    /// What may be asked of it now.
    pub allowed: Vec<TicketAction>,
    /// Its life so far, oldest first.
    pub history: Vec<TicketStep>,
}

/// One agreed step of a ticket's life.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TicketStep {
    /// What was done.
    pub action: TicketAction,
    /// The state that it led to.
    pub state: TicketState,
    /// The block that did it.
    pub height: u64,
    /// Its place in the block.
    pub index: u32,
    /// The agreed time.
    pub time: String,
    /// Who signed the transaction: a public key.
    pub sender: String,
    /// The gate or validator that asked, as it names itself.
    pub actor: String,
    /// The transaction's id; in the answer for one ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// Where its receipt is, which holds the block's certificate; in the answer for one ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// A page of tickets. A page may hold fewer than were asked for although more follow: trust `next_cursor`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TicketPage {
    /// The tickets.
    pub items: Vec<Ticket>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// How many tickets there are in each state, filters aside.
    pub counts: TicketCounts,
}

/// How many tickets are in each state.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
pub struct TicketCounts {
    /// All.
    pub total: u64,
    /// ISSUED.
    pub issued: u64,
    /// VALIDATED.
    pub validated: u64,
    /// CONSUMED.
    pub consumed: u64,
    /// DISPUTED.
    pub disputed: u64,
}

/// Which ticket, and what about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TicketRequest {
    /// The ticket's id: 1 to 128 bytes without control characters.
    pub ticket_id: String,
    /// Its data as base64: kept by issue, and by validate where it brings any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The gate that asks, as it names itself; the validator's own name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// What became of a request to change a ticket.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Transition {
    /// The ticket's id.
    pub ticket_id: String,
    /// What was asked.
    pub action: TicketAction,
    /// The state it led to; absent until it is committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TicketState>,
    /// The transaction's id.
    pub transaction: String,
    /// The block that did it; absent until it is committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Its place in the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Where its receipt is; absent until it is committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Where to ask what became of it.
    pub operation: String,
}

/// What seeding did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Seeded {
    /// Tickets that are new; with `wait=none` or `accepted`, tickets asked for.
    pub seeded: u64,
    /// Tickets that were there already.
    pub existed: u64,
    /// Where to ask what became of it.
    pub operation: String,
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// Rows of the table.
    pub rows: u64,
    /// Tickets that are new; with `wait=none` or `accepted`, tickets asked for.
    pub issued: u64,
    /// Tickets that were there already.
    pub existed: u64,
    /// Rows refused by the chain, by code, `TICKET_EXISTS` aside.
    pub refused: BTreeMap<String, u64>,
    /// Rows that could not become a ticket, the first hundred.
    pub errors: Vec<ImportError>,
    /// Where to ask what became of it.
    pub operation: String,
}

/// A row that could not become a ticket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportError {
    /// The row's line in the table.
    pub line: u64,
    /// What is wrong with it.
    pub detail: String,
}

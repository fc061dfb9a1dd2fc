//! The message queue.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The agreed place of a transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// The block.
    pub height: u64,
    /// Its place in the block.
    pub index: u32,
    /// The agreed time.
    pub time: String,
}

/// A topic.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Who opened it, and may close it.
    pub owner: String,
    /// The block in which it was opened.
    pub opened: u64,
    /// The number of its next message.
    pub next: u64,
    /// Its unfinished messages.
    pub unfinished: u32,
    /// Its finished messages that are still remembered.
    pub finished: u32,
    /// Its dead letters.
    pub dead: u32,
    /// Most unfinished messages.
    pub depth_max: u32,
    /// After how many deliveries an unacknowledged message is a dead letter.
    pub attempts_max: u16,
    /// Longest time for an acknowledgement, in milliseconds.
    pub lease_ms_max: u32,
    /// Who may take its messages; anybody where none is named.
    pub consumers: Vec<String>,
    /// The path of its proof.
    pub proof: String,
}

/// A page of topics, by name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TopicPage {
    /// The topics.
    pub items: Vec<Topic>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A delivery of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Who took it.
    pub consumer: String,
    /// The transaction that took it.
    pub at: Place,
    /// Which attempt it is, from one.
    pub attempt: u16,
    /// The agreed time from which on it cannot be acknowledged any more.
    pub until: String,
}

/// A hub on a message's way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Hop {
    /// The hub.
    pub hub: String,
    /// The transaction that says it has forwarded; absent while it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its number there.
    pub number: u64,
    /// Its sender's name for it, 16 bytes in hexadecimal.
    pub id: String,
    /// Who put it.
    pub sender: String,
    /// Who alone may take it; anybody where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Which goes first: `emergency`, `high`, `normal`, `low` or `bulk`.
    pub priority: String,
    /// What is promised: `at-most-once`, `at-least-once`, `exactly-once` or `ordered`.
    pub guarantee: String,
    /// Where it stands: `ON_ITS_WAY`, `READY`, `TAKEN`, `DONE`, `DEAD_EXPIRED`, `DEAD_ATTEMPTS` or `DEAD_ABANDONED`.
    pub stage: String,
    /// The transaction that put it.
    pub put: Place,
    /// The agreed time at which it is of no use any more.
    pub expires: String,
    /// What it says, as base64; empty once it is done.
    pub body: String,
    /// The SHA-256 of what it said.
    pub digest: String,
    /// How often it was delivered.
    pub attempts: u16,
    /// Its latest deliveries.
    pub deliveries: Vec<Delivery>,
    /// The hubs on its way.
    pub hops: Vec<Hop>,
    /// The path of its proof.
    pub proof: String,
}

/// A page of a topic's messages, by number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct MessagePage {
    /// The messages.
    pub items: Vec<Message>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A route between hubs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HubRoute {
    /// Its name.
    pub name: String,
    /// The hub that registered it.
    pub owner: String,
    /// The hubs that forward, in order.
    pub hops: Vec<String>,
    /// How long a message takes, in milliseconds.
    pub latency_ms: u32,
    /// What a KiB costs, in the unit of fees.
    pub cost_per_kib: u64,
    /// How many of a million messages arrive.
    pub reliability_ppm: u32,
    /// How it is doing: `active`, `degraded`, `maintenance` or `failed`.
    pub status: String,
    /// The path of its proof.
    pub proof: String,
}

/// A page of routes, by name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HubRoutePage {
    /// The routes.
    pub items: Vec<HubRoute>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

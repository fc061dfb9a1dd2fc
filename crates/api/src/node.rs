//! One node: its numbers, identities, store and health.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::TicketCounts;

/// How the API stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// `running`.
    pub status: String,
    /// Seconds since 1970, by this node's clock.
    pub timestamp: u64,
    /// Open WebSocket connections.
    pub ws_clients: u64,
    /// The node's name.
    pub node_id: String,
    /// Its height.
    pub height: u64,
    /// The last height that a quorum certifies.
    pub certified: u64,
    /// What the consensus core is doing.
    pub phase: String,
    /// Whether it votes.
    pub voting: bool,
    /// Blocks of peers it still fetches, up to this height.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catching_up: Option<u64>,
    /// Whether a quorum attests another state than this node computed.
    pub diverged: bool,
}

/// Numbers of a node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// The node's name.
    pub node_id: String,
    /// Connected peers.
    pub peer_count: usize,
    /// Whether it leads the current view.
    pub is_primary: bool,
    /// The current view.
    pub current_view: u64,
    /// The last decided place.
    pub sequence: u64,
    /// Entries of the core's log and of the pool.
    pub cache_size: u64,
    /// The store's numbers.
    pub storage_stats: StorageStats,
    /// The last executed height.
    pub height: u64,
    /// The last certified height.
    pub certified: u64,
    /// The last stable checkpoint.
    pub stable_checkpoint: u64,
    /// Transactions in the pool.
    pub pool_transactions: u64,
    /// Their bytes.
    pub pool_bytes: u64,
}

/// The store's numbers under the names that BoltDB gave them. What an LSM tree does not have is zero.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "the names are those of BoltDB's statistics")]
pub struct StorageStats {
    pub tx_count: u64,
    pub open_tx_count: u64,
    pub page_count: u64,
    pub page_alloc: u64,
    pub cursor_count: u64,
    pub node_count: u64,
    pub node_deref: u64,
    pub rebalance: u64,
    pub rebalance_time: u64,
    pub split: u64,
    pub spill: u64,
    pub spill_time: u64,
    pub write: u64,
    pub write_time: u64,
}

/// Connected peers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Peers {
    /// The peers.
    pub peers: Vec<Peer>,
}

/// A connected peer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Peer {
    /// Its libp2p peer id.
    pub id: String,
    /// Its addresses.
    pub addrs: Vec<String>,
    /// The validator it is, by name; absent for an observer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validator: Option<String>,
}

/// A node's configuration, as far as it is public.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct NodeConfig {
    /// The node's name.
    pub node_id: String,
    /// How many validators there are.
    pub total_nodes: usize,
    /// Whether it leads the current view.
    pub is_primary: bool,
    /// The current view.
    pub current_view: u64,
    /// The protocol.
    pub protocol: String,
    /// How many votes a quorum is.
    pub quorum: usize,
    /// How many validators may lie.
    pub faults: usize,
    /// The chain's id.
    pub chain: String,
    /// The network's name.
    pub network: String,
}

/// The core's last decisions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConsensusLogs {
    /// The entries, newest first.
    pub logs: Vec<LogEntry>,
    /// How many there are.
    pub count: usize,
}

/// One decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct LogEntry {
    /// Its place.
    pub sequence: u64,
    /// The view in which it was first proposed.
    pub view: u64,
    /// The payload's digest.
    pub digest: String,
    /// Who proposed it, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposer: Option<String>,
    /// The agreed time.
    pub timestamp: String,
    /// How many transactions it ordered.
    pub tx_count: u32,
    /// Whether a quorum certifies the block that it became.
    pub certified: bool,
}

/// A node's identities.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct NodeCrypto {
    /// The node's name.
    pub node_id: String,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// The public key that signs its votes, hexadecimal.
    pub public_key: String,
    /// `Ed25519`.
    pub key_algorithm: String,
    /// `Noise`.
    pub transport_security: String,
    /// Where it listens.
    pub listen_addresses: Vec<String>,
}

/// What a node has stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageEntries {
    /// The node's name.
    pub node_id: String,
    /// Tickets in all.
    pub total_tickets: u64,
    /// Tickets by state.
    pub ticket_states: TicketCounts,
    /// Blocks.
    pub consensus_log_count: u64,
    /// The last stable checkpoint.
    pub latest_checkpoint: u64,
    /// The store's own numbers.
    pub db_stats: DbStats,
}

/// The store's own numbers.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
pub struct DbStats {
    /// `fjall`.
    pub engine: String,
    /// Bytes on disk, where the store says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Entries of all applications' states.
    pub state_entries: u64,
}

/// Whether the node is well.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Whether `status` is `healthy`.
    pub success: bool,
    /// `healthy` or `unhealthy`.
    pub status: String,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// Its name, as in `?exclude=`.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// How it stands.
    pub detail: String,
}

/// Which program answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// `unisono`.
    pub name: String,
    /// The version.
    pub version: String,
    /// The protocol that the chain began with.
    pub protocol: String,
    /// The API's version.
    pub api: String,
}

/// Whom to stop hearing and speaking to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartitionRequest {
    /// Validators by name or number (`n2`).
    pub peers: Vec<String>,
}

/// A change that a validator is to wish for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct WishRequest {
    /// The first block that it holds for: some blocks above the last, so that all validators get there before it.
    pub at: u64,
    /// What becomes another.
    #[serde(flatten)]
    pub change: Change,
}

/// Another chain that a validator is to wish connected.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConnectRequest {
    /// That chain's genesis as base64 of its canonical bytes: `canonical` of `/api/v1/genesis`.
    pub genesis: String,
}

/// A change of the protocol or of the validators: exactly one of these.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The name of the protocol that orders blocks.
    Protocol(String),
    /// A validator joins.
    Join(Newcomer),
    /// The name of the validator that leaves.
    Leave(String),
    /// A validator votes with another key.
    Rotate(Rotation),
    /// A validator's vote weighs otherwise.
    Weigh(Weight),
}

/// A validator that joins.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Newcomer {
    /// Its name.
    pub name: String,
    /// The key of its votes, hexadecimal.
    pub key: String,
    /// The key of its network identity, hexadecimal.
    pub network_key: String,
    /// How much its vote weighs; 1 wherever votes are counted.
    #[serde(default = "one")]
    pub weight: u64,
}

const fn one() -> u64 {
    1
}

/// A validator's next key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Rotation {
    /// The validator's name.
    pub name: String,
    /// The key, hexadecimal.
    pub key: String,
}

/// A validator's next weight.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Weight {
    /// The validator's name.
    pub name: String,
    /// How much its vote weighs.
    pub weight: u64,
}

/// What an administrative request did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AdminAnswer {
    /// Validators now cut off from this one, by name.
    pub cut_off: Vec<String>,
}

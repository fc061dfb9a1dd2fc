//! A node's configuration: defaults, then a file, then the environment, then flags; each value with its origin.

mod layers;
mod parse;
mod table;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use crypto::PublicKey;
use libp2p::{Multiaddr, PeerId};

pub use layers::{Layers, Origin, Resolved};
pub use table::{KEYS, Key};

/// The configuration in force, read and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `node.*`
    pub node: NodeSettings,
    /// `network.*`
    pub network: NetworkSettings,
    /// `api.*`
    pub api: ApiSettings,
    /// `consensus.*`
    pub consensus: ConsensusSettings,
    /// `mempool.*`
    pub mempool: MempoolSettings,
    /// `gossip.*`
    pub gossip: GossipSettings,
    /// `storage.*`
    pub storage: StorageSettings,
    /// `metrics.*`
    pub metrics: MetricsSettings,
    /// `logging.*`
    pub logging: LoggingSettings,
    /// Things that work, and that an operator should know.
    pub warnings: Vec<String>,
}

/// `node.*`
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// The node's name; a validator's must be its name in the genesis. Empty: the name that goes with its key.
    pub id: String,
    /// Where keys, lock and sign-state are, and by default everything else.
    pub data_dir: PathBuf,
    /// The genesis; by default `genesis.toml` in the data folder.
    pub genesis: PathBuf,
    /// Whether a trace of what happens is written into the data folder.
    pub trace: bool,
    /// Whose first line opens the keys, where they are encrypted.
    pub passphrase_file: Option<PathBuf>,
}

/// `network.*`
#[derive(Clone, Debug)]
pub struct NetworkSettings {
    /// The address to listen on for peers.
    pub listen_address: String,
    /// The port to listen on for peers; 0 for any.
    pub listen_port: u16,
    /// Others find this node, and it needs nobody to ask for them.
    pub bootstrap_mode: bool,
    /// Whom to ask for the others.
    pub bootstrap_peers: Vec<(PeerId, Multiaddr)>,
    /// Whether anybody may observe.
    pub observers_allowed: bool,
    /// Who may observe where not anybody may.
    pub observers: Vec<PeerId>,
    /// Files of attestations that admit further observers there.
    pub certificates: Vec<PathBuf>,
    /// The keys of operators whose attestations count besides the validators'.
    pub roots: Vec<PublicKey>,
    /// Most connections.
    pub connections_max: u32,
    /// New connections are refused while the process uses more bytes than this.
    pub memory_max: usize,
}

/// `api.*`
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The address of the HTTP face.
    pub address: String,
    /// Its port; 0 for any.
    pub port: u16,
    /// Whether pages of any origin may call it.
    pub enable_cors: bool,
    /// Origins, besides its own, whose pages may open a WebSocket.
    pub origins: Vec<String>,
    /// Keys as `read:SECRET`, `submit:SECRET` or `operate:SECRET`; without any, everybody may do everything.
    pub keys: Vec<String>,
    /// How often somebody may submit.
    pub rate: RateSettings,
}

/// `api.rate_*`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateSettings {
    /// Transactions per second that one address may submit; 0 for any number.
    pub per_address: u64,
    /// Transactions per second that one sender may submit here; 0 for any number.
    pub per_sender: u64,
    /// How much may come at once: what comes in this time.
    pub burst: Duration,
    /// Whether programs of this machine are counted too.
    pub count_local: bool,
}

impl Default for RateSettings {
    fn default() -> Self {
        let burst = Duration::from_secs(5);
        Self { per_address: 10_000, per_sender: 2_000, burst, count_local: false }
    }
}

/// `consensus.*`
#[derive(Clone, Debug)]
pub struct ConsensusSettings {
    /// What the operator believes about view 0; checked against the genesis.
    pub is_primary: Option<bool>,
    /// How many validators the operator believes there are; checked against the genesis.
    pub total_nodes: Option<usize>,
    /// How long work may wait before the leader is replaced.
    pub view_timeout: Duration,
    /// A checkpoint is taken at every multiple of so many blocks.
    pub checkpoint_interval: u64,
    /// Most proposals on their way.
    pub pipeline: u64,
    /// A proof of work's first blocks, which are its easiest, take two to this many hashes on average. All validators
    /// must have the same.
    pub work_bits: u8,
    /// A batch is sealed at this size.
    pub batch_bytes: usize,
    /// A batch is sealed this long after its first transaction came.
    pub batch_delay: Duration,
    /// The least time between two proposals of one node.
    pub block_interval: Duration,
    /// Most own batches on their way.
    pub batches_in_flight: usize,
    /// How long to wait for missing batches or blocks before asking somebody else.
    pub fetch_timeout: Duration,
    /// How far a proposal's time may be ahead of our own clock.
    pub clock_drift_max: Duration,
}

/// `mempool.*`
#[derive(Clone, Debug)]
pub struct MempoolSettings {
    /// Most transactions that wait.
    pub transactions_max: usize,
    /// Most bytes of them.
    pub bytes_max: usize,
    /// Most transactions of one sender that wait.
    pub per_sender_max: usize,
}

/// `gossip.*`
#[derive(Clone, Debug)]
pub struct GossipSettings {
    /// To how many peers a message is passed on.
    pub fanout: usize,
    /// For how many heartbeats a message is offered to who has not seen it.
    pub ttl: usize,
    /// How many ids of transactions are remembered, so that none is taken in twice.
    pub cache_size: usize,
    /// How often to tell the others how far the ledger is here.
    pub anti_entropy_interval: Duration,
}

/// `storage.*`
#[derive(Clone, Debug)]
pub struct StorageSettings {
    /// The database's folder; by default `db` in the data folder.
    pub path: PathBuf,
    /// How long to wait for a process that still has the database open.
    pub timeout: Duration,
}

/// `metrics.*`
#[derive(Clone, Debug)]
pub struct MetricsSettings {
    /// Whether metrics have a port of their own, besides `/metrics` of the API.
    pub enabled: bool,
    /// Its address.
    pub address: String,
    /// Its number; 0 for any.
    pub port: u16,
}

/// `logging.*`
#[derive(Clone, Debug)]
pub struct LoggingSettings {
    /// What is logged: a level, or filters as in `info,libp2p=warn`.
    pub level: String,
    /// Whether each line is a JSON object.
    pub is_json: bool,
    /// Where to.
    pub output: LogOutput,
}

/// Where logs go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogOutput {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file, appended to.
    File(PathBuf),
}

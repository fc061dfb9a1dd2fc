//! Every key once: its name, its default, what it means.

/// A key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name with its section, as in `network.listen_port`.
    pub name: &'static str,
    /// Its default as it would be written; empty for none.
    pub default: &'static str,
    /// What it means.
    pub help: &'static str,
    /// Whether its value is never shown.
    pub is_secret: bool,
}

const fn key(name: &'static str, default: &'static str, help: &'static str) -> Key {
    Key { name, default, help, is_secret: false }
}

/// All keys.
pub const KEYS: &[Key] = &[
    key("node.id", "", "the node's name; a validator's is its name in the genesis"),
    key("node.data_dir", "./data", "where keys, lock and sign-state are"),
    key("node.genesis", "", "the genesis [default: genesis.toml in node.data_dir]"),
    key(
        "node.trace",
        "false",
        "write what this node sends, receives and decides into a .trace file in node.data_dir",
    ),
    key(
        "node.passphrase_file",
        "",
        "a file whose line opens encrypted keys [default: UNISONO_PASSPHRASE, or the terminal]",
    ),
    key("network.listen_address", "0.0.0.0", "the address to listen on for peers"),
    key("network.listen_port", "4001", "the port to listen on for peers; 0 for any"),
    key(
        "network.bootstrap_mode",
        "false",
        "others find this node, and it needs nobody to ask for them",
    ),
    key(
        "network.bootstrap_peers",
        "",
        "whom to ask for the others: /ip4/ADDRESS/tcp/PORT/p2p/PEER",
    ),
    key("network.observers_allowed", "true", "whether anybody may observe"),
    key("network.observers", "", "peer ids that may observe where not anybody may"),
    key(
        "network.certificates",
        "",
        "files of attested network keys that may observe there too, as `unisono keys attest` makes them",
    ),
    key("network.roots", "", "keys of operators whose attestations count besides the validators'"),
    key("network.connections_max", "256", "most connections to peers"),
    key("network.memory_max", "1GiB", "no new connections while the process uses more than this"),
    key("api.address", "127.0.0.1", "the address of the HTTP face"),
    key("api.port", "8080", "its port; 0 for any"),
    key("api.enable_cors", "false", "whether pages of any origin may call it"),
    key("api.origins", "", "origins, besides its own, whose pages may open a WebSocket"),
    Key {
        name: "api.keys",
        default: "",
        help: "keys as ROLE:SECRET, ROLE one of read, submit, operate; without any, everybody may do everything",
        is_secret: true,
    },
    key(
        "api.rate_per_address",
        "10000",
        "transactions per second that one address may submit; 0 for any number",
    ),
    key(
        "api.rate_per_sender",
        "2000",
        "transactions per second that one sender may submit here; 0 for any number",
    ),
    key("api.rate_burst", "5s", "so much may be submitted at once as comes in this time"),
    key("api.rate_local", "false", "whether programs of this machine are counted too"),
    key(
        "consensus.is_primary",
        "",
        "deprecated: checked against the genesis, whose first validator leads view 0",
    ),
    key("consensus.total_nodes", "", "checked against the genesis"),
    key("consensus.view_timeout", "2s", "how long work may wait before the leader is replaced"),
    key(
        "consensus.checkpoint_interval",
        "64",
        "a checkpoint at every multiple of so many blocks; the same at all validators",
    ),
    key("consensus.pipeline", "8", "most proposals on their way"),
    key(
        "consensus.work_bits",
        "18",
        "a proof of work's first and easiest blocks take 2 to this many hashes; alike at all validators",
    ),
    key("consensus.block_interval", "5ms", "the least time between two proposals of one node"),
    key("consensus.batch_bytes", "500KB", "a batch is sealed at this size"),
    key("consensus.batch_delay", "2ms", "a batch is sealed this long after its first transaction"),
    key("consensus.batches_in_flight", "8", "most own batches on their way"),
    key(
        "consensus.fetch_timeout",
        "500ms",
        "how long to wait for what is missing before asking another peer",
    ),
    key(
        "consensus.clock_drift_max",
        "10s",
        "how far a proposal's time may be ahead of this node's clock",
    ),
    key("mempool.transactions_max", "16384", "most transactions that wait"),
    key("mempool.bytes_max", "4MiB", "most bytes of them"),
    key("mempool.per_sender_max", "16384", "most transactions of one sender that wait"),
    key("gossip.fanout", "3", "to how many peers a gossiped message is passed on"),
    key("gossip.ttl", "10", "for how many heartbeats it is offered to who has not seen it"),
    key("gossip.cache_size", "10000", "how many ids of transactions are remembered"),
    key(
        "gossip.anti_entropy_interval",
        "5s",
        "how often to tell the others how far the ledger is here",
    ),
    key("storage.type", "fjall", "the database: fjall (boltdb, of older files, means the same)"),
    key("storage.path", "", "its folder [default: db in node.data_dir]"),
    key("storage.timeout", "10s", "how long to wait for a process that still has it open"),
    key(
        "metrics.enabled",
        "false",
        "whether metrics have a port of their own, besides /metrics of the API",
    ),
    key("metrics.address", "127.0.0.1", "its address"),
    key("metrics.port", "9090", "its number; 0 for any"),
    key("logging.level", "info", "a level, or filters as in info,libp2p=warn"),
    key("logging.format", "text", "text or json"),
    key("logging.output", "stderr", "stdout, stderr or a file"),
];

/// The key with this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The known key that looks most like `name`.
pub(super) fn nearest(name: &str) -> &'static str {
    let distance = |key: &&Key| edits(name, key.name);
    KEYS.iter().min_by_key(distance).map_or("", |key| key.name)
}

/// How many letters must be put in, taken out or changed to make one text of the other.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

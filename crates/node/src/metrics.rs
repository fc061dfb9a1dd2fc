//! What a node counts: the six families that operators know, under one prefix, shown at `/metrics`.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// One label.
macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($field:ident),+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
        pub struct $name {
            $(#[doc = concat!("The label `", stringify!($field), "`.")] pub $field: &'static str),+
        }
    )+};
}
labels! {
    /// A direction and a kind of message.
    MessageLabels { direction, kind }
    /// A direction: `in` or `out`.
    DirectionLabels { direction }
    /// Why something was dropped, closed or refused.
    ReasonLabels { reason }
    /// How something ended.
    OutcomeLabels { outcome }
    /// A kind of vote, and what became of it.
    VoteLabels { kind, verdict }
    /// A result: `hit` or `miss`.
    ResultLabels { result }
    /// A state.
    StateLabels { state }
    /// A ticket's step and how it ended.
    TransitionLabels { to, outcome }
    /// An operation of the store.
    OperationLabels { op }
    /// A margin's kind.
    KindLabels { kind }
}

/// A request of the HTTP face.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct RequestLabels {
    /// The route's pattern, never the path itself.
    pub route: &'static str,
    /// The method.
    pub method: &'static str,
    /// The status code.
    pub status: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
    protocol: String,
}

type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// All counters of one node.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Consensus: the last executed height.
    pub height: Gauge,
    /// Consensus: the last certified height.
    pub certified: Gauge,
    /// Consensus: the current view.
    pub view: Gauge,
    /// Consensus: decisions (blocks executed here), by how they came: `decided`, `caught_up`, `null`.
    pub decisions: Family<OutcomeLabels, Counter>,
    /// Consensus: places at which a view ended before they were decided.
    pub rounds_failed: Counter,
    /// Consensus: from the proposal's time to its execution here.
    pub decision_seconds: Histogram,
    /// Consensus: from execution to the quorum's certificate.
    pub certify_seconds: Histogram,
    /// Consensus: votes by kind and verdict.
    pub votes: Family<VoteLabels, Counter>,
    /// Consensus: votes that the waiting place still needs.
    pub missing_votes: Gauge,
    /// Consensus: how many more faults it stands.
    pub fault_margin: Family<KindLabels, Gauge>,
    /// Consensus: changes of view by cause.
    pub view_changes: Family<ReasonLabels, Counter>,
    /// Consensus: pieces of evidence.
    pub equivocations: Counter,
    /// Consensus: transactions executed, by outcome.
    pub transactions: Family<OutcomeLabels, Counter>,
    /// Consensus: transactions in the pool.
    pub pool_transactions: Gauge,
    /// Consensus: their bytes.
    pub pool_bytes: Gauge,
    /// Network: connected peers by state (`validator`, `observer`).
    pub peers: Family<StateLabels, Gauge>,
    /// Network: frames by direction and kind.
    pub messages: Family<MessageLabels, Counter>,
    /// Network: bytes of frames by direction.
    pub bytes: Family<DirectionLabels, Counter>,
    /// Network: frames and messages dropped, by reason.
    pub dropped: Family<ReasonLabels, Counter>,
    /// Network: peers refused or closed, by reason.
    pub peers_rejected: Family<ReasonLabels, Counter>,
    /// Gossip: messages by direction and kind.
    pub gossip_messages: Family<MessageLabels, Counter>,
    /// Gossip: ids remembered.
    pub gossip_cache_size: Gauge,
    /// Gossip: lookups by result.
    pub gossip_cache: Family<ResultLabels, Counter>,
    /// Tickets by state.
    pub tickets: Family<StateLabels, Gauge>,
    /// Tickets: steps by target and outcome.
    pub ticket_transitions: Family<TransitionLabels, Counter>,
    /// Storage: operations.
    pub storage_operations: Family<OperationLabels, Counter>,
    /// Storage: how long they took.
    pub storage_seconds: Histograms<OperationLabels>,
    /// Storage: bytes written.
    pub storage_bytes: Counter,
    /// API: requests and how long they took.
    pub http_seconds: Histograms<RequestLabels>,
    /// API: requests.
    pub http_requests: Family<RequestLabels, Counter>,
    /// API: open WebSocket connections.
    pub websockets: Gauge,
    /// API: events that a slow WebSocket listener missed.
    pub websocket_missed: Counter,
}

fn seconds() -> Histogram {
    Histogram::new([
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
        5.0, 10.0,
    ])
}

impl Metrics {
    /// Counters at zero.
    #[must_use]
    pub fn new(protocol: &str) -> Self {
        let mut this = Self {
            registry: Registry::with_prefix("unisono"),
            height: Gauge::default(),
            certified: Gauge::default(),
            view: Gauge::default(),
            decisions: Family::default(),
            rounds_failed: Counter::default(),
            decision_seconds: seconds(),
            certify_seconds: seconds(),
            votes: Family::default(),
            missing_votes: Gauge::default(),
            fault_margin: Family::default(),
            view_changes: Family::default(),
            equivocations: Counter::default(),
            transactions: Family::default(),
            pool_transactions: Gauge::default(),
            pool_bytes: Gauge::default(),
            peers: Family::default(),
            messages: Family::default(),
            bytes: Family::default(),
            dropped: Family::default(),
            peers_rejected: Family::default(),
            gossip_messages: Family::default(),
            gossip_cache_size: Gauge::default(),
            gossip_cache: Family::default(),
            tickets: Family::default(),
            ticket_transitions: Family::default(),
            storage_operations: Family::default(),
            storage_seconds: Family::new_with_constructor(seconds),
            storage_bytes: Counter::default(),
            http_seconds: Family::new_with_constructor(seconds),
            http_requests: Family::default(),
            websockets: Gauge::default(),
            websocket_missed: Counter::default(),
        };
        let build: Family<BuildLabels, Gauge> = Family::default();
        let labels =
            BuildLabels { version: env!("CARGO_PKG_VERSION"), protocol: protocol.to_owned() };
        build.get_or_create(&labels).set(1);
        this.registry.register("build_info", "Which build this is", build);
        this.register_consensus();
        this.register_network();
        this.register_rest();
        this.start_at_zero();
        this
    }

    fn register_consensus(&mut self) {
        let part = self.registry.sub_registry_with_prefix("consensus");
        part.register("height", "Last executed height", self.height.clone());
        part.register("certified_height", "Last certified height", self.certified.clone());
        part.register("view", "Current view", self.view.clone());
        part.register("decisions", "Blocks executed here", self.decisions.clone());
        part.register(
            "rounds_failed",
            "Places at which a view ended before they were decided",
            self.rounds_failed.clone(),
        );
        part.register_with_unit(
            "decision_duration",
            "From the proposal's time to its execution here",
            Unit::Seconds,
            self.decision_seconds.clone(),
        );
        part.register_with_unit(
            "certify_duration",
            "From execution to the quorum's certificate",
            Unit::Seconds,
            self.certify_seconds.clone(),
        );
        part.register("votes", "Votes received", self.votes.clone());
        part.register("missing_votes", "Votes still needed", self.missing_votes.clone());
        part.register("fault_margin", "Faults it still stands", self.fault_margin.clone());
        part.register("view_changes", "Changes of view", self.view_changes.clone());
        part.register("equivocations", "Pieces of evidence", self.equivocations.clone());
        part.register("transactions", "Transactions executed", self.transactions.clone());
        part.register(
            "pool_transactions",
            "Transactions that wait",
            self.pool_transactions.clone(),
        );
        part.register("pool_bytes", "Bytes that wait", self.pool_bytes.clone());
    }

    fn register_network(&mut self) {
        let part = self.registry.sub_registry_with_prefix("net");
        part.register("peers", "Connected peers", self.peers.clone());
        part.register("messages", "Frames between nodes", self.messages.clone());
        part.register("bytes", "Bytes of frames between nodes", self.bytes.clone());
        part.register("dropped", "Frames and messages dropped", self.dropped.clone());
        part.register("rejected_peers", "Peers refused or closed", self.peers_rejected.clone());
        let part = self.registry.sub_registry_with_prefix("gossip");
        part.register("messages", "Gossip messages", self.gossip_messages.clone());
        part.register("cache_size", "Ids remembered", self.gossip_cache_size.clone());
        part.register("cache_requests", "Lookups of seen ids", self.gossip_cache.clone());
    }

    fn register_rest(&mut self) {
        self.registry.register("tickets", "Tickets by state", self.tickets.clone());
        self.registry.register(
            "ticket_transitions",
            "Steps of tickets",
            self.ticket_transitions.clone(),
        );
        let part = self.registry.sub_registry_with_prefix("storage");
        part.register("operations", "Operations of the store", self.storage_operations.clone());
        part.register_with_unit(
            "operation_duration",
            "How long operations of the store took",
            Unit::Seconds,
            self.storage_seconds.clone(),
        );
        part.register("written_bytes", "Bytes written", self.storage_bytes.clone());
        let part = self.registry.sub_registry_with_prefix("http");
        part.register("requests", "Requests", self.http_requests.clone());
        part.register_with_unit(
            "request_duration",
            "How long requests took",
            Unit::Seconds,
            self.http_seconds.clone(),
        );
        let registry = &mut self.registry;
        registry.register("websocket_connections", "Open WebSockets", self.websockets.clone());
        registry.register(
            "websocket_missed_events",
            "Events that slow listeners missed",
            self.websocket_missed.clone(),
        );
    }

    /// A counter that was never touched is shown as zero, so that its first increment is seen as one.
    fn start_at_zero(&self) {
        for reason in protocol::Reject::ALL {
            let _ = self.dropped.get_or_create(&ReasonLabels { reason: reason.label() });
        }
        for reason in PEER_REASONS {
            let _ = self.peers_rejected.get_or_create(&ReasonLabels { reason });
        }
        for state in ["ISSUED", "VALIDATED", "CONSUMED", "DISPUTED"] {
            let _ = self.tickets.get_or_create(&StateLabels { state });
        }
        for result in ["hit", "miss"] {
            let _ = self.gossip_cache.get_or_create(&ResultLabels { result });
        }
        for direction in ["in", "out"] {
            let _ = self.bytes.get_or_create(&DirectionLabels { direction });
            for kind in ["transaction", "tip"] {
                let _ = self.gossip_messages.get_or_create(&MessageLabels { direction, kind });
            }
        }
        for outcome in ["decided", "caught_up", "null"] {
            let _ = self.decisions.get_or_create(&OutcomeLabels { outcome });
        }
    }

    /// All of it in the OpenMetrics text format.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => out,
            Err(std::fmt::Error) => unreachable!("a string takes everything"),
        }
    }

    pub(crate) fn drop_for(&self, reason: &'static str) {
        self.dropped.get_or_create(&ReasonLabels { reason }).inc();
    }
    pub(crate) fn reject_peer(&self, reason: &'static str) {
        self.peers_rejected.get_or_create(&ReasonLabels { reason }).inc();
    }
}

/// Why peers are refused or closed.
pub(crate) const PEER_REASONS: [&str; 8] = [
    "not_admitted",
    "wrong_key",
    "wrong_chain",
    "wrong_version",
    "oversized_frame",
    "malformed_frame",
    "bad_hello",
    "connection_limit",
];

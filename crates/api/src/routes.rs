//! Every route of a node, once: the node's router is checked against this table, and OpenAPI is made from it.

use Answer::{Bytes, Data, EventStream, Plain, Text, WebSocket};
use Body::{Batch, Csv, Empty, Json, Transaction};
use Method::{Get, Post};
use Role::{Open, Operate, Read, Submit};

/// Where the routes begin that belong to a version.
pub const PREFIX: &str = "/api/v1";

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with `{name}` for parameters.
    pub path: &'static str,
    /// The operation's name in OpenAPI, and the prefix of generated names.
    pub name: &'static str,
    /// The group it is shown in.
    pub tag: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Who may call it, where API keys are configured.
    pub role: Role,
    /// The query parameters that it takes.
    pub query: &'static [Query],
    /// What it takes.
    pub body: Body,
    /// What it answers.
    pub answer: Answer,
    /// The statuses of its failures, besides those that every route can have.
    pub failures: &'static [u16],
}

/// A method.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes.
    Post,
}

impl Method {
    /// The method's name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What an API key allows; each role includes those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// No key is needed.
    Open,
    /// Looking.
    Read,
    /// Asking for changes of the ledger.
    Submit,
    /// Changing the node.
    Operate,
}

/// What a route takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON of this schema.
    Json(&'static str),
    /// A CSV table.
    Csv,
    /// A transaction's canonical bytes, or JSON with their base64.
    Transaction,
    /// Transactions' canonical bytes, each behind its length in four bytes, little-endian.
    Batch,
}

/// What a route answers when all is well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// An envelope around JSON of this schema.
    Data(&'static str),
    /// JSON of this schema.
    Plain(&'static str),
    /// Text.
    Text,
    /// Canonical bytes.
    Bytes,
    /// A stream of CloudEvents as server-sent events.
    EventStream,
    /// A WebSocket that CloudEvents come over.
    WebSocket,
    /// Any JSON object.
    Object,
}

/// A query parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Query {
    /// Its name.
    pub name: &'static str,
    /// Its type in JSON schema.
    pub schema: &'static str,
    /// The values it can have; empty where any.
    pub values: &'static [&'static str],
    /// What it does.
    pub text: &'static str,
}

const fn query(name: &'static str, schema: &'static str, text: &'static str) -> Query {
    Query { name, schema, values: &[], text }
}
const fn choice(name: &'static str, values: &'static [&'static str], text: &'static str) -> Query {
    Query { name, schema: "string", values, text }
}

const LIMIT: Query = query("limit", "integer", "items per page, 1 to 500; 50 where absent");
const CURSOR: Query =
    query("cursor", "string", "`next_cursor` of the page before; the first page where absent");
const WAIT: Query = choice(
    "wait",
    &["none", "accepted", "commit"],
    "what to wait for; `commit` where absent. `none` and `accepted` answer 202 with `Location`",
);
const TIMEOUT: Query = query(
    "timeout",
    "string",
    "how long to wait, as in `500ms` or `10s`; 1 ms to 60 s, 20 s where absent",
);
const FORMAT: Query = choice(
    "format",
    &["cloudevents", "seed"],
    "`seed` words events as the older ticket network did",
);
const AFTER: Query = query("after", "integer", "resume behind this sequence; live where absent");
const EXCLUDE: Query =
    query("exclude", "string", "names of checks to leave out, separated by commas");
const VERBOSE: Query = query("verbose", "string", "one line per check, where present");

const WAITS: &[Query] = &[WAIT, TIMEOUT];
const PAGE: &[Query] = &[LIMIT, CURSOR];
const NO_QUERY: &[Query] = &[];
const PROBES: &[Query] = &[VERBOSE, EXCLUDE];
const EVENTS: &[Query] = &[FORMAT, AFTER];
const TICKETS: &[Query] = &[
    LIMIT,
    CURSOR,
    choice("state", &["ISSUED", "VALIDATED", "CONSUMED", "DISPUTED"], "only tickets in this state"),
    choice("sort", &["id", "updated", "-updated"], "the order; `id` where absent"),
    query("q", "string", "only tickets whose id contains this, whatever the case"),
];
const IMPORT: &[Query] = &[
    WAIT,
    TIMEOUT,
    query(
        "id",
        "string",
        "the columns that make the id, separated by commas and joined by `-`; `id` where absent",
    ),
    query(
        "data",
        "string",
        "the column that is the data; all columns as a JSON object where absent",
    ),
];
const SUBJECT: &[Query] = &[query(
    "subject",
    "string",
    "a ticket, a height, a validator (`n2` or its name) or a transaction; the whole network where absent",
)];

const SIZE: &[Query] = &[query(
    "size",
    "integer",
    "how many blocks the head covers; those that are certified where absent",
)];
const SPAN: &[Query] = &[
    query("from", "integer", "how many blocks the earlier chain has"),
    query(
        "to",
        "integer",
        "how many blocks the later chain has; those that are certified where absent",
    ),
];
const KEY: &[Query] =
    &[choice("encoding", &["hex", "base64url"], "how the key is written; `hex` where absent")];
const MESSAGES: &[Query] = &[
    LIMIT,
    CURSOR,
    choice(
        "stage",
        &[
            "ON_ITS_WAY",
            "READY",
            "TAKEN",
            "DONE",
            "DEAD",
            "DEAD_EXPIRED",
            "DEAD_ATTEMPTS",
            "DEAD_ABANDONED",
        ],
        "only messages that stand there; `DEAD` for all dead letters",
    ),
    query("consumer", "string", "only what this account holds"),
];
const RUNS: &[Query] = &[LIMIT, CURSOR, query("contract", "string", "only calls of this one")];
const SINCE: &[Query] = &[
    query("since", "integer", "the last block whose updates are known; all updates where absent"),
    query("after", "integer", "how many updates are known, instead of `since`"),
    LIMIT,
];

const CHANGE: &[u16] = &[400, 404, 409, 413, 415, 422, 429, 503, 504];
const LOOK: &[u16] = &[400, 404, 503];
const NEVER: &[u16] = &[];

const fn get(
    path: &'static str,
    name: &'static str,
    tag: &'static str,
    query: &'static [Query],
    answer: Answer,
    summary: &'static str,
) -> Route {
    let (role, body, failures) = (Read, Empty, LOOK);
    Route { method: Get, path, name, tag, summary, role, query, body, answer, failures }
}
const fn open(
    path: &'static str,
    name: &'static str,
    query: &'static [Query],
    answer: Answer,
    summary: &'static str,
) -> Route {
    let (role, body, failures) = (Open, Empty, NEVER);
    Route { method: Get, path, name, tag: "service", summary, role, query, body, answer, failures }
}
const fn post(
    path: &'static str,
    name: &'static str,
    tag: &'static str,
    query: &'static [Query],
    body: Body,
    answer: Answer,
    summary: &'static str,
) -> Route {
    let (role, failures) = (Submit, CHANGE);
    Route { method: Post, path, name, tag, summary, role, query, body, answer, failures }
}

/// All routes.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    post("/api/v1/tickets/issue", "issueTicket", "tickets", WAITS, Json("TicketRequest"), Data("Transition"),
        "Create a ticket."),
    post("/api/v1/tickets/validate", "validateTicket", "tickets", WAITS, Json("TicketRequest"), Data("Transition"),
        "Validate an ISSUED ticket."),
    post("/api/v1/tickets/consume", "consumeTicket", "tickets", WAITS, Json("TicketRequest"), Data("Transition"),
        "Use up a VALIDATED ticket; of all that try, one succeeds."),
    post("/api/v1/tickets/dispute", "disputeTicket", "tickets", WAITS, Json("TicketRequest"), Data("Transition"),
        "Contest a VALIDATED ticket."),
    post("/api/v1/tickets/seed", "seedTickets", "tickets", WAITS, Empty, Data("Seeded"),
        "Create the deterministic set of 500 tickets."),
    post("/api/v1/tickets/import", "importTickets", "tickets", IMPORT, Csv, Data("Imported"),
        "Create a ticket from each row of a CSV table with a header line."),
    get("/api/v1/tickets", "listTickets", "tickets", TICKETS, Data("TicketPage"), "List tickets."),
    get("/api/v1/tickets/{id}", "getTicket", "tickets", NO_QUERY, Data("Ticket"),
        "One ticket with its whole life and where its proofs are."),

    post("/api/v1/transactions", "submitTransaction", "ledger", WAITS, Transaction, Data("Submitted"),
        "Submit a signed transaction."),
    post("/api/v1/transactions/batch", "submitBatch", "ledger", NO_QUERY, Batch, Data("BatchAnswer"),
        "Submit many signed transactions at once. With `Accept: application/octet-stream` the answer is one \
         little-endian two-byte code for each, zero for accepted."),
    get("/api/v1/transactions/{id}", "getTransaction", "ledger", NO_QUERY, Data("Transaction"),
        "What became of a transaction."),
    get("/api/v1/receipts/{id}", "getReceipt", "ledger", NO_QUERY, Data("Receipt"),
        "The offline proof of a transaction. With `Accept: application/octet-stream` its canonical bytes alone."),
    get("/api/v1/blocks", "listBlocks", "ledger", PAGE, Data("BlockPage"), "List blocks, newest first."),
    get("/api/v1/blocks/{height}", "getBlock", "ledger", NO_QUERY, Data("Block"),
        "A block with its certificate; `latest` for the newest."),
    get("/api/v1/blocks/{height}/page", "getBlocksPage", "ledger", NO_QUERY, Bytes,
        "Whole certified blocks from a height on, in canonical bytes, with the proof of who validates: what \
         `unisono ledger import` reads."),
    get("/api/v1/operations/{id}", "getOperation", "ledger", NO_QUERY, Data("Operation"),
        "What became of a request that was not waited for."),

    get("/api/v1/chains", "listChains", "ledger", NO_QUERY, Data("ChainList"), "The chains that this node follows."),
    get("/api/v1/head", "getHead", "ledger", SIZE, Text,
        "The chain's head as this validator signs it: a C2SP tlog-checkpoint. All validators sign the same text for a size."),
    get("/api/v1/blocks/{height}/proof", "getBlockProof", "ledger", SIZE, Data("BlockProof"),
        "The proof that a block stands in the chain, under a signed head."),
    get("/api/v1/consistency", "getConsistency", "ledger", SPAN, Data("ConsistencyProof"),
        "The proof that the chain has only grown between two sizes."),
    get("/api/v1/state/{app}/{key}", "getEntry", "ledger", KEY, Data("StateEntry"),
        "What an application's state holds under a key, or that it holds nothing there, with the offline proof. With \
         `Accept: application/octet-stream` its canonical bytes alone."),
    get("/api/v1/forks", "getForks", "ledger", NO_QUERY, Data("ForkReport"), "What this node has seen of forks."),

    get("/api/v1/queue/topics", "listTopics", "queue", PAGE, Data("TopicPage"), "List topics by name."),
    get("/api/v1/queue/topics/{topic}", "getTopic", "queue", NO_QUERY, Data("Topic"), "One topic."),
    get("/api/v1/queue/topics/{topic}/messages", "listMessages", "queue", MESSAGES, Data("MessagePage"),
        "A topic's messages by number: unfinished ones, dead letters, and those still remembered."),
    get("/api/v1/queue/topics/{topic}/messages/{number}", "getMessage", "queue", NO_QUERY, Data("Message"),
        "One message with its deliveries and its way."),
    get("/api/v1/queue/routes", "listHubRoutes", "queue", PAGE, Data("HubRoutePage"), "List routes between hubs by name."),
    get("/api/v1/registry/hubs", "listHubs", "registry", PAGE, Data("HubPage"), "List hubs by account."),
    get("/api/v1/registry/accounts/{account}", "getAccount", "registry", NO_QUERY, Data("AccountStake"),
        "What an account has in the federation."),
    get("/api/v1/registry/candidates", "listCandidates", "registry", NO_QUERY, Data("CandidateList"),
        "Who could validate, and whether the registry decides who does."),
    get("/api/v1/governance/proposals", "listProposals", "governance", PAGE, Data("ProposalPage"), "List proposals by number."),
    get("/api/v1/governance/proposals/{number}", "getProposal", "governance", NO_QUERY, Data("Proposal"),
        "One proposal, and how its vote stands."),
    get("/api/v1/governance/parameters", "listParameters", "governance", NO_QUERY, Data("ParameterList"),
        "The agreed parameters."),
    get("/api/v1/updates", "listUpdates", "updates", SINCE, Data("MissingUpdates"),
        "What hubs have told of their state since a block."),
    get("/api/v1/joint/accounts", "listJointAccounts", "joint", PAGE, Data("JointAccountPage"), "List joint accounts by address."),
    get("/api/v1/joint/accounts/{address}", "getJointAccount", "joint", NO_QUERY, Data("JointAccount"), "One joint account."),
    get("/api/v1/joint/accounts/{address}/proposals/{number}", "getJointProposal", "joint", NO_QUERY, Data("JointProposal"),
        "What members of a joint account have proposed, who approves it, and what came of it."),
    get("/api/v1/joint/keys/{key}", "getKeyUse", "joint", NO_QUERY, Data("KeyUse"),
        "For which account a key acts, and how long."),
    get("/api/v1/contracts", "listContracts", "contracts", PAGE, Data("ContractPage"), "List contracts by address."),
    get("/api/v1/contracts/{address}", "getContract", "contracts", NO_QUERY, Data("Contract"), "One contract."),
    get("/api/v1/contracts/{address}/entries", "listContractEntries", "contracts", PAGE, Data("ContractEntryPage"),
        "What a contract keeps, by key."),
    get("/api/v1/contracts/runs", "listContractRuns", "contracts", RUNS, Data("ContractRunPage"),
        "What became of the latest calls and deployments, newest first."),
    Route { role: Read, failures: &[400, 404, 409, 413, 415, 422, 503],
        ..post("/api/v1/contracts/{address}/query", "queryContract", "contracts", NO_QUERY, Json("ContractQuery"),
        Data("ContractAnswer"), "Ask a contract: its function runs on this node's state and changes nothing.") },
    get("/api/v1/contracts/runs/{account}/{nonce}", "getContractRun", "contracts", NO_QUERY, Data("ContractRun"),
        "What became of a call or a deployment, by its sender and nonce."),

    get("/api/v1/network", "getNetwork", "network", NO_QUERY, Data("Network"),
        "The network as this validator sees it, its verdict first."),
    get("/api/v1/why", "getWhy", "network", SUBJECT, Data("Why"),
        "Why something is as it is: missing votes, the timer waited for, and what would unblock it."),
    get("/api/v1/evidence", "listEvidence", "network", NO_QUERY, Data("EvidenceList"),
        "Who has provably lied, with both signed statements."),
    get("/api/v1/view-changes", "listViewChanges", "network", NO_QUERY, Data("ViewChangeList"),
        "The last changes of view with their causes."),
    get("/api/v1/events", "streamEvents", "network", EVENTS, EventStream,
        "Events as they happen. `Last-Event-ID` resumes; a gap is announced."),

    get("/api/v1/status", "getStatus", "node", NO_QUERY, Data("Status"), "How this API stands."),
    get("/api/v1/stats", "getStats", "node", NO_QUERY, Data("Stats"), "Numbers of this node."),
    get("/api/v1/peers", "getPeers", "node", NO_QUERY, Data("Peers"), "Connected peers."),
    get("/api/v1/config", "getConfig", "node", NO_QUERY, Data("NodeConfig"), "This node's public configuration."),
    get("/api/v1/genesis", "getGenesis", "node", NO_QUERY, Data("Genesis"),
        "The agreed beginning of the chain: all that checking a receipt needs."),
    get("/api/v1/consensus/logs", "getConsensusLogs", "node", &[LIMIT], Data("ConsensusLogs"), "The last decisions."),
    get("/api/v1/node/crypto", "getNodeCrypto", "node", NO_QUERY, Data("NodeCrypto"), "This node's identities."),
    get("/api/v1/storage/entries", "getStorageEntries", "node", NO_QUERY, Data("StorageEntries"),
        "What this node has stored."),
    Route { role: Operate, failures: &[400, 403, 503],
        ..post("/api/v1/admin/partition", "partition", "admin", NO_QUERY, Json("PartitionRequest"), Data("AdminAnswer"),
        "Stop hearing and speaking to some validators; development networks only.") },
    Route { role: Operate, failures: &[400, 403, 503],
        ..post("/api/v1/admin/heal", "heal", "admin", NO_QUERY, Empty, Data("AdminAnswer"),
        "Undo all partitions of this node; development networks only.") },
    Route { role: Operate, failures: &[400, 403, 409, 422, 429, 503, 504],
        ..post("/api/v1/admin/wish", "wish", "admin", WAITS, Json("WishRequest"), Data("Submitted"),
        "Let this validator wish for a change of the protocol or the validators; a quorum that wishes the same has it.") },
    Route { role: Operate, failures: &[400, 403, 409, 422, 429, 503, 504],
        ..post("/api/v1/admin/found", "found", "admin", WAITS, Json("Founding"), Data("Submitted"),
        "Let this validator found the federation: its first hubs, and all stake there will ever be.") },

    Route { role: Operate, failures: &[400, 403, 409, 422, 429, 503, 504],
        ..post("/api/v1/admin/connect", "connect", "admin", WAITS, Json("ConnectRequest"), Data("Submitted"),
        "Let this validator wish that another chain be connected; a quorum that wishes it connects it.") },

    Route { role: Read, ..open("/ws", "webSocket", EVENTS, WebSocket,
        "Events as they happen, over a WebSocket. `{\"type\":\"ping\"}` is answered by `pong`.") },
    open("/livez", "livez", PROBES, Text, "Whether the process should be left alive."),
    open("/readyz", "readyz", PROBES, Text, "Whether the node can take requests now."),
    open("/startupz", "startupz", PROBES, Text, "Whether the node has started."),
    open("/health", "health", NO_QUERY, Plain("Health"), "Whether the node is well."),
    open("/version", "version", NO_QUERY, Data("Version"), "Which program answers."),
    open("/metrics", "metrics", NO_QUERY, Text, "Metrics in the OpenMetrics text format."),
    open("/openapi.json", "openapi", NO_QUERY, Answer::Object, "This description."),
];

impl Route {
    /// The names of the path's parameters.
    pub fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

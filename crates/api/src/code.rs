//! The stable names of failures, each with its HTTP status.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $label:literal, $status:literal, $retryable:literal, $title:literal;)+) => {
        /// The stable names of everything that can go wrong.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $label)] $name,)+
        }
        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The name that travels.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$name => $status,)+
                }
            }
            /// Whether the same request may succeed later.
            #[must_use]
            pub const fn is_retryable(self) -> bool {
                match self {
                    $(Self::$name => $retryable,)+
                }
            }
            /// A short title for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not of the expected shape.
    MalformedJson = "MALFORMED_JSON", 400, false, "the body is not the expected JSON";
    /// A field that must be base64 is not.
    MalformedBase64 = "MALFORMED_BASE64", 400, false, "not base64";
    /// The bytes are no transaction.
    MalformedTransaction = "MALFORMED_TRANSACTION", 400, false, "not a transaction";
    /// The CSV cannot be read.
    MalformedCsv = "MALFORMED_CSV", 400, false, "not a usable CSV table";
    /// A parameter of the path, the query or a header is out of its range.
    BadParameter = "BAD_PARAMETER", 400, false, "a parameter is wrong";
    /// A key is needed and none, or an unknown one, was given.
    Unauthenticated = "UNAUTHENTICATED", 401, false, "an API key is needed";
    /// The key's role does not allow this.
    Forbidden = "FORBIDDEN", 403, false, "this key may not do that";
    /// A page of another origin asked.
    OriginRefused = "ORIGIN_REFUSED", 403, false, "requests from this origin are refused";
    /// The route works in development networks only.
    DevelopmentOnly = "DEVELOPMENT_ONLY", 403, false, "only in a development network";
    /// There is no such route.
    RouteUnknown = "ROUTE_UNKNOWN", 404, false, "no such route";
    /// No block has this height or hash.
    BlockUnknown = "BLOCK_UNKNOWN", 404, true, "no such block";
    /// No executed transaction has this id.
    TransactionUnknown = "TRANSACTION_UNKNOWN", 404, true, "no such transaction";
    /// No operation has this id, or it was forgotten.
    OperationUnknown = "OPERATION_UNKNOWN", 404, false, "no such operation";
    /// Nothing known has this name.
    SubjectUnknown = "SUBJECT_UNKNOWN", 404, false, "nothing has this name";
    /// The route has other methods.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405, false, "this route has other methods";
    /// The request took too long to arrive.
    RequestTimeout = "REQUEST_TIMEOUT", 408, true, "the request took too long";
    /// The same idempotency key came with another request.
    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 409, false, "the idempotency key belongs to another request";
    /// Updates so old are no longer kept.
    UpdatesForgotten = "UPDATES_FORGOTTEN", 410, false, "updates so old are no longer kept";
    /// The body is longer than the limit.
    BodyTooLarge = "BODY_TOO_LARGE", 413, false, "the body is too large";
    /// The content type or encoding is not taken.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415, false, "this content type or encoding is not taken";
    /// Too many connections are open.
    TooManyConnections = "TOO_MANY_CONNECTIONS", 429, true, "too many connections";
    /// One address or sender submits more often than it may.
    RateLimited = "RATE_LIMITED", 429, true, "too much was submitted";
    /// A bug of ours.
    Internal = "INTERNAL", 500, false, "something broke here";
    /// The node is stopping, or cannot write.
    NodeUnavailable = "NODE_UNAVAILABLE", 503, true, "the node cannot take this now";
    /// A block is executed and not yet certified by a quorum.
    NotCertified = "NOT_CERTIFIED", 503, true, "no quorum has certified this yet";
    /// The transaction did not commit in time; it may still.
    CommitTimeout = "COMMIT_TIMEOUT", 504, true, "not committed in time";

    /// See `ledger::Refusal`.
    WrongChain = "WRONG_CHAIN", 422, false, "made for another chain";
    /// See `ledger::Refusal`.
    NonceUsed = "NONCE_USED", 409, false, "the nonce was used";
    /// See `ledger::Refusal`.
    Expired = "EXPIRED", 422, false, "the transaction has expired";
    /// See `ledger::Refusal`.
    BadSignature = "BAD_SIGNATURE", 422, false, "the signature does not hold";
    /// See `ledger::Refusal`.
    UnknownOperation = "UNKNOWN_OPERATION", 422, false, "no application has this operation";
    /// See `ledger::Refusal`.
    MalformedPayload = "MALFORMED_PAYLOAD", 400, false, "the payload is no argument of the operation";
    /// See `ledger::Refusal`.
    AlreadyPending = "ALREADY_PENDING", 409, true, "the transaction already waits";
    /// See `ledger::Refusal`.
    PoolFull = "POOL_FULL", 429, true, "the pool is full";
    /// See `ledger::Refusal`.
    SenderLimit = "SENDER_LIMIT", 429, true, "too many transactions of this sender wait";
    /// See `ledger::Refusal`.
    TooLarge = "TOO_LARGE", 413, false, "the transaction is too large";
    /// See `ledger::Refusal`.
    ExpiryTooFar = "EXPIRY_TOO_FAR", 422, false, "the transaction expires too far in the future";
    /// See `ledger::Refusal`.
    FeeTooLow = "FEE_TOO_LOW", 422, false, "the fee is too low";
    /// See `ledger::Refusal`.
    TicketUnknown = "TICKET_UNKNOWN", 404, true, "no such ticket";
    /// See `ledger::Refusal`.
    TicketExists = "TICKET_EXISTS", 409, false, "the ticket exists already";
    /// See `ledger::Refusal`.
    IllegalTransition = "ILLEGAL_TRANSITION", 409, false, "the ticket's state does not allow this";
    /// See `ledger::Refusal`.
    AlreadyConsumed = "ALREADY_CONSUMED", 409, false, "the ticket has been consumed";
    /// See `ledger::Refusal`.
    AlreadyValidated = "ALREADY_VALIDATED", 409, false, "the ticket has been validated";
    /// See `ledger::Refusal`.
    Disputed = "DISPUTED", 409, false, "the ticket is disputed";
    /// See `ledger::Refusal`.
    NotValidator = "NOT_VALIDATOR", 403, false, "only validators may change the chain";
    /// See `ledger::Refusal`.
    ProtocolUnfit = "PROTOCOL_UNFIT", 422, false, "the chain cannot change to this protocol";
    /// See `ledger::Refusal`.
    BadNotice = "BAD_NOTICE", 422, false, "the change would take effect too soon or too late";
    /// See `ledger::Refusal`.
    ChangeScheduled = "CHANGE_SCHEDULED", 409, true, "another change is scheduled";
    /// See `ledger::Refusal`.
    StaleWish = "STALE_WISH", 409, true, "the chain has changed since the wish was made";
    /// See `ledger::Refusal`.
    ZeroWeight = "ZERO_WEIGHT", 422, false, "a validator needs some weight";
    /// See `ledger::Refusal`.
    DuplicateValidator = "DUPLICATE_VALIDATOR", 409, false, "a validator has this name or key already";
    /// See `ledger::Refusal`.
    UnknownValidator = "UNKNOWN_VALIDATOR", 404, false, "no validator has this name";
    /// See `ledger::Refusal`.
    WeightOverflow = "WEIGHT_OVERFLOW", 422, false, "the validators would have too much weight together";
    /// See `ledger::Refusal`.
    TooFewValidators = "TOO_FEW_VALIDATORS", 422, false, "what is left would not stand one faulty validator";
    /// See `ledger::Refusal`.
    TooManyValidators = "TOO_MANY_VALIDATORS", 422, false, "the chain has as many validators as it may have";
    /// See `ledger::Refusal`.
    VotesCount = "VOTES_COUNT", 422, false, "this protocol counts votes and does not weigh them";
    /// See `ledger::Refusal`.
    BadKey = "BAD_KEY", 422, false, "the key is none that signatures can be checked with";
    /// See `ledger::Refusal`.
    RegistryNotDriving = "REGISTRY_NOT_DRIVING", 409, false, "the registry does not decide who validates";
    /// See `ledger::Refusal`.
    SetUnchanged = "SET_UNCHANGED", 409, true, "the validators are as they should be";
    /// See `ledger::Refusal`.
    AlreadyFounded = "ALREADY_FOUNDED", 409, false, "the federation has been founded";
    /// See `ledger::Refusal`.
    NotFounder = "NOT_FOUNDER", 403, false, "the sender may not found the federation";
    /// See `ledger::Refusal`.
    HubUnknown = "HUB_UNKNOWN", 404, true, "no such hub";
    /// See `ledger::Refusal`.
    HubExists = "HUB_EXISTS", 409, false, "the account is a hub already";
    /// See `ledger::Refusal`.
    HubNameTaken = "HUB_NAME_TAKEN", 409, false, "another hub has this name";
    /// See `ledger::Refusal`.
    RegistryFull = "REGISTRY_FULL", 409, true, "there are as many hubs as there can be";
    /// See `ledger::Refusal`.
    StakeShort = "STAKE_SHORT", 409, true, "the sender has less stake than this";
    /// See `ledger::Refusal`.
    StakeTooLow = "STAKE_TOO_LOW", 422, false, "less stake would be bonded than the agreed minimum";
    /// See `ledger::Refusal`.
    StakeOverflow = "STAKE_OVERFLOW", 422, false, "the sum of the stakes is too large to be counted";
    /// See `ledger::Refusal`.
    StakeNotDue = "STAKE_NOT_DUE", 409, true, "no stake of the sender is due for release";
    /// See `ledger::Refusal`.
    TooManyReleases = "TOO_MANY_RELEASES", 409, true, "too many releases are under way";
    /// See `ledger::Refusal`.
    ProposalUnknown = "PROPOSAL_UNKNOWN", 404, true, "no such proposal";
    /// See `ledger::Refusal`.
    NotMember = "NOT_MEMBER", 403, false, "only hubs with bonded stake may do this";
    /// See `ledger::Refusal`.
    BadDeadline = "BAD_DEADLINE", 422, false, "the deadline is too near or too far";
    /// See `ledger::Refusal`.
    ParameterOutOfRange = "PARAMETER_OUT_OF_RANGE", 422, false, "a parameter cannot have the proposed value";
    /// See `ledger::Refusal`.
    TooManyProposals = "TOO_MANY_PROPOSALS", 429, true, "too many proposals are open";
    /// See `ledger::Refusal`.
    VotingClosed = "VOTING_CLOSED", 409, false, "the deadline of the vote has passed";
    /// See `ledger::Refusal`.
    VotingOpen = "VOTING_OPEN", 409, true, "the deadline of the vote has not passed yet";
    /// See `ledger::Refusal`.
    ProposalClosed = "PROPOSAL_CLOSED", 409, false, "the proposal has been applied or rejected";
    /// See `ledger::Refusal`.
    DelegationCycle = "DELEGATION_CYCLE", 409, false, "the delegation would lead back to the sender";
    /// See `ledger::Refusal`.
    DelegationTooDeep = "DELEGATION_TOO_DEEP", 422, false, "the chain of delegations would be too long";
    /// See `ledger::Refusal`.
    TopicUnknown = "TOPIC_UNKNOWN", 404, true, "no such topic";
    /// See `ledger::Refusal`.
    TopicExists = "TOPIC_EXISTS", 409, false, "a topic with this name exists already";
    /// See `ledger::Refusal`.
    NotTopicOwner = "NOT_TOPIC_OWNER", 403, false, "only the topic's owner may do this";
    /// See `ledger::Refusal`.
    TopicNotEmpty = "TOPIC_NOT_EMPTY", 409, true, "the topic still holds messages";
    /// See `ledger::Refusal`.
    TooManyTopics = "TOO_MANY_TOPICS", 429, true, "too many topics";
    /// See `ledger::Refusal`.
    QueueFull = "QUEUE_FULL", 429, true, "the topic holds as many messages as it may";
    /// See `ledger::Refusal`.
    MessageExists = "MESSAGE_EXISTS", 409, false, "the message was put before";
    /// See `ledger::Refusal`.
    MessageUnknown = "MESSAGE_UNKNOWN", 404, true, "no such message";
    /// See `ledger::Refusal`.
    BadMessageExpiry = "BAD_MESSAGE_EXPIRY", 422, false, "the message would expire at once, or is to be kept too long";
    /// See `ledger::Refusal`.
    NothingToTake = "NOTHING_TO_TAKE", 404, true, "no message is ready for the sender";
    /// See `ledger::Refusal`.
    NotConsumer = "NOT_CONSUMER", 403, false, "the sender is no consumer of the topic";
    /// See `ledger::Refusal`.
    LeaseLost = "LEASE_LOST", 409, false, "the delivery is not the sender's any longer";
    /// See `ledger::Refusal`.
    HubRouteUnknown = "HUB_ROUTE_UNKNOWN", 404, true, "no such route";
    /// See `ledger::Refusal`.
    HubRouteExists = "HUB_ROUTE_EXISTS", 409, false, "a route with this name exists already";
    /// See `ledger::Refusal`.
    NoRouteFits = "NO_ROUTE_FITS", 409, true, "no route to the destination fits the message's policy";
    /// See `ledger::Refusal`.
    NotNextHop = "NOT_NEXT_HOP", 403, false, "the sender is not the next hop of the message";
    /// See `ledger::Refusal`.
    TooManyRoutes = "TOO_MANY_ROUTES", 429, true, "too many routes";
    /// See `ledger::Refusal`.
    NotRouteOwner = "NOT_ROUTE_OWNER", 403, false, "only the route's hub may do this";
    /// See `ledger::Refusal`.
    UpdateOutOfOrder = "UPDATE_OUT_OF_ORDER", 409, true, "the update does not carry the hub's next sequence number";
    /// No contract has this address.
    ContractUnknown = "CONTRACT_UNKNOWN", 404, false, "no contract has this address";
    /// The sender has deployed this module under this salt.
    ContractExists = "CONTRACT_EXISTS", 409, false, "the contract exists already";
    /// The module is too large.
    ContractTooLarge = "CONTRACT_TOO_LARGE", 413, false, "the module is too large";
    /// The bytes are no module of the allowed kind.
    ContractInvalid = "CONTRACT_INVALID", 422, false, "no WebAssembly module of the allowed kind";
    /// The module uses floating point.
    ContractFloats = "CONTRACT_FLOATS", 422, false, "the module uses floating point";
    /// The module imports what the host does not offer.
    ContractImports = "CONTRACT_IMPORTS", 422, false, "the module imports what the host does not offer";
    /// The module has a start function.
    ContractStart = "CONTRACT_START", 422, false, "the module has a start function";
    /// The module wants too much memory.
    ContractMemory = "CONTRACT_MEMORY", 422, false, "the module wants too much memory";
    /// The module has too many parts.
    ContractTooComplex = "CONTRACT_TOO_COMPLEX", 422, false, "the module is too complex";
    /// The contract has no such function.
    FunctionUnknown = "FUNCTION_UNKNOWN", 404, false, "the contract has no such function";
    /// The fuel is zero or too much.
    FuelOutOfRange = "FUEL_OUT_OF_RANGE", 422, false, "the fuel is out of its range";
    /// The block had no fuel left for the call.
    BlockFuelSpent = "BLOCK_FUEL_SPENT", 409, true, "the block had no fuel left";
    /// The call has used all of its fuel.
    OutOfFuel = "OUT_OF_FUEL", 422, false, "the call has used all of its fuel";
    /// The contract did what no program may.
    ContractTrapped = "CONTRACT_TRAPPED", 422, false, "the contract was stopped";
    /// The contract's function calls nested too deep.
    ContractTooDeep = "CONTRACT_TOO_DEEP", 422, false, "the contract's calls nested too deep";
    /// The contract refused by a code of its own.
    ContractRefused = "CONTRACT_REFUSED", 409, false, "the contract refused";
    /// The contract kept, told or asked more than it may.
    ContractBeyond = "CONTRACT_BEYOND", 422, false, "the contract wanted more than it may";
    /// A question wanted to change something.
    ContractReadOnly = "CONTRACT_READ_ONLY", 422, false, "a question cannot change anything";
    /// There is no room for another contract.
    TooManyContracts = "TOO_MANY_CONTRACTS", 409, false, "there is no room for another contract";
    /// See `ledger::Refusal`.
    JointUnknown = "JOINT_UNKNOWN", 404, true, "no joint account has this address";
    /// See `ledger::Refusal`.
    JointExists = "JOINT_EXISTS", 409, false, "a joint account of these members and this threshold exists already";
    /// See `ledger::Refusal`.
    NotJointMember = "NOT_JOINT_MEMBER", 403, false, "the sender is no member of the joint account";
    /// See `ledger::Refusal`.
    JointProposalUnknown = "JOINT_PROPOSAL_UNKNOWN", 404, true, "the joint account has no proposal with this number";
    /// See `ledger::Refusal`.
    JointProposalClosed = "JOINT_PROPOSAL_CLOSED", 409, false, "the proposal is done, withdrawn, expired or void";
    /// See `ledger::Refusal`.
    JointProposalExpired = "JOINT_PROPOSAL_EXPIRED", 409, false, "the last block in which it could be approved has passed";
    /// See `ledger::Refusal`.
    AlreadyApproved = "ALREADY_APPROVED", 409, false, "the sender has approved the proposal already";
    /// See `ledger::Refusal`.
    NotApproved = "NOT_APPROVED", 409, false, "the sender has not approved the proposal";
    /// See `ledger::Refusal`.
    JointFull = "JOINT_FULL", 409, true, "there are as many joint accounts, open proposals or handed-over keys as there can be";
    /// See `ledger::Refusal`.
    BadJointExpiry = "BAD_JOINT_EXPIRY", 422, false, "the proposal would expire in the past, or too late";
    /// See `ledger::Refusal`.
    KeyRetired = "KEY_RETIRED", 403, false, "the key has handed over its account, and the overlap is over";
    /// See `ledger::Refusal`.
    KeyTaken = "KEY_TAKEN", 409, false, "the new key has acted before, or acts for an account already";
    /// See `ledger::Refusal`.
    HandoverRunning = "HANDOVER_RUNNING", 409, true, "both keys of the last handover still act; the next one has to wait";
    /// See `ledger::Refusal`.
    BadOverlap = "BAD_OVERLAP", 422, false, "the overlap of both keys would end in the past, or too late";
    /// See `ledger::Refusal`.
    BadPossession = "BAD_POSSESSION", 403, false, "the new key has not signed that it takes the account over";
    /// See `ledger::Refusal`.
    CounterpartUnknown = "COUNTERPART_UNKNOWN", 404, false, "the chain is not connected";
    /// See `ledger::Refusal`.
    CounterpartExists = "COUNTERPART_EXISTS", 409, false, "the chain is connected already";
    /// See `ledger::Refusal`.
    CounterpartUnfit = "COUNTERPART_UNFIT", 422, false, "the genesis is of no chain that can be connected";
    /// See `ledger::Refusal`.
    TooManyCounterparts = "TOO_MANY_COUNTERPARTS", 409, false, "there are as many connected chains as there can be";
    /// See `ledger::Refusal`.
    CrossingsFull = "CROSSINGS_FULL", 409, true, "too many crossings wait for their end";
    /// See `ledger::Refusal`.
    BadCrossingDeadline = "BAD_CROSSING_DEADLINE", 422, false, "the deadline is over, or too far in the future";
    /// See `ledger::Refusal`.
    CrossingUnknown = "CROSSING_UNKNOWN", 404, false, "no crossing has this number";
    /// See `ledger::Refusal`.
    CrossingSettled = "CROSSING_SETTLED", 409, false, "the crossing has been delivered or returned";
    /// See `ledger::Refusal`.
    CrossingArrived = "CROSSING_ARRIVED", 409, false, "the crossing has arrived before";
    /// See `ledger::Refusal`.
    CrossingLate = "CROSSING_LATE", 409, false, "the deadline of the crossing has passed here";
    /// See `ledger::Refusal`.
    CrossingNotOver = "CROSSING_NOT_OVER", 409, true, "the proof is from before the deadline";
    /// See `ledger::Refusal`.
    ProofOfOther = "PROOF_OF_OTHER", 422, false, "the proof is about something else";
    /// See `ledger::Refusal`.
    ProofInvalid = "PROOF_INVALID", 422, false, "the proof does not hold";
    /// See `ledger::Refusal`.
    ProofStale = "PROOF_STALE", 409, true, "the proof is from before the known validators took office";
    /// See `ledger::Refusal`.
    NotNextValidators = "NOT_NEXT_VALIDATORS", 409, false, "the proof does not name the next validators";
}

impl Code {
    /// The code with this name.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.label() == label)
    }
}

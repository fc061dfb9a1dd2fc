//! What became of a transaction, agreed by all: part of the block's transaction tree.

use codec::{Decode, DecodeError, Encode, Reader};

/// Applied, or refused with a reason; either way the sender's answer for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// The operation took effect.
    Applied,
    /// It changed nothing but the use of its nonce.
    Refused(Refusal),
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $label:literal, $text:literal;)+) => {
        /// Why a transaction is refused, at admission or at execution. Codes are stable.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u16)]
        pub enum Refusal {
            $($(#[$doc])* $name = $code,)+
        }
        impl Refusal {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// The stable code in receipts.
            #[must_use]
            pub const fn code(self) -> u16 {
                self as u16
            }
            /// The refusal with this code.
            #[must_use]
            pub const fn from_code(code: u16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)+
                    _ => None,
                }
            }
            /// The stable name in API answers.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
            /// A sentence for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

refusals! {
    /// It was made for another chain.
    WrongChain = 1, "WRONG_CHAIN", "the transaction was made for another chain";
    /// Its nonce was used, or is too old to tell.
    NonceUsed = 2, "NONCE_USED", "the sender has used this nonce, or it is too old";
    /// The agreed time has passed its expiry.
    Expired = 3, "EXPIRED", "the transaction has expired";
    /// The client's signature does not hold.
    BadSignature = 4, "BAD_SIGNATURE", "the signature does not fit the sender and the transaction";
    /// No application has this operation.
    UnknownOperation = 5, "UNKNOWN_OPERATION", "no application has this operation";
    /// The payload is no argument of the operation.
    MalformedPayload = 6, "MALFORMED_PAYLOAD", "the payload is no argument of this operation";
    /// The mempool already holds it.
    AlreadyPending = 7, "ALREADY_PENDING", "the transaction already waits in the pool";
    /// The pool is full.
    PoolFull = 8, "POOL_FULL", "the validator's pool is full; try again later or offer a higher fee";
    /// The sender has too many transactions waiting.
    SenderLimit = 9, "SENDER_LIMIT", "too many transactions of this sender wait already";
    /// The transaction is larger than a batch can be.
    TooLarge = 10, "TOO_LARGE", "the transaction is larger than the limit";
    /// It expires later than the policy keeps it.
    ExpiryTooFar = 11, "EXPIRY_TOO_FAR", "the transaction expires too far in the future";
    /// It offers less than the agreed fee.
    FeeTooLow = 12, "FEE_TOO_LOW", "the fee is below the agreed least fee";
    /// No ticket has this id.
    TicketUnknown = 100, "TICKET_UNKNOWN", "no ticket has this id";
    /// A ticket with this id exists.
    TicketExists = 101, "TICKET_EXISTS", "a ticket with this id exists already";
    /// The ticket's state does not allow this step.
    IllegalTransition = 102, "ILLEGAL_TRANSITION", "the ticket's state does not allow this step";
    /// The ticket was consumed before.
    AlreadyConsumed = 103, "ALREADY_CONSUMED", "the ticket has been consumed";
    /// The ticket was validated before.
    AlreadyValidated = 104, "ALREADY_VALIDATED", "the ticket has been validated";
    /// The ticket is disputed.
    Disputed = 105, "DISPUTED", "the ticket is disputed";
    /// Only validators may ask for it.
    NotValidator = 120, "NOT_VALIDATOR", "only validators may change the chain";
    /// The chain cannot go on under the protocol.
    ProtocolUnfit = 121, "PROTOCOL_UNFIT", "the chain cannot change to this protocol";
    /// The height at which a change is to take effect is too near or too far.
    BadNotice = 122, "BAD_NOTICE", "the change would take effect too soon, or too late to be planned";
    /// An earlier change is still to take effect.
    ChangeScheduled = 123, "CHANGE_SCHEDULED", "another change is scheduled and not in effect yet";
    /// The chain has changed since the wish was made.
    StaleWish = 124, "STALE_WISH", "the wish is for an epoch that is over";
    /// A validator without weight.
    ZeroWeight = 125, "ZERO_WEIGHT", "a validator needs some weight; to be none it leaves";
    /// Name or key are another validator's.
    DuplicateValidator = 126, "DUPLICATE_VALIDATOR", "a validator has this name or key already";
    /// No validator has this name.
    UnknownValidator = 127, "UNKNOWN_VALIDATOR", "no validator has this name";
    /// More weight than can be counted with.
    WeightOverflow = 128, "WEIGHT_OVERFLOW", "the validators would have too much weight together";
    /// Not enough would be left to stand a fault.
    TooFewValidators = 129, "TOO_FEW_VALIDATORS", "what is left would not stand one faulty validator";
    /// More than a chain may have.
    TooManyValidators = 130, "TOO_MANY_VALIDATORS", "the chain has as many validators as it may have";
    /// The protocol counts votes and does not weigh them.
    VotesCount = 131, "VOTES_COUNT", "this protocol counts votes: every validator weighs 1";
    /// The bytes are no key that anything can be signed with.
    BadKey = 132, "BAD_KEY", "the key is none that signatures can be checked with";
    /// Governance has not agreed that the registry decides.
    RegistryNotDriving = 133, "REGISTRY_NOT_DRIVING", "governance has not agreed that the registry decides who validates";
    /// Those who should validate do.
    SetUnchanged = 134, "SET_UNCHANGED", "the validators are those that the registry names already";
    /// The federation is founded once.
    AlreadyFounded = 200, "ALREADY_FOUNDED", "the federation has been founded";
    /// The sender may not found the federation.
    NotFounder = 201, "NOT_FOUNDER", "only the accounts that the genesis names may found the federation";
    /// The account is no hub.
    HubUnknown = 202, "HUB_UNKNOWN", "the sender is no hub of the federation";
    /// The account is a hub already.
    HubExists = 203, "HUB_EXISTS", "the account is a hub already";
    /// Another hub has this name.
    HubNameTaken = 204, "HUB_NAME_TAKEN", "another hub has this name";
    /// There is no room for another hub.
    RegistryFull = 205, "REGISTRY_FULL", "there are as many hubs as there can be";
    /// The sender has less stake than it wants to move.
    StakeShort = 206, "STAKE_SHORT", "the sender has less stake than this";
    /// Less would be bonded than a hub needs.
    StakeTooLow = 207, "STAKE_TOO_LOW", "less stake would be bonded than the agreed minimum";
    /// The sum of stakes is beyond 64 bits.
    StakeOverflow = 208, "STAKE_OVERFLOW", "the sum of the stakes is too large to be counted";
    /// Nothing is due for release yet.
    StakeNotDue = 209, "STAKE_NOT_DUE", "no stake of the sender is due for release";
    /// Too many releases are under way.
    TooManyReleases = 210, "TOO_MANY_RELEASES", "too many releases of the sender are under way; withdraw those that are due";
    /// No proposal has this number.
    ProposalUnknown = 300, "PROPOSAL_UNKNOWN", "no proposal has this number";
    /// The sender has no bonded stake in this.
    NotMember = 301, "NOT_MEMBER", "only hubs with bonded stake may do this, and vote only on proposals made since they joined";
    /// The deadline is too near or too far.
    BadDeadline = 302, "BAD_DEADLINE", "the deadline is too near or too far";
    /// A parameter cannot have the proposed value.
    ParameterOutOfRange = 303, "PARAMETER_OUT_OF_RANGE", "a parameter cannot have the proposed value";
    /// Too many proposals are open.
    TooManyProposals = 304, "TOO_MANY_PROPOSALS", "too many proposals are open, of this proposer or in all";
    /// The vote is over.
    VotingClosed = 305, "VOTING_CLOSED", "the deadline of the vote has passed";
    /// The vote is not over.
    VotingOpen = 306, "VOTING_OPEN", "the deadline of the vote has not passed yet";
    /// The proposal has been closed before.
    ProposalClosed = 307, "PROPOSAL_CLOSED", "the proposal has been applied or rejected";
    /// The delegation would lead back to the sender.
    DelegationCycle = 308, "DELEGATION_CYCLE", "the delegation would lead back to the sender";
    /// The chain of delegations would be too long.
    DelegationTooDeep = 309, "DELEGATION_TOO_DEEP", "the chain of delegations would be too long";
    /// No topic has this name.
    TopicUnknown = 400, "TOPIC_UNKNOWN", "no topic has this name";
    /// A topic has this name already.
    TopicExists = 401, "TOPIC_EXISTS", "a topic with this name exists already";
    /// Only the topic's owner may do this.
    NotTopicOwner = 402, "NOT_TOPIC_OWNER", "only the topic's owner may do this";
    /// The topic still holds messages.
    TopicNotEmpty = 403, "TOPIC_NOT_EMPTY", "the topic still holds messages";
    /// There is no room for another topic.
    TooManyTopics = 404, "TOO_MANY_TOPICS", "there are as many topics as there can be, of this owner or in all";
    /// The topic holds as many messages as it may.
    QueueFull = 405, "QUEUE_FULL", "the topic holds as many messages as it may";
    /// The sender has put this message before.
    MessageExists = 406, "MESSAGE_EXISTS", "the sender has put a message with this id before";
    /// The topic holds no message with this number.
    MessageUnknown = 407, "MESSAGE_UNKNOWN", "the topic holds no message with this number";
    /// The message would expire at once or too late.
    BadMessageExpiry = 408, "BAD_MESSAGE_EXPIRY", "the message would expire at once, or is to be kept too long";
    /// No message is ready for the sender.
    NothingToTake = 409, "NOTHING_TO_TAKE", "no message is ready for the sender";
    /// The sender is no consumer of the topic.
    NotConsumer = 410, "NOT_CONSUMER", "the topic does not name the sender among its consumers";
    /// The delivery is not the sender's, or no longer.
    LeaseLost = 411, "LEASE_LOST", "the sender does not hold this delivery of the message, or holds it no longer";
    /// No route has this name.
    HubRouteUnknown = 412, "HUB_ROUTE_UNKNOWN", "no route has this name";
    /// A route has this name already.
    HubRouteExists = 413, "HUB_ROUTE_EXISTS", "a route with this name exists already";
    /// No route fits the policy.
    NoRouteFits = 414, "NO_ROUTE_FITS", "no route to the destination fits the message's policy";
    /// The sender is not the next hop.
    NotNextHop = 415, "NOT_NEXT_HOP", "the sender is not the next hop of the message";
    /// There is no room for another route.
    TooManyRoutes = 416, "TOO_MANY_ROUTES", "there are as many routes as there can be";
    /// Only the hub that registered the route may do this.
    NotRouteOwner = 417, "NOT_ROUTE_OWNER", "only the hub that registered the route may do this";
    /// The update is not the hub's next.
    UpdateOutOfOrder = 500, "UPDATE_OUT_OF_ORDER", "the update does not carry the hub's next sequence number";
    /// No contract has this address.
    ContractUnknown = 900, "CONTRACT_UNKNOWN", "no contract has this address";
    /// A contract has this address already.
    ContractExists = 901, "CONTRACT_EXISTS", "the sender has deployed this module under this salt already";
    /// The module is too large.
    ContractTooLarge = 902, "CONTRACT_TOO_LARGE", "the module is larger than a contract may be";
    /// The module is none, or of a kind that is not allowed.
    ContractInvalid = 903, "CONTRACT_INVALID", "the bytes are no WebAssembly module of the allowed kind";
    /// The module uses floating point.
    ContractFloats = 904, "CONTRACT_FLOATS", "the module uses floating point, which no contract may";
    /// The module imports what the host does not have.
    ContractImports = 905, "CONTRACT_IMPORTS", "the module imports something that the host does not offer";
    /// The module has a start function.
    ContractStart = 906, "CONTRACT_START", "the module has a start function, which no contract may";
    /// The module wants too much memory.
    ContractMemory = 907, "CONTRACT_MEMORY", "the module wants more memory or larger tables than a contract may have";
    /// The module has too many functions, locals, parameters or segments.
    ContractTooComplex = 908, "CONTRACT_TOO_COMPLEX", "the module has more functions, locals or parameters than a contract may have";
    /// The contract has no such function.
    FunctionUnknown = 909, "FUNCTION_UNKNOWN", "the contract has no function of this name that can be called";
    /// The fuel of a call is zero or more than a call may use.
    FuelOutOfRange = 910, "FUEL_OUT_OF_RANGE", "the fuel is zero, or more than one call may use";
    /// The block has no fuel left for the call.
    BlockFuelSpent = 911, "BLOCK_FUEL_SPENT", "the block has not enough fuel left for this call; ask again with a new nonce";
    /// The call has used all of its fuel.
    OutOfFuel = 912, "OUT_OF_FUEL", "the call has used all of its fuel";
    /// The contract did what no program may.
    ContractTrapped = 913, "CONTRACT_TRAPPED", "the contract did what no program may and was stopped";
    /// The contract's calls nested too deep.
    ContractTooDeep = 914, "CONTRACT_TOO_DEEP", "the contract's function calls nested too deep";
    /// The contract refused by a code of its own.
    ContractRefused = 915, "CONTRACT_REFUSED", "the contract refused; the record of the call has its own code";
    /// The contract used more than it may.
    ContractBeyond = 916, "CONTRACT_BEYOND", "the contract kept, told or asked more than it may";
    /// A question wanted to change something.
    ContractReadOnly = 917, "CONTRACT_READ_ONLY", "a question to a contract cannot change anything";
    /// There is no room for another contract.
    TooManyContracts = 918, "TOO_MANY_CONTRACTS", "there are as many contracts as there can be";
    /// No joint account has this address.
    JointUnknown = 930, "JOINT_UNKNOWN", "no joint account has this address";
    /// The joint account exists.
    JointExists = 931, "JOINT_EXISTS", "a joint account of these members and this threshold exists already";
    /// The sender is no member.
    NotJointMember = 932, "NOT_JOINT_MEMBER", "the sender is no member of the joint account";
    /// No proposal has this number.
    JointProposalUnknown = 933, "JOINT_PROPOSAL_UNKNOWN", "the joint account has no proposal with this number";
    /// The proposal is done, withdrawn or void.
    JointProposalClosed = 934, "JOINT_PROPOSAL_CLOSED", "the proposal is done, withdrawn, expired or void";
    /// The proposal's last block has passed.
    JointProposalExpired = 935, "JOINT_PROPOSAL_EXPIRED", "the last block in which it could be approved has passed";
    /// The sender has approved it before.
    AlreadyApproved = 936, "ALREADY_APPROVED", "the sender has approved the proposal already";
    /// The sender has no approval to take back.
    NotApproved = 937, "NOT_APPROVED", "the sender has not approved the proposal";
    /// There is no room for another one.
    JointFull = 938, "JOINT_FULL", "there are as many joint accounts, open proposals or handed-over keys as there can be";
    /// The proposal would expire in the past, or too late.
    BadJointExpiry = 939, "BAD_JOINT_EXPIRY", "the proposal would expire in the past, or too late";
    /// The key has handed over its account.
    KeyRetired = 940, "KEY_RETIRED", "the key has handed over its account, and the overlap is over";
    /// The new key is in use.
    KeyTaken = 941, "KEY_TAKEN", "the new key has acted before, or acts for an account already";
    /// The last handover's overlap lasts.
    HandoverRunning = 942, "HANDOVER_RUNNING", "both keys of the last handover still act; the next one has to wait";
    /// The overlap would end in the past, or too late.
    BadOverlap = 943, "BAD_OVERLAP", "the overlap of both keys would end in the past, or too late";
    /// The new key has not signed that it takes over.
    BadPossession = 944, "BAD_POSSESSION", "the new key has not signed that it takes the account over";
    /// No chain with this id is connected.
    CounterpartUnknown = 950, "COUNTERPART_UNKNOWN", "no chain with this id is connected";
    /// The chain is connected already.
    CounterpartExists = 951, "COUNTERPART_EXISTS", "the chain is connected already";
    /// The genesis is of no chain that can be connected.
    CounterpartUnfit = 952, "COUNTERPART_UNFIT", "the genesis is this chain's own, cannot start a chain, or has too many validators";
    /// There is no room for another chain.
    TooManyCounterparts = 953, "TOO_MANY_COUNTERPARTS", "there are as many connected chains as there can be";
    /// Too many crossings to that chain are open, or too many from it are remembered.
    CrossingsFull = 954, "CROSSINGS_FULL", "too many crossings between the chains wait for their end";
    /// The deadline is over or too far.
    BadCrossingDeadline = 955, "BAD_CROSSING_DEADLINE", "the deadline is over, or too far in the future";
    /// No crossing to that chain has this number.
    CrossingUnknown = 956, "CROSSING_UNKNOWN", "no crossing to that chain has this number";
    /// The crossing has ended.
    CrossingSettled = 957, "CROSSING_SETTLED", "the crossing has been delivered or returned";
    /// The crossing has arrived before.
    CrossingArrived = 958, "CROSSING_ARRIVED", "the crossing has arrived before";
    /// The deadline has passed here.
    CrossingLate = 959, "CROSSING_LATE", "the deadline of the crossing has passed on this chain";
    /// The other chain was not yet at the deadline.
    CrossingNotOver = 960, "CROSSING_NOT_OVER", "the proof is from before the deadline of the crossing";
    /// It proves something else.
    ProofOfOther = 961, "PROOF_OF_OTHER", "the proof is about another entry, or another chain";
    /// It proves nothing.
    ProofInvalid = 962, "PROOF_INVALID", "the proof does not hold, or not under the known validators of that chain";
    /// It is from before the known validators took office.
    ProofStale = 963, "PROOF_STALE", "the proof is from before the known validators of that chain took office";
    /// It names no later validators than those known.
    NotNextValidators = 964, "NOT_NEXT_VALIDATORS", "the proof does not name the next validators of that chain";
}

impl Outcome {
    /// The code in receipts: zero for applied.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Applied => 0,
            Self::Refused(refusal) => refusal.code(),
        }
    }
    /// The outcome with this code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        match code {
            0 => Some(Self::Applied),
            _ => Refusal::from_code(code).map(Self::Refused),
        }
    }
    /// The stable name in API answers.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Applied => "APPLIED",
            Self::Refused(refusal) => refusal.label(),
        }
    }
    /// Whether it took effect.
    #[must_use]
    pub const fn is_applied(self) -> bool {
        matches!(self, Self::Applied)
    }
}

impl Encode for Outcome {
    fn encode(&self, out: &mut Vec<u8>) {
        self.code().encode(out);
    }
}
impl Decode for Outcome {
    const BYTES_MIN: usize = 2;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_code(u16::decode(reader)?)
            .ok_or(DecodeError::NotCanonical { what: "an outcome has a known code" })
    }
}

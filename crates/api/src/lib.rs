//! Say what travels between Unisono and its users: HTTP and WebSocket bodies, errors, OpenAPI.
//!
//! These are the only public serde types. They hold text and numbers, not the ledger's own types: a digest is 64
//! hexadecimal digits, bytes are base64, a moment is RFC 3339 in UTC. [`routes::ROUTES`] lists every route once;
//! the node serves that list and [`openapi_json`] describes it.

mod block;
mod chain;
mod code;
mod contract;
mod envelope;
mod event;
mod evidence;
mod genesis;
mod governance;
mod joint;
mod network;
mod node;
mod openapi;
mod problem;
mod queue;
mod registry;
pub mod routes;
mod ticket;
mod time;
mod transaction;
mod why;

pub use block::{
    Block, BlockHeader, BlockPage, BlockTransaction, Certificate, CertificateSignature,
};
pub use chain::{
    BlockProof, ChainInfo, ChainList, ConsistencyProof, ForkAlarm, ForkReport, StateEntry,
};
pub use code::Code;
pub use contract::{
    Contract, ContractAnswer, ContractEntry, ContractEntryPage, ContractEvent, ContractPage,
    ContractQuery, ContractRun, ContractRunPage,
};
pub use envelope::Envelope;
pub use event::{CloudEvent, SeedEvent, kinds};
pub use evidence::{Evidence, EvidenceList, ViewChange, ViewChangeList};
pub use genesis::{Genesis, GenesisValidator};
pub use governance::{
    CastVote, HubUpdate, MissingUpdates, ParameterList, ParameterValue, Proposal, ProposalPage,
    Setting, StakeTally, StreamHead,
};
pub use joint::{JointAccount, JointAccountPage, JointCall, JointProposal, JointRule, KeyUse};
pub use network::{
    FaultMargin, MarginKind, Network, NodeRole, NodeRow, NodeState, Pool, ScheduledEpoch, Verdict,
    VerdictLevel,
};
pub use node::{
    AdminAnswer, Change, Check, ConnectRequest, ConsensusLogs, DbStats, Health, LogEntry, Newcomer,
    NodeConfig, NodeCrypto, PartitionRequest, Peer, Peers, Rotation, Stats, Status, StorageEntries,
    StorageStats, Version, Weight, WishRequest,
};
pub use openapi::{openapi, openapi_json};
pub use problem::Problem;
pub use queue::{
    Delivery, Hop, HubRoute, HubRoutePage, Message, MessagePage, Place, Topic, TopicPage,
};
pub use registry::{
    AccountStake, Candidate, CandidateList, Founding, FoundingHub, FoundingPurse, Hub, HubPage,
    StakeRelease,
};
pub use ticket::{
    ImportError, Imported, Seeded, Ticket, TicketAction, TicketCounts, TicketPage, TicketRequest,
    TicketState, TicketStep, Transition,
};
pub use time::{parse_rfc3339, rfc3339};
pub use transaction::{
    BatchAnswer, Operation, OperationStatus, Receipt, SubmitRequest, Submitted, Transaction,
    TransactionStatus, Wait,
};
pub use why::{Answer, SubjectKind, Timer, Why};

#[cfg(test)]
mod tests;

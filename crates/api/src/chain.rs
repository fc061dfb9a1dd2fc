//! Chains, their heads, and what is proved under them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{BlockHeader, Certificate};

/// The chains that this node follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChainList {
    /// The chains.
    pub items: Vec<ChainInfo>,
}

/// A chain as this node sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChainInfo {
    /// Its id: the digest of its genesis.
    pub id: String,
    /// The name that its genesis gives it.
    pub network: String,
    /// The protocol that orders its blocks now.
    pub protocol: String,
    /// How often the validators have changed the protocol or themselves.
    pub epoch: u64,
    /// What it stands: `byzantine` or `crash`.
    pub faults: String,
    /// Who validates it now, by name.
    pub validators: Vec<String>,
    /// How much of their weight certifies a block.
    pub quorum: usize,
    /// The last executed block.
    pub height: u64,
    /// The last block that a quorum certifies.
    pub certified: u64,
    /// Its applications, by name.
    pub applications: Vec<String>,
    /// Its head at `certified`, as a note that this validator has signed (C2SP tlog-checkpoint); absent where there is no
    /// block yet, or the node that answers is no validator of the genesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// A proof that a block stands in a chain of a given length.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BlockProof {
    /// The block's height.
    pub height: u64,
    /// Its hash.
    pub block: String,
    /// How many blocks the chain has under the head.
    pub size: u64,
    /// The RFC 6962 path from the block to the head's root.
    pub path: Vec<String>,
    /// The canonical bytes of the block's header as base64, whose digest is its hash.
    pub header: String,
    /// The proof with the signed head as text (C2SP tlog-proof).
    pub text: String,
}

/// A proof that an earlier chain is the beginning of a later one (RFC 6962 section 2.1.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConsistencyProof {
    /// How many blocks the earlier one has.
    pub from: u64,
    /// How many blocks the later one has.
    pub to: u64,
    /// The root over the earlier one's blocks.
    pub from_root: String,
    /// The root over the later one's blocks.
    pub to_root: String,
    /// The path between them.
    pub path: Vec<String>,
}

/// What an application's state holds under a key, or that it holds nothing there, with the proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StateEntry {
    /// The application's name.
    pub app: String,
    /// Its number.
    pub app_id: u16,
    /// The key, hexadecimal.
    pub key: String,
    /// What stands there, as base64; absent where nothing does, which is proved as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The block behind which it stood there.
    pub height: u64,
    /// The block's header.
    pub header: BlockHeader,
    /// A quorum's attestations of the header.
    pub certificate: Certificate,
    /// The whole proof's canonical bytes as base64: what `unisono ledger verify` checks.
    pub canonical: String,
}

/// What this node has seen of forks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ForkReport {
    /// How the chain stands, in a sentence.
    pub verdict: String,
    /// When a block is final under the chain's protocol, in a sentence.
    pub finality: String,
    /// The last executed block.
    pub height: u64,
    /// The last block that a quorum certifies.
    pub certified: u64,
    /// The head above the final ones that may still be replaced; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tentative: Option<u64>,
    /// The digest that names that head: where validators name two at one height, both are candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tentative_digest: Option<String>,
    /// Whether a quorum certifies another block than this node has executed.
    pub diverged: bool,
    /// What contradicts the chain as this node has it.
    pub alarms: Vec<ForkAlarm>,
}

/// Something that contradicts the chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ForkAlarm {
    /// What it is: `diverged`, or the kind of a proof that somebody has signed two things.
    pub kind: String,
    /// What happened.
    pub detail: String,
    /// The height or place that it is about, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
}

//! Blocks and their certificates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A block's header; its hash covers every field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BlockHeader {
    /// The block's hash.
    pub hash: String,
    /// The chain.
    pub chain: String,
    /// The height.
    pub height: u64,
    /// The hash of the block before.
    pub parent: String,
    /// The view in which its payload was first proposed.
    pub view: u64,
    /// Who first proposed it, by name; absent for a null request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposer: Option<String>,
    /// The agreed time.
    pub time: String,
    /// The decided payload's digest.
    pub payload: String,
    /// How many transactions it executed.
    pub tx_count: u32,
    /// The RFC 6962 root over the transactions and their outcomes.
    pub tx_root: String,
    /// One root per application, after the block.
    pub state_roots: BTreeMap<String, String>,
    /// How many blocks of each proposer the chain holds, by name.
    pub vector_clock: BTreeMap<String, u64>,
}

/// A page of blocks, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BlockPage {
    /// The headers.
    pub items: Vec<BlockHeader>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Block {
    /// Its header.
    pub header: BlockHeader,
    /// A quorum's attestations; absent until there are enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// The batches that it executed.
    pub batches: Vec<String>,
    /// Its transactions, in order, the first thousand.
    pub transactions: Vec<BlockTransaction>,
}

/// A transaction of a block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BlockTransaction {
    /// Its id.
    pub id: String,
    /// Its place.
    pub index: u32,
    /// `APPLIED`, or the code of its refusal.
    pub outcome: String,
}

/// A quorum's attestations of one block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Certificate {
    /// The height.
    pub height: u64,
    /// The block's hash.
    pub block: String,
    /// How many signatures a quorum is.
    pub quorum: usize,
    /// The signatures.
    pub signatures: Vec<CertificateSignature>,
}

/// One validator's attestation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateSignature {
    /// The validator's number.
    pub node: u16,
    /// Its name.
    pub name: String,
    /// Its public key.
    pub key: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

//! Transactions, receipts and operations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{BlockHeader, Certificate};

/// What a request that changes state waits for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wait {
    /// Nothing: the answer names an operation to ask about.
    None,
    /// The validator's pool has taken it.
    Accepted,
    /// A quorum has certified the block that executed it.
    #[default]
    Commit,
}

/// A signed transaction in JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SubmitRequest {
    /// The transaction's canonical bytes, signature included, as base64.
    pub transaction: String,
}

/// Where a transaction stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransactionStatus {
    /// It waits in the pool, or for its block to be certified.
    Pending,
    /// It took effect.
    Applied,
    /// It was agreed to change nothing.
    Refused,
}

/// What became of a submitted transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Submitted {
    /// The transaction's id.
    pub transaction: String,
    /// Where it stands.
    pub status: TransactionStatus,
    /// The block that executed it; absent until it is committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Its place in the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Where its receipt is; absent until it is committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Where to ask what became of it.
    pub operation: String,
}

/// What the pool said to a batch of transactions.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
pub struct BatchAnswer {
    /// Transactions in the request.
    pub received: u64,
    /// Transactions that the pool took.
    pub accepted: u64,
    /// Transactions that it refused, by code.
    pub refused: BTreeMap<String, u64>,
}

/// A transaction that the chain knows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: TransactionStatus,
    /// `APPLIED`, or the code of its refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The block that executed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u64>,
    /// Its place in the block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The block's agreed time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Where its receipt is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// A proof that a transaction was executed with an outcome, checkable offline by anyone who has the genesis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The transaction's id.
    pub transaction: String,
    /// `APPLIED`, or the code of its refusal.
    pub outcome: String,
    /// The outcome's number in the Merkle leaf.
    pub outcome_code: u16,
    /// The transaction's place in the block.
    pub index: u32,
    /// The Merkle path (RFC 6962) from the transaction to the header's `tx_root`.
    pub path: Vec<String>,
    /// The block's header.
    pub header: BlockHeader,
    /// A quorum's attestations of the header.
    pub certificate: Certificate,
    /// The whole receipt's canonical bytes as base64: what `unisono receipt verify` checks.
    pub canonical: String,
}

/// What became of a request that was not waited for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: OperationStatus,
    /// How many transactions it has.
    pub total: u64,
    /// How many are not yet executed.
    pub pending: u64,
    /// How many took effect.
    pub applied: u64,
    /// How many were refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// Its transactions, the first hundred.
    pub transactions: Vec<String>,
}

/// Where an operation stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OperationStatus {
    /// Some of it is not yet executed.
    Pending,
    /// All of it took effect.
    Succeeded,
    /// Some of it was refused.
    Refused,
}

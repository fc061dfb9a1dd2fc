//! Contracts: what they are, what they answer, and what became of calls.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A deployed contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Contract {
    /// Its address, which is its account.
    pub address: String,
    /// Who deployed it.
    pub owner: String,
    /// The digest of its module.
    pub code: String,
    /// The block in which it was deployed.
    pub deployed: u64,
    /// How many entries it has.
    pub entries: u32,
    /// The bytes in them, keys included.
    pub entry_bytes: u32,
    /// The path of its proof.
    pub proof: String,
}

/// A page of contracts, by address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContractPage {
    /// The contracts.
    pub items: Vec<Contract>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What a contract keeps under a key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContractEntry {
    /// The contract's own name for it, bytes beyond text escaped.
    pub key: String,
    /// What stands there, as base64.
    pub value: String,
    /// The path of its proof.
    pub proof: String,
}

/// A page of a contract's entries, by key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContractEntryPage {
    /// The entries.
    pub items: Vec<ContractEntry>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A question to a contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractQuery {
    /// The function.
    pub function: String,
    /// What it is given, as base64; nothing where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// In whose name it is asked; nobody's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The most fuel that it may use; as much as a question may where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
}

/// What a contract answered, as this node's state has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContractAnswer {
    /// The answer, as base64.
    pub output: String,
    /// The fuel that it used.
    pub fuel: u64,
    /// The last block of the state that was asked.
    pub height: u64,
}

/// An event that a contract told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContractEvent {
    /// Its name, bytes beyond text escaped.
    pub name: String,
    /// What it says, as base64.
    pub body: String,
}

/// What became of a call or a deployment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContractRun {
    /// Who called.
    pub sender: String,
    /// The call's nonce.
    pub nonce: u64,
    /// The contract's address.
    pub contract: String,
    /// The block.
    pub height: u64,
    /// `APPLIED`, or why it was refused.
    pub outcome: String,
    /// The contract's own code, where it was the contract that refused; zero otherwise.
    pub code: u32,
    /// The fuel that it used.
    pub fuel: u64,
    /// What the sender paid for it, in stake units.
    pub paid: u64,
    /// What it answered, as base64.
    pub output: String,
    /// What it told.
    pub events: Vec<ContractEvent>,
    /// The path of its proof.
    pub proof: String,
}

/// A page of the latest calls, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ContractRunPage {
    /// The calls.
    pub items: Vec<ContractRun>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

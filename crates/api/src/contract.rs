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
}

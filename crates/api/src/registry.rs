//! The registry of hubs, and the stake behind them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A hub.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Hub {
    /// Its account.
    pub account: String,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub role: String,
    /// Where it is reached; may be empty.
    pub address: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// The key with which its node would vote; absent where it has named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The key of its node's network identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_key: Option<String>,
    /// The block in which it joined.
    pub joined: u64,
    /// The block in which it last said something new.
    pub updated: u64,
    /// The stake bonded for it.
    pub bonded: u64,
    /// Whether its node validates the chain now.
    pub validates: bool,
    /// The path of its proof.
    pub proof: String,
}

/// A page of hubs, by account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HubPage {
    /// The hubs.
    pub items: Vec<Hub>,
    /// All stake there is; zero until the federation is founded.
    pub supply: u64,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Stake on its way from bonded to free.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StakeRelease {
    /// The height from which on it may be withdrawn.
    pub due: u64,
    /// How much.
    pub stake: u64,
}

/// What an account has in the federation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountStake {
    /// The account.
    pub account: String,
    /// Stake at its disposal.
    pub free: u64,
    /// Stake bonded for its hub.
    pub bonded: u64,
    /// Stake on its way back, oldest first.
    pub releases: Vec<StakeRelease>,
    /// Its hub; absent where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Hub>,
    /// How many updates its hub has told of its state.
    pub told: u64,
    /// Whom it follows in votes; absent where nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<String>,
    /// The path of its stake's proof.
    pub proof: String,
}

/// Who could validate, and whether the registry decides who does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CandidateList {
    /// Whether the registry decides who validates, by the agreed parameter `validators.stake_min`.
    pub driven: bool,
    /// The least bonded stake of a validator's hub; zero where the registry does not decide.
    pub stake_min: u64,
    /// The most validators that it seats.
    pub count_max: u64,
    /// Its changes take effect at multiples of this height.
    pub epoch_blocks: u64,
    /// The height at which a change that is asked for now would take effect.
    pub next_boundary: u64,
    /// The candidates, the largest stake first.
    pub items: Vec<Candidate>,
}

/// A hub that wants to validate and has named its node's keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// The key of its votes.
    pub key: String,
    /// The key of its network identity.
    pub network_key: String,
    /// The stake bonded for it.
    pub stake: u64,
    /// Whether it has as much stake as a validator needs, where the registry decides.
    pub eligible: bool,
    /// Whether it validates now.
    pub validates: bool,
}

/// How a federation is founded: signed by the asked validator in its own name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Founding {
    /// Its first hubs.
    pub hubs: Vec<FoundingHub>,
    /// Free stake of whoever may join later.
    #[serde(default)]
    pub purses: Vec<FoundingPurse>,
}

/// A hub of the founding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FoundingHub {
    /// Its account.
    pub account: String,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub role: String,
    /// Where it is reached.
    #[serde(default)]
    pub address: String,
    /// What it can do.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The stake bonded for it.
    pub stake: u64,
}

/// Free stake of an account at the founding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FoundingPurse {
    /// Whose.
    pub account: String,
    /// How much.
    pub stake: u64,
}

//! Proposals, votes and agreed parameters, and what hubs tell of their state.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A parameter and the value that a proposal would give it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Setting {
    /// The parameter's name.
    pub parameter: String,
    /// Its new value.
    pub value: u64,
}

/// Stake by what it said.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
pub struct StakeTally {
    /// For the proposal.
    pub approve: u64,
    /// Against it.
    pub reject: u64,
    /// Neither; counts for the quorum only.
    pub abstain: u64,
    /// All stake that might have voted.
    pub total: u64,
}

/// A vote on an open proposal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CastVote {
    /// Who.
    pub account: String,
    /// `approve`, `reject` or `abstain`.
    pub choice: String,
}

/// A proposal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// Its number.
    pub number: u64,
    /// Who proposed it.
    pub proposer: String,
    /// What it is about.
    pub title: String,
    /// Why.
    pub text: String,
    /// What it changes.
    pub settings: Vec<Setting>,
    /// The block in which it was made.
    pub opened: u64,
    /// The last block in which it can be voted on.
    pub deadline: u64,
    /// How many blocks are left to vote in.
    pub blocks_left: u64,
    /// The quorum that it needs, in basis points of all bonded stake.
    pub quorum_bp: u64,
    /// The approval that it needs, in basis points of the stake for or against.
    pub approval_bp: u64,
    /// What became of it: `OPEN`, `ENACTED`, `REJECTED` or `NO_QUORUM`.
    pub status: String,
    /// What would become of it, were it counted now: the same words but `OPEN`.
    pub would_be: String,
    /// How the stake has voted.
    pub tally: StakeTally,
    /// Who has voted how; empty once it is counted.
    pub votes: Vec<CastVote>,
    /// The path of its proof.
    pub proof: String,
}

/// A page of proposals, by number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProposalPage {
    /// The proposals.
    pub items: Vec<Proposal>,
    /// The last executed block, which deadlines are compared with.
    pub height: u64,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An agreed parameter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ParameterValue {
    /// Its name.
    pub name: String,
    /// Its agreed value.
    pub value: u64,
    /// Its value until a proposal changes it.
    pub usual: u64,
    /// The least that it may be.
    pub least: u64,
    /// The most that it may be.
    pub most: u64,
}

/// All agreed parameters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ParameterList {
    /// The parameters.
    pub items: Vec<ParameterValue>,
}

/// An end of the stream of updates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct StreamHead {
    /// How many updates there are.
    pub count: u64,
    /// The digest that each of them has gone into.
    pub digest: String,
}

/// What a hub told of its state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct HubUpdate {
    /// Its place in the stream.
    pub number: u64,
    /// The hub.
    pub hub: String,
    /// The hub's own count of its updates.
    pub sequence: u64,
    /// What kind of news it is.
    pub kind: String,
    /// The news, as base64.
    pub body: String,
    /// The block that agreed on it.
    pub height: u64,
    /// The transaction's place in the block.
    pub index: u32,
    /// The agreed time.
    pub time: String,
}

/// What somebody who knows the stream of updates up to a block has missed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct MissingUpdates {
    /// The end of the stream that was known.
    pub from: StreamHead,
    /// The end with these updates.
    pub to: StreamHead,
    /// The present end; where it is not `to`, ask again with `after=` its count.
    pub end: StreamHead,
    /// The updates, in order.
    pub items: Vec<HubUpdate>,
    /// The canonical bytes of the list as base64: what is checked against two proved ends.
    pub canonical: String,
    /// The path of the proof of the present end.
    pub proof: String,
}

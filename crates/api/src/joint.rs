//! Joint accounts, their proposals, and keys that were handed over.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who may act for a joint account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JointRule {
    /// So many members have to approve.
    pub threshold: u16,
    /// The members, by account.
    pub members: Vec<String>,
}

/// A joint account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JointAccount {
    /// Its address: the digest of its first rule.
    pub address: String,
    /// Who may act for it now.
    pub rule: JointRule,
    /// The block in which it was opened.
    pub opened: u64,
    /// The number of its next proposal.
    pub next_proposal: u64,
    /// The numbers of its open proposals.
    pub open: Vec<u64>,
    /// The path of its proof.
    pub proof: String,
}

/// A page of joint accounts, by address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JointAccountPage {
    /// The accounts.
    pub items: Vec<JointAccount>,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An operation of another application, in a joint account's name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JointCall {
    /// The application.
    pub app: String,
    /// Its operation's number.
    pub verb: u16,
    /// Its argument, as base64.
    pub payload: String,
}

/// What a joint account shall do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JointProposal {
    /// Its number.
    pub number: u64,
    /// Who proposed it.
    pub proposer: String,
    /// The digest of what it does: this is what is approved.
    pub digest: String,
    /// The operation, while it is open and is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<JointCall>,
    /// The new rule, while it is open and is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<JointRule>,
    /// Who has approved it.
    pub approvals: Vec<String>,
    /// The last block in which it can be approved.
    pub expires: u64,
    /// `OPEN`, `WITHDRAWN`, `EXPIRED`, `VOID`, or what came of the operation: `APPLIED` or why it was refused.
    pub status: String,
    /// The path of its proof.
    pub proof: String,
}

/// For which account a key acts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct KeyUse {
    /// The key.
    pub key: String,
    /// The account.
    pub account: String,
    /// The last block in which it does, where it has handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// The newest key of the account, as far as this key knows it.
    pub newest: String,
    /// Whether it acts in the next block.
    pub acts: bool,
    /// The last executed block.
    pub height: u64,
    /// The path of its proof.
    pub proof: String,
}

//! What failure looks like.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Code;

/// An error: RFC 9457 problem details, with `success` and `error` for clients of the ticket network's older API.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem: `urn:unisono:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title, the same for every problem of this kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, why, and what to do next.
    pub detail: String,
    /// What it happened to: a path of this API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The stable name.
    pub code: Code,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// The request's number in this node's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Where to ask why, or the answer itself in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// False.
    pub success: bool,
    /// The same as `detail`.
    pub error: String,
}

impl Problem {
    /// A problem of a kind, with what happened.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            kind: format!("urn:unisono:problem:{}", code.label().to_lowercase().replace('_', "-")),
            title: code.title().to_owned(),
            status: code.status(),
            error: detail.clone(),
            detail,
            instance: None,
            code,
            retryable: code.is_retryable(),
            trace_id: None,
            why: None,
            success: false,
        }
    }
    /// Adds what it happened to.
    #[must_use]
    pub fn at(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }
    /// Adds the reason.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }
}

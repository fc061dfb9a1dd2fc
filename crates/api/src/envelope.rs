//! What success is wrapped in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What every successful answer is wrapped in; an error is a [`crate::Problem`], which also has `success`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Envelope<T> {
    /// True: a failure is a problem document instead.
    pub success: bool,
    /// A sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The answer.
    pub data: T,
}

impl<T> Envelope<T> {
    /// Wraps an answer.
    pub const fn of(data: T) -> Self {
        Self { success: true, message: None, data }
    }
    /// Wraps an answer with a sentence.
    pub fn saying(message: impl Into<String>, data: T) -> Self {
        Self { success: true, message: Some(message.into()), data }
    }
}

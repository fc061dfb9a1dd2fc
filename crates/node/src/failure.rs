//! An operator's mistake or misfortune, in three lines: what, why, next.

use std::fmt;

/// An error for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What did not work.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do next.
    pub next: String,
    /// The process's exit code.
    pub exit_code: u8,
}

impl Failure {
    /// A failure with exit code 1.
    pub fn new(what: impl Into<String>, why: impl fmt::Display, next: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.to_string(), next: next.into(), exit_code: 1 }
    }
    /// A failure of the operator's usage or configuration: exit code 2.
    pub fn usage(what: impl Into<String>, why: impl fmt::Display, next: impl Into<String>) -> Self {
        Self { exit_code: 2, ..Self::new(what, why, next) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  why:  {}\n  next: {}", self.what, self.why, self.next)
    }
}
impl std::error::Error for Failure {}

impl From<keys::KeyError> for Failure {
    fn from(error: keys::KeyError) -> Self {
        let what = "a key cannot be had";
        let next = error.next();
        if error.is_usage() { Self::usage(what, error, next) } else { Self::new(what, error, next) }
    }
}

//! Names of nodes, which become folders, arguments and paths of URLs.

use std::fmt;

use serde::Serialize;

/// Longest name of a node.
const LENGTH_MAX: usize = 32;

/// A node's name: a lowercase letter, then lowercase letters, digits or `-`, 32 characters at most.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(transparent)]
pub struct NodeName(String);

/// Text that is no node's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeNameError(String);

impl NodeName {
    /// Checks a name from outside.
    ///
    /// # Errors
    /// Where it has other characters or another length.
    pub fn new(text: &str) -> Result<Self, NodeNameError> {
        let mut chars = text.chars();
        let begins = chars.next().is_some_and(|c| c.is_ascii_lowercase());
        let goes_on = chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if begins && goes_on && text.len() <= LENGTH_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(NodeNameError(text.chars().take(LENGTH_MAX + 1).collect()))
        }
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Display for NodeNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no node's name: a lowercase letter, then lowercase letters, digits or `-`, at most {LENGTH_MAX}",
            self.0
        )
    }
}
impl std::error::Error for NodeNameError {}

#[cfg(test)]
mod tests;

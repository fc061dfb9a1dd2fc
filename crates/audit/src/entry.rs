//! What is written of an act.

use serde::{Deserialize, Serialize};
use types::{Digest, Time};

/// Longest text of a field, in bytes; the rest is cut off.
const TEXT_BYTES_MAX: usize = 512;

/// Somebody wants something done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Act {
    /// Who: an address, the name of a key, a user of this machine.
    pub actor: String,
    /// What, as in `node.partition`.
    pub act: &'static str,
    /// To whom or what.
    pub subject: String,
}

/// How far an act has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It was asked for and is about to be done.
    Asked,
    /// It was done.
    Done,
    /// It was refused, or failed.
    Failed,
    /// A crash has cut the line before this one.
    Recovered,
}

impl Stage {
    /// Its name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
        }
    }
}

/// A line of the record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The number of the line, from 0 on.
    pub seq: u64,
    /// When, in microseconds since the Unix epoch, by the clock of the machine.
    pub time_us: u64,
    /// Who.
    pub actor: String,
    /// What.
    pub act: String,
    /// To whom or what.
    pub subject: String,
    /// How far it has come.
    pub stage: Stage,
    /// The line in which it was asked for, where this one tells what came of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of: Option<u64>,
    /// What came of it, or why not.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub detail: String,
    /// The digest of the line before, as hexadecimal digits; zeros in the first.
    pub before: String,
}

impl Entry {
    /// The digest of a line, without its end.
    #[must_use]
    pub fn digest(line: &[u8]) -> Digest {
        crypto::hash("unisono-audit", line)
    }
    pub(crate) fn of(act: &Act, time: Time, stage: Stage, of: Option<u64>, detail: &str) -> Self {
        Self {
            seq: 0,
            time_us: time.us(),
            actor: short(&act.actor),
            act: act.act.to_owned(),
            subject: short(&act.subject),
            stage,
            of,
            detail: short(detail),
            before: Digest::ZERO.to_string(),
        }
    }
}

fn short(text: &str) -> String {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

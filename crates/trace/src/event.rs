//! What stands in a trace.

use serde::{Deserialize, Serialize};

/// The format's name and version, in every header.
pub const FORMAT: &str = "unisono-trace/1";

/// The first line: what ran.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// `sim`, `network` or `class`.
    pub world: String,
    /// The protocol's name.
    pub protocol: String,
    /// The participants, in the order in which they are shown.
    pub nodes: Vec<String>,
    /// Where all randomness came from, where the world knows that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The command line that makes the same trace again, where there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub replay: String,
    /// When the run began, in microseconds since the Unix epoch, where the world has a clock: by it the traces of several
    /// nodes are laid side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_unix_us: Option<u64>,
    /// A hash over the whole run, where the world makes one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When, in microseconds of the world's clock.
    pub t_us: u64,
    /// Its place among all events, from 0.
    pub seq: u64,
    /// Where.
    pub node: String,
    /// What: `start`, `crash`, `submit`, `timeout`, `send`, `receive`, `lose`, `enter`, `execute`, `certify`, ...
    pub kind: String,
    /// The kind of message, the timer, the hash: whatever names it further.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// The message's number: the same where it is sent and where it is received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<u64>,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Who does not get it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// The height, the view or the number that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// The last line: that this was all, and how it ended.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Footer {
    /// How many events there are.
    pub end: u64,
    /// How the run ended.
    pub verdict: String,
    /// Why, where it did not end well.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// A whole trace.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Trace {
    /// What ran.
    pub header: Header,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// How it ended.
    pub footer: Footer,
}

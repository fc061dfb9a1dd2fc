use std::fmt;

use types::NodeId;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Everything held, and every correct replica got there.
    Pass,
    /// Nothing wrong was agreed, but after healing nothing more was.
    NoProgress,
    /// An invariant did not hold.
    Diverged,
}

impl Verdict {
    /// The verdict's name in output.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NoProgress => "no_progress",
            Self::Diverged => "diverged",
        }
    }
}

/// A client's request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// When it was asked for.
    pub asked_us: u64,
    /// When its answer, with the proof that it is committed, was there; none where the run ended before.
    pub answered_us: Option<u64>,
}

/// What came of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// The broken invariant with its id, or what everybody waits for; empty where all is well.
    pub why: String,
    /// Blocks that the correct replicas executed.
    pub decisions: u64,
    /// Changes of protocol that took effect.
    pub epochs: u64,
    /// Messages delivered from one replica to another.
    pub messages: u64,
    /// Events in the trace.
    pub events: u64,
    /// A hash over every event, in hexadecimal.
    pub trace_hash: String,
    /// How long the run lasted for those in it.
    pub virtual_time_us: u64,
    /// The highest view that a correct replica entered.
    pub view_changes: u64,
    /// Crashes of correct replicas, power cuts included.
    pub crashes: u64,
    /// Clients' requests answered.
    pub answered: u64,
    /// All requests, in the order in which they were asked.
    pub requests: Vec<Asked>,
    /// Tickets consumed.
    pub tickets_consumed: u64,
    /// Messages by kind, those of the core by its own kinds.
    pub by_kind: Vec<(&'static str, u64)>,
    /// Messages dropped, by reason.
    pub rejected: Vec<(&'static str, u64)>,
    /// The liars of this run.
    pub liars: Vec<NodeId>,
    /// How often they lied.
    pub attacks: u64,
    /// Faults that chance let strike, and messages that left: what a replay selects from.
    pub strikes: u64,
    /// Messages that left for another replica.
    pub sent: u64,
    /// The most entries that a correct replica's core keeps at the end.
    pub log_entries: u64,
    /// Who was accused of what.
    pub accusations: Vec<(NodeId, &'static str)>,
    /// The command line that repeats this run.
    pub replay: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { decisions, messages, events, trace_hash, .. } = self;
        write!(f, "{}", self.verdict.label())?;
        if !self.why.is_empty() {
            write!(f, ": {}", self.why)?;
        }
        write!(
            f,
            "\n{decisions} decisions, {messages} messages, {events} events, trace {trace_hash}"
        )?;
        write!(f, "\nrepeat with: {}", self.replay)
    }
}

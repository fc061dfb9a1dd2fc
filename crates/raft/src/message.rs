//! What replicas say to each other. Nothing is signed: nobody lies in this model, and each message is its connection's.

use std::sync::Arc;

use crypto::{Authentic, SignedBytes};
use types::{Digest, NodeId, Seq, View};

use crate::{Entry, Members, Position};

/// Most entries in one APPEND.
pub(crate) const APPEND_ENTRIES_MAX: usize = 256;

/// A candidate asks for a vote (RequestVote, section 5.2), or whether it would get one (thesis, section 9.6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// The candidate's term; for a pre-vote the one that it would enter.
    pub term: View,
    /// Who asks.
    pub candidate: NodeId,
    /// The last entry of its log.
    pub last: Position,
    /// Whether the leader itself told it to: then nobody waits for the lease to run out.
    pub transfer: bool,
}
codec::record!(Ask { term: View, candidate: NodeId, last: Position, transfer: bool });

/// The answer to an [`Ask`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The term of the vote; where it is refused, the voter's own.
    pub term: View,
    /// Who asked.
    pub candidate: NodeId,
    /// Whether it gets the vote.
    pub granted: bool,
}
codec::record!(Answer { term: View, candidate: NodeId, granted: bool });

/// The leader's entries (AppendEntries, section 5.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Append {
    /// The leader's term.
    pub term: View,
    /// The entry right below the first of these.
    pub prev: Position,
    /// The leader's commit index.
    pub commit: Seq,
    /// The entries; shared between all followers and the log.
    pub entries: Arc<Vec<Entry>>,
}
codec::record!(Append { term: View, prev: Position, commit: Seq, entries: Arc<Vec<Entry>> });

/// The sender's log is durable, and the same as the leader's, up to `matched`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    /// The sender's term.
    pub term: View,
    /// The last entry known to be the same.
    pub matched: Seq,
}
codec::record!(Appended { term: View, matched: Seq });

/// The sender has no entry `prev`, or is in a later term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The sender's term.
    pub term: View,
    /// The place below the refused entries.
    pub prev: Seq,
    /// The last place at which the logs may agree, and its term in the sender's log.
    pub hint: Position,
}
codec::record!(Refused { term: View, prev: Seq, hint: Position });

/// Everything up to `seq` is committed; sent only to those whose log is known to be the same up to there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitTo {
    /// The leader's term.
    pub term: View,
    /// The last committed entry that the receiver has.
    pub seq: Seq,
}
codec::record!(CommitTo { term: View, seq: Seq });

/// The leader still leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heartbeat {
    /// The leader's term.
    pub term: View,
    /// As in [`CommitTo`].
    pub commit: Seq,
    /// Counts the leader's heartbeats, so that an answer says which of them arrived.
    pub round: u64,
}
codec::record!(Heartbeat { term: View, commit: Seq, round: u64 });

/// The answer to a [`Heartbeat`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeartbeatAck {
    /// The sender's term.
    pub term: View,
    /// From the heartbeat.
    pub round: u64,
}
codec::record!(HeartbeatAck { term: View, round: u64 });

/// The follower is so far behind that its entries are gone: it has to take over a state (InstallSnapshot, section 7).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Install {
    /// The leader's term.
    pub term: View,
    /// The last entry that the state contains.
    pub position: Position,
    /// The digest of the state.
    pub digest: Digest,
    /// The members there.
    pub members: Arc<Members>,
}
codec::record!(Install { term: View, position: Position, digest: Digest, members: Arc<Members> });

/// The leader hands over to the receiver (thesis, section 3.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeoutNow {
    /// The leader's term.
    pub term: View,
}
codec::record!(TimeoutNow { term: View });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Would I get your vote? See [`Ask`].
    PreVote(Ask),
    /// The answer to that.
    PreVoted(Answer),
    /// Give me your vote; see [`Ask`].
    Vote(Ask),
    /// The answer to that.
    Voted(Answer),
    /// See [`Append`].
    Append(Append),
    /// See [`Appended`].
    Appended(Appended),
    /// See [`Refused`].
    Refused(Refused),
    /// See [`CommitTo`].
    Commit(CommitTo),
    /// See [`Heartbeat`].
    Heartbeat(Heartbeat),
    /// See [`HeartbeatAck`].
    HeartbeatAck(HeartbeatAck),
    /// See [`Install`].
    Install(Arc<Install>),
    /// See [`TimeoutNow`].
    TimeoutNow(TimeoutNow),
}
codec::tagged!(Message {
    1 => PreVote, 2 => PreVoted, 3 => Vote, 4 => Voted, 5 => Append, 6 => Appended, 7 => Refused,
    8 => Commit, 9 => Heartbeat, 10 => HeartbeatAck, 11 => Install, 12 => TimeoutNow
});

impl Authentic for Message {
    /// Nobody's by name: a message is whose connection it came over.
    fn author(&self) -> Option<NodeId> {
        None
    }
    fn check_signatures(&self, _check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        true
    }
}

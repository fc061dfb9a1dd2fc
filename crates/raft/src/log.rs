//! The replicated log, and where it begins after compaction.

use std::collections::VecDeque;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use protocol::Payload;
use types::{Digest, Seq, View};

use crate::Members;

/// Where an entry stands, and under which term.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Position {
    /// Its index.
    pub seq: Seq,
    /// Its term.
    pub term: View,
}
codec::record!(Position { seq: Seq, term: View });

impl Position {
    /// Whether a log that ends here is at least as up to date as one that ends at `other` (section 5.4.1).
    #[must_use]
    pub fn is_up_to_date_with(self, other: Self) -> bool {
        (self.term, self.seq) >= (other.term, other.seq)
    }
}

/// What an entry orders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Nothing: a new leader's first entry.
    Null,
    /// A payload.
    Payload(Payload),
    /// Who the members are from here on.
    Members(Arc<Members>),
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The term of the leader that appended it.
    pub term: View,
    /// What it orders.
    pub content: Content,
}
codec::record!(Entry { term: View, content: Content });

impl Content {
    /// The payload, where it is one.
    #[must_use]
    pub const fn payload(&self) -> Option<&Payload> {
        match self {
            Self::Payload(payload) => Some(payload),
            Self::Null | Self::Members(_) => None,
        }
    }
    /// What names it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self {
            Self::Null => Digest::ZERO,
            Self::Payload(payload) => payload.digest(),
            Self::Members(members) => crypto::hash("unisono-raft-members", &members.to_bytes()),
        }
    }
}
impl Encode for Content {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(0),
            Self::Payload(payload) => {
                out.push(1);
                payload.encode(out);
            }
            Self::Members(members) => {
                out.push(2);
                members.encode(out);
            }
        }
    }
}
impl Decode for Content {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            0 => Ok(Self::Null),
            1 => Payload::decode(reader).map(Self::Payload),
            2 => Arc::decode(reader).map(Self::Members),
            tag => Err(DecodeError::UnknownTag { of: "Content", tag }),
        }
    }
}

/// The entries above `base`; everything up to `base` is compacted away.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) base: Position,
    entries: VecDeque<Entry>,
}

impl Log {
    pub(crate) fn last(&self) -> Position {
        let seq = self.base.seq.plus(self.entries.len() as u64);
        Position { seq, term: self.entries.back().map_or(self.base.term, |entry| entry.term) }
    }
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
    fn index(&self, seq: Seq) -> Option<usize> {
        usize::try_from(seq.get().checked_sub(self.base.seq.get())?.checked_sub(1)?).ok()
    }
    pub(crate) fn get(&self, seq: Seq) -> Option<&Entry> {
        self.entries.get(self.index(seq)?)
    }
    /// The term of a place that is in the log, or right below it.
    pub(crate) fn term_at(&self, seq: Seq) -> Option<View> {
        if seq == self.base.seq {
            return Some(self.base.term);
        }
        self.get(seq).map(|entry| entry.term)
    }
    pub(crate) fn push(&mut self, entry: Entry) {
        self.entries.push_back(entry);
    }
    /// Drops `from` and everything behind it.
    pub(crate) fn truncate(&mut self, from: Seq) {
        let keep = from.above(self.base.seq).saturating_sub(1);
        self.entries.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
    }
    /// At most `max` entries from a place on, up to `last`.
    pub(crate) fn slice(&self, from: Seq, last: Seq, max: usize) -> Vec<Entry> {
        let Some(start) = self.index(from) else { return Vec::new() };
        let wanted = usize::try_from(last.next().above(from)).unwrap_or(usize::MAX).min(max);
        let end = start.saturating_add(wanted).min(self.entries.len());
        self.entries.range(start.min(end)..end).cloned().collect()
    }
    /// Forgets everything up to a place that is in the log.
    pub(crate) fn compact(&mut self, to: Seq) {
        let Some(term) = self.term_at(to) else { return };
        let count = usize::try_from(to.above(self.base.seq)).unwrap_or(usize::MAX);
        self.entries.drain(..count.min(self.entries.len()));
        self.base = Position { seq: to, term };
    }
    /// Begins anew above a place.
    pub(crate) fn reset(&mut self, base: Position) {
        self.base = base;
        self.entries.clear();
    }
    /// The last place at or below `hint` whose term is not above the hint's: nothing behind it can match the log that
    /// the hint is from.
    pub(crate) fn last_match(&self, hint: Position) -> Position {
        let upper = usize::try_from(hint.seq.above(self.base.seq)).unwrap_or(usize::MAX);
        let upper = upper.min(self.entries.len());
        let by_term = self.entries.partition_point(|entry| entry.term <= hint.term);
        let seq = self.base.seq.plus(upper.min(by_term) as u64);
        Position { seq, term: self.term_at(seq).unwrap_or(self.base.term) }
    }
    /// The members entries above a place.
    pub(crate) fn members_above(&self, seq: Seq) -> Vec<(Seq, Arc<Members>)> {
        let entries = places(self.base.seq.next()).zip(&self.entries);
        let members = entries.filter_map(|(at, entry)| match &entry.content {
            Content::Members(members) if at > seq => Some((at, Arc::clone(members))),
            Content::Null | Content::Payload(_) | Content::Members(_) => None,
        });
        members.collect()
    }
}

/// The places from one on; they stay at the last number rather than wrap.
pub(crate) fn places(from: Seq) -> impl Iterator<Item = Seq> {
    std::iter::successors(Some(from), |seq| Some(seq.next()))
}

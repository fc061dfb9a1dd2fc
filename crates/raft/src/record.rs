//! What survives a crash: the term and the vote in it, the log, and where its compacted part ends.

use std::sync::Arc;

use protocol::Ctx;
use types::{Digest, NodeId, Seq, View};

use crate::message::APPEND_ENTRIES_MAX;
use crate::{Core, Entry, Members, Position};

/// The current term, and whom the replica voted for in it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Term {
    /// The term.
    pub term: View,
    /// The candidate that got the vote.
    pub vote: Option<NodeId>,
}
codec::record!(Term { term: View, vote: Option<NodeId> });

/// The state that stands for the compacted part of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot {
    /// The last entry that the state contains.
    pub position: Position,
    /// The digest of the state.
    pub digest: Digest,
    /// The members there.
    pub members: Arc<Members>,
    /// Where the log begins: at `position` or a little below it.
    pub base: Position,
}
codec::record!(Snapshot {
    position: Position, digest: Digest, members: Arc<Members>, base: Position
});

/// Entries from a place on; whatever stood there before is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The place of the first one.
    pub first: Seq,
    /// The entries.
    pub entries: Arc<Vec<Entry>>,
}
codec::record!(Written { first: Seq, entries: Arc<Vec<Entry>> });

/// A line of the log on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Before anything is said in that term.
    Term(Term),
    /// Before the entries are sent, acknowledged or handed over.
    Append(Written),
    /// When the log is compacted.
    Snapshot(Snapshot),
}
codec::tagged!(Record { 1 => Term, 2 => Append, 3 => Snapshot });

impl Core {
    /// The log on disk as it must be after compaction (L40).
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = vec![Record::Term(Term { term: self.term, vote: self.vote })];
        if !broken!(self.config, SnapshotNotPersisted) {
            records
                .push(Record::Snapshot(Snapshot { base: self.log.base, ..self.snapshot.clone() }));
        }
        let mut first = self.log.base.seq.next();
        while first <= self.flushed {
            let entries = self.log.slice(first, self.flushed, APPEND_ENTRIES_MAX);
            let next = first.plus(entries.len() as u64);
            records.push(Record::Append(Written { first, entries: Arc::new(entries) }));
            first = next;
        }
        records
    }

    pub(crate) fn persist_term(&self, ctx: &mut Ctx<'_, Self>) {
        ctx.persist(Record::Term(Term { term: self.term, vote: self.vote }));
    }

    /// Puts the records back (L45).
    pub(crate) fn recover(&mut self, records: Vec<Record>) {
        for record in records {
            match record {
                Record::Term(Term { term, vote }) => (self.term, self.vote) = (term, vote),
                Record::Snapshot(snapshot) => {
                    self.log.reset(snapshot.base);
                    self.commit = snapshot.position.seq;
                    self.snapshot = snapshot;
                }
                Record::Append(Written { first, entries }) => {
                    if first <= self.log.base.seq || first > self.log.last().seq.next() {
                        continue;
                    }
                    self.log.truncate(first);
                    entries.iter().for_each(|entry| self.log.push(entry.clone()));
                }
            }
        }
        let (seq, members) = (self.snapshot.position.seq, Arc::clone(&self.snapshot.members));
        self.configurations = vec![(seq, members)];
        self.configurations.extend(self.log.members_above(seq));
        self.flushed = self.log.last().seq;
        self.checked = self.flushed;
    }
}

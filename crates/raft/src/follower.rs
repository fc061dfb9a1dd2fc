//! The follower's normal case: take entries, check them, acknowledge them (section 5.3).

use std::sync::Arc;

use protocol::{Call, Ctx, Reject};
use types::{Digest, NodeId, Seq};

use crate::log::places;
use crate::message::{APPEND_ENTRIES_MAX, Append, Appended, CommitTo, Message, Refused};
use crate::record::Written;
use crate::{Content, Core, Entry, Position, Record};

/// Most APPENDs whose acknowledgement waits for payloads; the leader sends later ones again.
const DUE_MAX: usize = 64;

impl Core {
    /// L6
    pub(crate) fn on_append(&mut self, from: NodeId, append: &Append, ctx: &mut Ctx<'_, Self>) {
        if !self.follows(from, append.term, ctx) {
            return;
        }
        let prev = append.prev;
        let end = prev.seq.plus(append.entries.len() as u64);
        if append.entries.len() > APPEND_ENTRIES_MAX || end.next() == end {
            return ctx.reject(from, Reject::OverLimit);
        }
        // What is committed here is the same at every leader.
        if prev.seq > self.commit && self.log.term_at(prev.seq) != Some(prev.term) {
            let upper = prev.seq.min(self.log.last().seq);
            let hint = self.log.last_match(Position { seq: upper, term: prev.term }); // L7
            let (term, prev) = (self.term, prev.seq);
            return ctx.send(from, Message::Refused(Refused { term, prev, hint }));
        }
        self.learn_base(prev, ctx);
        if !self.take_entries(from, append, ctx) {
            return ctx.reject(from, Reject::BadCertificate);
        }
        if self.due.len() < DUE_MAX {
            self.due.push_back(end);
        }
        self.commit_to(append.commit.min(end), ctx);
        self.acknowledge(ctx);
    }

    /// L8: keeps what is the same, cuts off what conflicts and everything behind it, takes the rest; false where a
    /// committed entry conflicts, which no honest leader sends.
    fn take_entries(&mut self, from: NodeId, append: &Append, ctx: &mut Ctx<'_, Self>) -> bool {
        let mut first = append.prev.seq.next();
        if broken!(self.config, AlwaysTruncates) && first > self.commit {
            self.truncate(first);
        }
        let mut known = 0;
        for entry in append.entries.iter() {
            match self.log.term_at(first) {
                Some(term) if term == entry.term => {}
                Some(_) if first <= self.log.base.seq => {
                    self.learn_base(Position { seq: first, term: entry.term }, ctx);
                }
                Some(_) if first <= self.commit => return false,
                Some(_) => {
                    self.truncate(first);
                    break;
                }
                None if first < self.log.base.seq => {}
                None => break,
            }
            known += 1;
            first = first.next();
        }
        for (seq, entry) in places(first).zip(&append.entries[known..]) {
            self.take_entry(from, seq, entry, ctx);
        }
        if broken!(self.config, PersistUnseen) {
            self.flush(self.log.last().seq, ctx);
        }
        true
    }

    fn take_entry(&mut self, from: NodeId, seq: Seq, entry: &Entry, ctx: &mut Ctx<'_, Self>) {
        self.log.push(entry.clone());
        let mut is_at_hand = true;
        match &entry.content {
            Content::Null => {}
            Content::Payload(payload) => {
                if seq > self.decided {
                    is_at_hand = false;
                    let (view, payload, proposer) = (self.term, payload.clone(), from);
                    ctx.call(Call::Check { view, seq, payload, proposer });
                }
            }
            Content::Members(members) => {
                self.configurations.push((seq, Arc::clone(members)));
                self.note_members();
            }
        }
        if is_at_hand && self.at_hand.is_empty() && seq == self.checked.next() {
            self.checked = seq;
        } else {
            self.at_hand.push_back(is_at_hand);
        }
    }

    /// A log that began where the application stood learns the term of that place before anything above it is
    /// acknowledged.
    fn learn_base(&mut self, known: Position, ctx: &mut Ctx<'_, Self>) {
        let base = self.log.base;
        if known.seq == base.seq && known.term > base.term && base.seq > Seq::ZERO {
            self.log.base = known;
            if self.snapshot.position.seq == known.seq {
                self.snapshot.position = known;
            }
            ctx.compact(self.records());
        }
    }

    /// Drops entries from a place on, and the configurations in them (L33).
    pub(crate) fn truncate(&mut self, from: Seq) {
        let Some(last) = from.previous() else { return };
        self.log.truncate(from);
        self.flushed = self.flushed.min(last);
        self.checked = self.checked.min(last);
        let kept = usize::try_from(last.above(self.checked)).unwrap_or(usize::MAX);
        self.at_hand.truncate(kept);
        self.due.retain(|&end| end <= last);
        let count = self.configurations.len();
        if !broken!(self.config, MembersNotRolledBack) {
            self.configurations.retain(|&(seq, _)| seq <= last);
        }
        if self.configurations.len() < count {
            self.note_members();
        }
    }

    /// L9: a payload is at hand.
    pub(crate) fn on_checked(
        &mut self,
        seq: Seq,
        digest: Digest,
        valid: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let is_same = self.log.get(seq).is_some_and(|entry| entry.content.digest() == digest);
        if self.leads() || seq <= self.checked || !is_same {
            return;
        }
        if !valid {
            return ctx.reject(self.leader.unwrap_or(self.me), Reject::BadPayload);
        }
        let index = usize::try_from(seq.above(self.checked) - 1).unwrap_or(usize::MAX);
        if let Some(place) = self.at_hand.get_mut(index) {
            *place = true;
        }
        self.count_checked();
        self.acknowledge(ctx);
    }

    fn count_checked(&mut self) {
        while self.at_hand.front() == Some(&true) {
            self.at_hand.pop_front();
            self.checked = self.checked.next();
        }
    }

    /// Acknowledges what is durable and at hand; each APPEND once, several together.
    fn acknowledge(&mut self, ctx: &mut Ctx<'_, Self>) {
        let mut matched = None;
        while let Some(&end) = self.due.front().filter(|&&end| end <= self.checked) {
            matched = matched.max(Some(end));
            self.due.pop_front();
        }
        if let (Some(matched), Some(leader)) = (matched, self.leader) {
            if !broken!(self.config, AckBeforePersist) {
                self.flush(matched, ctx);
            }
            ctx.send(leader, Message::Appended(Appended { term: self.term, matched }));
            self.flush(matched, ctx);
        }
    }

    /// Writes entries to the disk, up to a place. Only what is at hand gets there: a leader that came by an entry without
    /// its payload could never commit it, nor anything behind it.
    fn flush(&mut self, last: Seq, ctx: &mut Ctx<'_, Self>) {
        while self.flushed < last {
            let first = self.flushed.next();
            let entries = Arc::new(self.log.slice(first, last, APPEND_ENTRIES_MAX));
            if entries.is_empty() {
                return;
            }
            self.flushed = self.flushed.plus(entries.len() as u64);
            ctx.persist(Record::Append(Written { first, entries }));
        }
    }

    /// L14
    pub(crate) fn on_commit(&mut self, from: NodeId, commit: CommitTo, ctx: &mut Ctx<'_, Self>) {
        if self.follows(from, commit.term, ctx) {
            self.commit_to(commit.seq, ctx);
        }
    }

    /// The leader says that everything up to a place is committed. What is committed has been at hand at a majority, so
    /// there is nothing left to ask about it.
    pub(crate) fn commit_to(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let seq = seq.min(self.log.last().seq);
        if seq <= self.commit {
            return;
        }
        self.commit = seq;
        while self.checked < seq {
            self.checked = self.checked.next();
            self.at_hand.pop_front();
        }
        self.count_checked();
        self.flush(seq, ctx);
        self.hand_over(ctx);
        self.acknowledge(ctx);
        if broken!(self.config, MembersActiveOnCommit) {
            self.note_members();
        }
    }
}

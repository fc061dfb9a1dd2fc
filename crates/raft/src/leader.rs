//! The leader's normal case: build, append, replicate, commit (sections 5.3 and 5.4.2).

use std::sync::Arc;

use protocol::{Call, Ctx, Decision, Payload, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::message::{APPEND_ENTRIES_MAX, Append, Appended, CommitTo, Message, Refused};
use crate::progress::Pace;
use crate::record::Written;
use crate::{Content, Core, Entry, Record};

impl Core {
    /// L1
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        self.pending.submit(work);
        self.is_work_at_hand = true;
        self.build(ctx);
    }

    /// Asks for the next payload, where there is room for one (L2).
    pub(crate) fn build(&mut self, ctx: &mut Ctx<'_, Self>) {
        let last = self.log.last().seq;
        let is_free = !self.is_building && self.held.is_none() && self.is_work_at_hand;
        let is_busy = self.successor.is_some() && !broken!(self.config, ProposesInTransfer);
        let has_room = last.above(self.decided) < self.config.window.max(1);
        if self.leads() && is_free && has_room && !is_busy {
            self.is_building = true;
            // Work that comes before the answer is new.
            self.is_work_at_hand = false;
            ctx.call(Call::Build { view: self.term, seq: last.next() });
        }
    }

    /// L3
    pub(crate) fn on_built(
        &mut self,
        view: View,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if !self.leads() || view != self.term || !self.is_building {
            return;
        }
        self.is_building = false;
        let Some(payload) = payload else { return self.build(ctx) };
        self.is_work_at_hand = true;
        if self.successor.is_some() && !broken!(self.config, ProposesInTransfer) {
            self.held = Some(payload);
            return;
        }
        self.propose(Content::Payload(payload), ctx);
        self.build(ctx);
    }

    /// Makes new entries durable and sends what there is room for (L4). While every follower has its fill of APPENDs on
    /// the way, entries gather.
    pub(crate) fn replicate(&mut self, ctx: &mut Ctx<'_, Self>) {
        let last = self.log.last().seq;
        while self.flushed < last && self.has_anybody_room() {
            let first = self.flushed.next();
            let entries = Arc::new(self.log.slice(first, last, APPEND_ENTRIES_MAX));
            self.flushed = self.flushed.plus(entries.len() as u64);
            let record = Record::Append(Written { first, entries: Arc::clone(&entries) });
            if broken!(self.config, SendBeforePersist) {
                self.send_new(first, &entries, ctx);
                ctx.persist(record);
                continue;
            }
            ctx.persist(record);
            self.send_new(first, &entries, ctx);
        }
        for index in 0..self.peers.len() {
            self.send_entries(self.peers[index], ctx);
        }
    }

    fn has_anybody_room(&self) -> bool {
        let mut peers = self.peers.iter().map(|peer| &self.progress[peer.index()]);
        self.is_alone() || peers.clone().all(|p| p.pace != Pace::Replicate) || {
            peers.any(|progress| progress.pace == Pace::Replicate && progress.has_room())
        }
    }

    /// Sends a fresh batch to all who have everything before it. A leader that is a majority by itself hears from itself
    /// when the batch is durable.
    fn send_new(&mut self, first: Seq, entries: &Arc<Vec<Entry>>, ctx: &mut Ctx<'_, Self>) {
        let Some(prev) = first.previous().and_then(|seq| self.position(seq)) else { return };
        let (term, commit) = (self.term, self.commit);
        for &peer in &self.peers {
            let progress = &mut self.progress[peer.index()];
            if progress.next == first && progress.has_room() {
                progress.sent(self.flushed, commit);
                let entries = Arc::clone(entries);
                ctx.send(peer, Message::Append(Append { term, prev, commit, entries }));
            }
        }
        if self.is_alone() {
            ctx.broadcast(Message::Appended(Appended { term, matched: self.flushed }));
        }
    }

    fn position(&self, seq: Seq) -> Option<crate::Position> {
        self.log.term_at(seq).map(|term| crate::Position { seq, term })
    }

    /// Sends one replica what it lacks and has room for (L5).
    pub(crate) fn send_entries(&mut self, peer: NodeId, ctx: &mut Ctx<'_, Self>) {
        loop {
            let progress = &self.progress[peer.index()];
            if progress.next > self.flushed || !progress.has_room() {
                return;
            }
            let first = progress.next;
            let Some(prev) = first.previous().and_then(|seq| self.position(seq)) else {
                return self.send_install(peer, ctx);
            };
            let entries = Arc::new(self.log.slice(first, self.flushed, APPEND_ENTRIES_MAX));
            let last = prev.seq.plus(entries.len() as u64);
            let (term, commit) = (self.term, self.commit);
            self.progress[peer.index()].sent(last, commit);
            ctx.send(peer, Message::Append(Append { term, prev, commit, entries }));
        }
    }

    /// Whether an answer is for this leader's term; a later one ends it (L23).
    pub(crate) fn hears(&mut self, from: NodeId, term: View, ctx: &mut Ctx<'_, Self>) -> bool {
        self.follow_term(from, term, ctx);
        if !self.leads() || term != self.term {
            return false;
        }
        self.progress[from.index()].heard = ctx.now;
        true
    }

    /// L10: whatever anybody acknowledges left this replica behind the barrier, so it is durable here as well.
    pub(crate) fn on_appended(&mut self, from: NodeId, ack: Appended, ctx: &mut Ctx<'_, Self>) {
        if !self.hears(from, ack.term, ctx) {
            return;
        }
        if ack.matched > self.flushed {
            return ctx.reject(from, Reject::OutsideWatermarks);
        }
        let is_new = self.progress[from.index()].acknowledged(ack.matched);
        let own = &mut self.progress[self.me.index()];
        own.matched = own.matched.max(ack.matched);
        if is_new {
            self.advance_commit(ctx);
        }
        if !self.leads() {
            return;
        }
        self.replicate(ctx);
        self.tell_commit(ctx);
        self.hand_to_successor(from, ctx); // L36
    }

    /// L11: a majority has an entry of this term; everything before it is committed with it (figure 8).
    fn advance_commit(&mut self, ctx: &mut Ctx<'_, Self>) {
        let mut scratch = std::mem::take(&mut self.scratch);
        let progress = &self.progress;
        let place = |id: NodeId| progress.get(id.index()).map_or(Seq::ZERO, |p| p.matched);
        let mut target = self.members().reached(place, &mut scratch);
        if broken!(self.config, LearnerCounts) {
            scratch.clear();
            scratch.extend(self.members().all().into_iter().map(place));
            scratch.sort_unstable();
            target = scratch[(scratch.len() - 1) / 2];
        }
        self.scratch = scratch;
        let is_own = self.log.term_at(target) == Some(self.term);
        if target > self.commit && (is_own || broken!(self.config, OldTermCommitted)) {
            self.commit = target;
            self.hand_over(ctx);
            self.park_no_longer(ctx);
            self.on_members_committed(ctx); // L34
            self.build(ctx);
        }
    }

    /// Tells everybody what is committed, as far as they have it and no APPEND said so.
    pub(crate) fn tell_commit(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (term, commit) = (self.term, self.commit);
        for &peer in &self.peers {
            let progress = &mut self.progress[peer.index()];
            let seq = commit.min(progress.matched);
            if seq > progress.told {
                progress.told = seq;
                ctx.send(peer, Message::Commit(CommitTo { term, seq }));
            }
        }
    }

    /// L12: hands committed entries over in order, without gaps, each once.
    pub(crate) fn hand_over(&mut self, ctx: &mut Ctx<'_, Self>) {
        while self.decided < self.commit {
            let seq = self.decided.next();
            let Some(entry) = self.log.get(seq) else { return self.catch_up(ctx) };
            let payload = entry.content.payload().cloned();
            self.is_placed = true;
            self.decided = seq;
            let commits = self.unsigned.clone();
            ctx.decide(Decision { view: self.term, seq, payload, commits });
        }
    }

    /// L13: goes back to where the logs may agree, a whole term at a time.
    pub(crate) fn on_refused(&mut self, from: NodeId, refused: Refused, ctx: &mut Ctx<'_, Self>) {
        if !self.hears(from, refused.term, ctx) {
            return;
        }
        let progress = &self.progress[from.index()];
        let is_stale = match progress.pace {
            Pace::Replicate => refused.prev <= progress.matched,
            Pace::Probe => refused.prev.next() != progress.next,
            Pace::Install => true,
        };
        if is_stale {
            return;
        }
        let agreed = self.log.last_match(refused.hint).seq.min(refused.prev);
        let base = self.log.base;
        // Where not even the first entry that is kept can fit, a state has to be taken over.
        let is_gone =
            refused.hint.seq < base.seq || (refused.hint.seq == base.seq && refused.hint != base);
        let next = if is_gone { base.seq } else { agreed.next() };
        self.progress[from.index()].probe(next);
        self.send_entries(from, ctx);
    }
}

//! Compaction, and states taken over instead of entries (section 7).

use std::sync::Arc;

use protocol::{Call, Ctx, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::message::{Appended, Install, Message};
use crate::progress::Pace;
use crate::record::Snapshot;
use crate::{Core, Position};

impl Core {
    /// L39
    pub(crate) fn on_executed(
        &mut self,
        seq: Seq,
        digest: Digest,
        done: &[Digest],
        ctx: &mut Ctx<'_, Self>,
    ) {
        self.pending.finish(done);
        self.executed = self.executed.max(seq);
        let is_due = seq.above(self.snapshot.position.seq) >= self.config.snapshot_interval.max(1);
        if is_due && seq <= self.commit {
            self.compact(seq, digest, ctx);
        }
        // The application may have held back what waits until this was done.
        self.is_work_at_hand |= self.pending.len() > 0;
        self.build(ctx);
    }

    /// L40: everything up to an executed entry is in the application's state; a few entries are kept for those who are a
    /// little behind.
    fn compact(&mut self, seq: Seq, digest: Digest, ctx: &mut Ctx<'_, Self>) {
        let Some(term) = self.log.term_at(seq) else { return };
        let of = self.configurations.partition_point(|&(at, _)| at <= seq).saturating_sub(1);
        self.configurations.drain(..of);
        let members = self
            .configurations
            .first()
            .map_or_else(|| Arc::clone(&self.snapshot.members), |(_, members)| Arc::clone(members));
        let kept = seq.get().saturating_sub(self.config.entries_kept);
        self.log.compact(Seq::new(kept));
        let position = Position { seq, term };
        self.snapshot = Snapshot { position, digest, members, base: self.log.base };
        ctx.compact(self.records());
    }

    /// L41: the entries that a replica lacks are gone; it has to take over a state.
    pub(crate) fn send_install(&mut self, peer: NodeId, ctx: &mut Ctx<'_, Self>) {
        let progress = &mut self.progress[peer.index()];
        progress.pace = Pace::Install;
        progress.inflight.clear();
        progress.installed = ctx.now;
        let Snapshot { position, digest, ref members, .. } = self.snapshot;
        let (term, members) = (self.term, Arc::clone(members));
        let install = Install { term, position, digest, members };
        ctx.send(peer, Message::Install(Arc::new(install)));
    }

    /// L42
    pub(crate) fn on_install(
        &mut self,
        from: NodeId,
        install: &Arc<Install>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if !self.follows(from, install.term, ctx) {
            return;
        }
        let Position { seq, term } = install.position;
        if seq.next() == seq || install.members.voters.is_empty() {
            return ctx.reject(from, Reject::BadCertificate);
        }
        if broken!(self.config, SnapshotMovesBack) && seq < self.commit {
            self.decided = seq;
            return self.adopt(install, ctx);
        }
        if seq <= self.commit || self.log.term_at(seq) == Some(term) {
            self.commit_to(seq, ctx);
            let matched = seq.max(self.commit.min(self.flushed));
            return ctx.send(from, Message::Appended(Appended { term: self.term, matched }));
        }
        if seq <= self.decided {
            return self.adopt(install, ctx);
        }
        self.installing = Some(Arc::clone(install));
        ctx.call(Call::Transfer { seq, digest: install.digest });
    }

    /// The application stands at the state: the log begins anew above it, members included, all in one record.
    fn adopt(&mut self, install: &Install, ctx: &mut Ctx<'_, Self>) {
        let Install { position, digest, ref members, .. } = *install;
        let known = broken!(self.config, SnapshotWithoutMembers);
        let members = if known { Arc::new(self.members().clone()) } else { Arc::clone(members) };
        self.log.reset(position);
        self.flushed = position.seq;
        self.checked = position.seq;
        self.at_hand.clear();
        self.due.clear();
        self.commit = position.seq;
        self.configurations = vec![(position.seq, Arc::clone(&members))];
        self.snapshot = Snapshot { position, digest, members, base: position };
        self.note_members();
        ctx.compact(self.records());
        if let Some(leader) = self.leader.filter(|&leader| leader != self.me) {
            let (term, matched) = (self.term, position.seq);
            ctx.send(leader, Message::Appended(Appended { term, matched }));
        }
    }

    /// L43: the application stands at a place, by our wish, by its own catching up, or since before the start.
    pub(crate) fn on_transferred(
        &mut self,
        seq: Seq,
        digest: Digest,
        done: &[Digest],
        ctx: &mut Ctx<'_, Self>,
    ) {
        self.pending.finish(done);
        self.executed = self.executed.max(seq);
        let is_blank = self.log.last().seq == Seq::ZERO && self.commit == Seq::ZERO;
        if is_blank && seq > Seq::ZERO && seq.next() > seq && self.installing.is_none() {
            self.begin_at(seq, digest, ctx);
        }
        if seq > self.decided || !self.is_placed {
            self.decided = seq;
        }
        self.is_placed = true;
        self.halted = false;
        if seq >= self.snapshot.position.seq {
            self.is_catching_up = false;
        }
        if let Some(install) = self.installing.take_if(|install| install.position.seq <= seq)
            && install.position.seq > self.commit
        {
            self.adopt(&install, ctx);
        }
        self.hand_over(ctx);
        self.build(ctx);
    }

    /// A log without entries begins where the application stands: another protocol led there.
    fn begin_at(&mut self, seq: Seq, digest: Digest, ctx: &mut Ctx<'_, Self>) {
        let position = Position { seq, term: View::ZERO };
        self.log.reset(position);
        self.flushed = seq;
        self.checked = seq;
        self.commit = seq;
        let members = Arc::clone(&self.snapshot.members);
        self.configurations = vec![(seq, Arc::clone(&members))];
        self.snapshot = Snapshot { position, digest, members, base: position };
        ctx.compact(self.records());
    }

    /// The application stands below what the log still has: it is brought to our own snapshot (L46).
    pub(crate) fn catch_up(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Snapshot { position, digest, .. } = self.snapshot;
        if self.decided < position.seq && !self.is_catching_up {
            self.is_catching_up = true;
            ctx.call(Call::Transfer { seq: position.seq, digest });
        }
    }

    /// L44: the application computed another state than the others.
    pub(crate) fn on_diverged(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.halted = true;
        if self.leads() {
            self.become_follower(self.term, None, ctx);
        }
    }
}

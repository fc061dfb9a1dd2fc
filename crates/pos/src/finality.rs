//! Links, justification and finality: from votes to decisions.

use std::sync::Arc;

use protocol::{Call, Ctx, Decision, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::Record;
use crate::message::{Checkpoint, Link};
use crate::replica::Core;

/// Most final blocks kept for replicas that lag behind.
pub(crate) const HISTORY_MAX: usize = 256;
/// In the first one of so many slots of an epoch, a justified checkpoint of another branch may be adopted (L14).
const ADOPTION_SHARE: u64 = 4;

/// What came of looking at a final checkpoint.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Settled {
    Nothing,
    Moved,
    Missing(Digest),
    Conflict,
}

impl Core {
    /// A link that somebody shows (L21).
    pub(crate) fn on_link(&mut self, from: NodeId, link: &Arc<Link>, ctx: &mut Ctx<'_, Self>) {
        if !self.is_proof(link) {
            return ctx.reject(from, Reject::BadCertificate);
        }
        let anchor = self.config.anchor;
        let is_vouched = anchor == Some(link.source) || anchor == Some(link.target);
        let is_fresh =
            self.is_at_risk(link.target.epoch) || broken!(self.config, OldHistoryBelieved);
        if !is_fresh && !is_vouched {
            return ctx.reject(from, Reject::OldView);
        }
        if link.target.epoch > self.clock.epoch(self.slot_max()) {
            return ctx.reject(from, Reject::BadTime);
        }
        let votes: Vec<_> = link.attestations().collect();
        for vote in &votes {
            if self.is_at_risk(link.target.epoch) {
                self.consider(from, vote, ctx);
            }
        }
        self.take_link(Arc::clone(link), from, ctx);
    }

    /// Whether two thirds of the stake, of the source's epoch and of the target's, stand behind a link (L13).
    fn is_proof(&self, link: &Link) -> bool {
        let Link { source, target, votes } = link;
        let ascends = votes.is_sorted_by(|a, b| a.signer < b.signer);
        let weight = |epoch| -> u128 {
            votes.iter().map(|vote| self.stakes.weight(epoch, vote.signer)).sum()
        };
        ascends
            && source.epoch < target.epoch
            && source.seq <= target.seq
            && votes.last().is_some_and(|vote| vote.signer.index() < self.config.n())
            && self.stakes.is_supermajority(source.epoch, weight(source.epoch))
            && self.stakes.is_supermajority(target.epoch, weight(target.epoch))
    }

    /// Believes a link that is proved (L13, L15).
    pub(crate) fn take_link(&mut self, link: Arc<Link>, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        let is_news = link.target.epoch > self.justified.epoch || self.finalizes(&link);
        if is_news {
            self.write(Record::Link(Arc::clone(&link)), ctx);
        }
        if self.believe(&link) {
            self.sound_alarm(&link, ctx);
        }
        if is_news && !self.is_known(&link.target.block) {
            self.want(link.target.block, from, ctx);
        }
        if broken!(self.config, JustifiedIsFinal) {
            self.ahead = Some((link.target, link));
        }
        self.adopt(); // L14
        self.settle(from, ctx);
    }

    /// Whether a link makes its source final, above what is final here (L15).
    fn finalizes(&self, link: &Link) -> bool {
        let is_next = link.target.epoch == link.source.epoch.saturating_add(1);
        (is_next || broken!(self.config, AnyLinkFinalizes))
            && link.source.epoch > self.finalized.epoch
    }

    /// Takes note of what a link proves; true where it contradicts what is final.
    pub(crate) fn believe(&mut self, link: &Arc<Link>) -> bool {
        if link.target.epoch > self.justified.epoch {
            self.justified = link.target;
            self.justified_link = Some(Arc::clone(link));
        }
        let is_next = link.target.epoch == link.source.epoch.saturating_add(1);
        if is_next && link.source.epoch == self.finalized.epoch {
            if link.source.block == self.finalized.block {
                self.final_link.get_or_insert_with(|| Arc::clone(link));
            }
            return link.source.block != self.finalized.block;
        }
        if is_next && link.source.epoch < self.finalized.epoch {
            let ours = self.in_history(link.source.seq);
            return ours.is_some_and(|(block, _)| *block != link.source.block);
        }
        if !self.finalizes(link) {
            return false;
        }
        let known = self.ahead.as_ref().map_or(0, |(checkpoint, _)| checkpoint.epoch);
        if link.source.epoch > known {
            self.ahead = Some((link.source, Arc::clone(link)));
        }
        false
    }

    /// Begins the fork choice at the highest justified checkpoint of an earlier epoch: at any time where it continues
    /// the adopted one, else only early in an epoch, so that votes kept back cannot make replicas change sides in its
    /// middle (L14).
    pub(crate) fn adopt(&mut self) {
        if self.adopted.epoch < self.finalized.epoch {
            self.adopted = self.finalized;
        }
        let next = self.justified;
        if next.epoch <= self.adopted.epoch || next.epoch >= self.epoch() {
            return;
        }
        let early = (self.clock.slots_per_epoch / ADOPTION_SHARE).max(1);
        let is_early = self.clock.place_in_epoch(self.slot) < early;
        let continues = self.tree.descends(&next.block, &self.adopted.block);
        if is_early || continues || broken!(self.config, AdoptedAnyTime) {
            self.adopted = next;
        }
    }

    /// Moves the last final block up as far as is proved and at hand, and decides (L15, L16).
    pub(crate) fn settle(&mut self, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        match self.try_settle() {
            Settled::Nothing => {}
            Settled::Moved => {
                self.adopt();
                self.decide_ready(ctx);
                self.compact(ctx); // L28
            }
            Settled::Missing(block) => {
                self.want(block, from, ctx);
                self.ask_transfer(ctx);
            }
            Settled::Conflict => {
                if let Some((_, link)) = self.ahead.take() {
                    self.sound_alarm(&link, ctx);
                }
            }
        }
    }

    /// The part of [`Self::settle`] that needs nobody else.
    pub(crate) fn try_settle(&mut self) -> Settled {
        let Some((checkpoint, link)) = self.ahead.clone() else { return Settled::Nothing };
        let Checkpoint { epoch, seq, block } = checkpoint;
        if block == self.tree.root {
            return self.finalize(checkpoint, link);
        }
        if seq <= self.tree.root_seq {
            return Settled::Conflict;
        }
        if self.decided >= seq && self.decided > self.tree.root_seq {
            // The application stands there already: what lies below is not needed.
            self.history.clear();
            self.tree.restart(block, seq, self.clock.first_slot(epoch));
            return self.finalize(checkpoint, link);
        }
        let floor =
            if self.decided > self.tree.root_seq { self.decided } else { self.tree.root_seq };
        let Some(path) = self.tree.path(&block, floor) else {
            let (lowest, missing) = self.tree.lowest(&block);
            let is_beside = self
                .tree
                .get(&lowest)
                .is_some_and(|entry| entry.seq() == self.tree.root_seq.next());
            return if is_beside { Settled::Conflict } else { Settled::Missing(missing) };
        };
        if floor > self.tree.root_seq {
            self.history.clear();
        }
        for digest in path.into_iter().rev() {
            if let Some(entry) = self.tree.get(&digest) {
                self.history.push_back((digest, Arc::clone(&entry.block)));
            }
        }
        self.tree.advance(block);
        self.finalize(checkpoint, link)
    }

    fn finalize(&mut self, checkpoint: Checkpoint, link: Arc<Link>) -> Settled {
        self.finalized = checkpoint;
        self.final_link = Some(link);
        self.ahead = None;
        let executed = self.executed;
        while self.history.len() > HISTORY_MAX
            && self.history.front().is_some_and(|(_, block)| block.header.statement.seq <= executed)
        {
            self.history.pop_front();
        }
        let root_slot = self.tree.root_slot;
        self.by_slot.retain(|slot, _| slot.saturating_add(SLOTS_KEPT) > root_slot);
        Settled::Moved
    }

    /// Two checkpoints that contradict each other are final: at least a third of the stake has lied. Nothing that was
    /// decided is taken back, and nothing is signed until somebody has looked (L15).
    fn sound_alarm(&mut self, link: &Arc<Link>, ctx: &mut Ctx<'_, Self>) {
        if broken!(self.config, FinalReverted) {
            let Checkpoint { epoch, seq, block } = link.source;
            self.tree.restart(block, seq, self.clock.first_slot(epoch));
            self.finalized = link.source;
            return;
        }
        if self.alarm.is_none() {
            self.alarm = Some(Arc::clone(link));
            self.write(Record::Link(Arc::clone(link)), ctx);
            ctx.reject(self.me, Reject::Conflicting);
        }
    }

    /// Hands final payloads over in order (L16).
    pub(crate) fn decide_ready(&mut self, ctx: &mut Ctx<'_, Self>) {
        while self.is_placed && self.decided < self.tree.root_seq {
            let next = self.decided.next();
            let Some((_, block)) = self.in_history(next) else {
                return self.ask_transfer(ctx);
            };
            let view = View::new(block.header.statement.slot);
            let payload = Some(block.payload.clone());
            self.decided = next;
            ctx.decide(Decision { view, seq: next, payload, commits: Default::default() });
        }
    }

    /// The final block at a place.
    pub(crate) fn in_history(&self, seq: Seq) -> Option<&(Digest, Arc<crate::Block>)> {
        let (_, first) = self.history.front()?;
        let at = seq.get().checked_sub(first.header.statement.seq.get())?;
        self.history.get(usize::try_from(at).ok()?)
    }

    /// Lets the world bring the application up where peers no longer have the blocks: it trusts only its own
    /// certificates, so the digest says nothing (L26).
    fn ask_transfer(&mut self, ctx: &mut Ctx<'_, Self>) {
        let ahead = self.ahead.as_ref().map(|(checkpoint, _)| checkpoint.seq);
        let seq = ahead.unwrap_or(self.tree.root_seq);
        let is_far = seq.above(self.decided) > HISTORY_MAX as u64 || ahead.is_none();
        if is_far && self.transfer.is_none_or(|asked| asked < seq) {
            self.transfer = Some(seq);
            ctx.call(Call::Transfer { seq, digest: Digest::ZERO });
        }
    }

    /// The application stands somewhere (L26).
    pub(crate) fn on_transferred(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.halted = None;
        self.transfer = None;
        self.is_placed = true;
        self.decided = self.decided.max(seq);
        self.executed = self.executed.max(seq);
        self.finish(done);
        self.settle(self.me, ctx);
        self.decide_ready(ctx);
    }
}

/// Slots below the last final block whose proposers can still be convicted here.
const SLOTS_KEPT: u64 = 256;

//! When to seal, and sealing.

use std::sync::Arc;

use protocol::{Call, Ctx, Payload};
use types::{Digest, Height, NodeId, Seq, Time, View};

use crate::message::{self, Block, Header, Link, Message, Vote};
use crate::replica::Core;
use crate::safety::{self, Own};
use crate::signers::is_checkpoint;
use crate::tree::Verdict;
use crate::{Record, Style, finality};

/// The timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// It is this replica's time to seal.
    Seal,
    /// Nothing has moved for a while.
    Retry,
    /// A block that came too early is due.
    Early,
}

impl Core {
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &Ctx<'_, Self>) {
        if self.pending.submit(work, ctx.now) {
            self.is_work_at_hand = true;
        }
    }

    /// Whether something on the chain waits to become final.
    pub(crate) fn is_tentative(&self) -> bool {
        self.tree.at(self.best).payloads > self.tree.at(self.settled).payloads
    }
    /// Whether a block is worth sealing: an idle chain does not grow (L2).
    pub(crate) fn has_reason(&self) -> bool {
        self.is_tentative() || (!self.pending.is_empty() && self.is_work_at_hand)
    }

    /// Sets, moves and cancels the timers, and seals where it is time (L2 to L4).
    pub(crate) fn pace(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.note_reason(ctx.now);
        if self.due(ctx.now).is_some_and(|due| due <= ctx.now) {
            self.begin(ctx);
        }
        let due = self.due(ctx.now).filter(|&due| due > ctx.now);
        if due != self.sealing {
            match due {
                Some(due) => ctx.set_timer(Timer::Seal, due.since(ctx.now)),
                None => ctx.cancel_timer(Timer::Seal),
            }
            self.sealing = due;
        }
        self.pace_retry(ctx);
    }

    fn note_reason(&mut self, now: Time) {
        if !self.has_reason() {
            self.reason_since = None;
        } else if self.reason_since.is_none() {
            self.reason_since = Some(now);
        }
        if self.pending.is_empty() {
            self.ready = None;
        }
    }

    /// When this replica may seal on its head; `None` where it may not, or need not (L3).
    pub(crate) fn due(&self, now: Time) -> Option<Time> {
        let head = self.tree.at(self.best);
        let position = head.signers.position(self.me)?;
        let since = self.reason_since?;
        // L7: a branch that is confirmed less high than one already sealed on is not sealed on.
        if !self.votes() || head.confirmed < self.lock || self.is_overlong() {
            return None;
        }
        match self.config.style {
            Style::Clique => self.due_at_height(since, now, position),
            Style::Aura => Some(self.due_at_step(now, position)),
        }
    }

    /// Whether a branch has grown long without being confirmed, fewer than a quorum seal on it, and this replica is
    /// one of these: another block of its own would not help (L3).
    fn is_overlong(&self) -> bool {
        let head = self.tree.at(self.best);
        if head.height - head.confirmed < self.unconfirmed_max() {
            return false;
        }
        let mut recent: Vec<NodeId> =
            self.tree.sealers(self.best).take(head.signers.len()).collect();
        recent.sort_unstable();
        recent.dedup();
        let is_stuck = recent.len() < finality::quorum(&self.config, &head.signers);
        is_stuck && recent.contains(&self.me)
    }

    fn due_at_height(&self, since: Time, now: Time, position: usize) -> Option<Time> {
        if safety::is_recent(&self.tree, self.best, self.me, &self.config) {
            return None;
        }
        let head = self.tree.at(self.best);
        let height = head.height.checked_add(1)?;
        let earliest = head.time.after(self.config.period).max(since);
        let due = earliest.after(safety::delay(&self.tree, self.best, position, &self.config));
        let at = due.max(now);
        let slot = safety::slot(&self.config, at);
        if !self.own.forbid(height, slot) {
            return Some(due);
        }
        // The height is spent in this era; in the next one it may be sealed again (L6).
        let era = self.config.period.us().max(1).saturating_mul(self.config.era_periods.max(1));
        Some(Time::from_us((at.us() / era).saturating_add(1).saturating_mul(era)))
    }

    fn due_at_step(&self, now: Time, position: usize) -> Time {
        let head = self.tree.at(self.best);
        let n = head.signers.len() as u64;
        let is_spent = |step: u64| {
            let slot = message::Slot::Step(step);
            self.own.forbid(0, slot)
        };
        let mut step = safety::step(&self.config, now)
            .max(safety::step(&self.config, head.time).saturating_add(1));
        let back = safety::distance(step, position, head.signers.len());
        if back > 0 {
            step = step.saturating_add(n - back);
        }
        if is_spent(step) {
            step = step.saturating_add(n);
        }
        Time::from_us(step.saturating_mul(self.config.period.us().max(1)))
    }

    /// Asks for a payload where work may be at hand, else seals what there is (L4).
    fn begin(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.building.is_some() {
            return;
        }
        let head = self.tree.at(self.best);
        let is_stale = |view: View| view > head.view.next();
        if self.ready.as_ref().is_some_and(|(view, _)| is_stale(*view)) {
            self.ready = None;
            self.is_renewal_due = true;
        }
        if let Some((view, payload)) = self.ready.take() {
            return self.seal(view, payload, ctx);
        }
        if self.is_work_at_hand && !self.pending.is_empty() {
            let view = if self.is_renewal_due { head.view.next() } else { head.view };
            let seq = Seq::new(head.payloads).next();
            self.building = Some((view, seq));
            ctx.call(Call::Build { view, seq });
        } else if self.is_tentative() {
            self.seal(head.view, None, ctx);
        }
    }

    pub(crate) fn on_built(&mut self, view: View, seq: Seq, payload: Option<Payload>) {
        if self.building != Some((view, seq)) {
            return;
        }
        self.building = None;
        if payload.is_some() {
            self.is_rise_due = false;
            self.ready = Some((view, payload));
        } else if !self.is_renewal_due && !self.is_tentative() && !self.pending.is_empty() {
            // What waits was carried by a block that has lost (L6).
            self.is_renewal_due = true;
        } else if std::mem::take(&mut self.is_rise_due) && self.is_renewal_due {
            // It was carried in the next view too, by a branch that has lost: only a view above that frees it (L6).
            self.ready = Some((view, None));
        } else {
            self.is_renewal_due = false;
            self.is_work_at_hand = false;
        }
    }

    /// Seals a block on the head: durable first, then sent (L5).
    fn seal(&mut self, view: View, payload: Option<Payload>, ctx: &mut Ctx<'_, Self>) {
        let header = self.header(self.best, ctx.me(), ctx.now, view, payload.as_ref());
        let block = Arc::new(Block { header: ctx.sign(header), payload });
        let name = message::name(&block.header);
        let Ok(mut entry) = safety::entry(&self.config, &self.tree, self.best, &block, name) else {
            return;
        };
        entry.verdict = Verdict::Valid;
        self.lock = self.lock.max(entry.confirmed);
        let statement = &block.header.statement;
        self.last = Link { name, height: statement.height };
        self.own.push(Own { name, height: statement.height, slot: statement.slot });
        if !broken!(self.config, SealNotPersisted) {
            ctx.persist(Record::Block(Arc::clone(&block)));
            self.records_kept += 1;
        }
        self.remember(&block.header);
        ctx.broadcast(Message::Block(block));
        let at = self.insert(entry);
        self.choose(at, ctx);
        self.adopt(name, ctx);
    }

    /// The header of a block on `parent`.
    pub(crate) fn header(
        &self,
        parent: usize,
        signer: NodeId,
        now: Time,
        view: View,
        payload: Option<&Payload>,
    ) -> Header {
        let below = self.tree.at(parent);
        let height = below.height.saturating_add(1);
        let is_checkpoint = is_checkpoint(height, self.config.epoch);
        let position = below.signers.position(signer).unwrap_or(0);
        let signers = if is_checkpoint { below.signers.members().to_vec() } else { Vec::new() };
        Header {
            height: Height::new(height),
            parent: below.name,
            time: now,
            slot: safety::slot(&self.config, now),
            difficulty: safety::difficulty(&self.config, height, position, below.signers.len()),
            view: view.max(below.view),
            payload: payload.map_or(Digest::ZERO, Payload::digest),
            vote: self.vote(parent, signer).filter(|_| !is_checkpoint),
            signers,
            previous: self.last,
            strayed: Height::new(self.strayed_from(parent)),
        }
    }

    /// The first wish of the agenda that would still change something.
    fn vote(&self, parent: usize, voter: NodeId) -> Option<Vote> {
        let signers = &self.tree.at(parent).signers;
        self.config.agenda.iter().copied().find(|&vote| signers.is_open(voter, vote))
    }

    /// Forgets what this replica sealed up to a height, but for the last block, whose step must not be sealed again.
    pub(crate) fn forget_own(&mut self, height: u64) {
        self.own.forget(height, self.last.name);
    }

    /// The greatest height at which this replica sealed a block that `parent` does not descend from (L21).
    fn strayed_from(&self, parent: usize) -> u64 {
        let root = self.tree.root().height;
        self.strayed_above(root, u64::MAX, parent).max(self.strayed)
    }

    /// The greatest height above `low`, and no higher than `high`, at which this replica sealed off a branch.
    pub(crate) fn strayed_above(&self, low: u64, high: u64, branch: usize) -> u64 {
        let on_branch = self.tree.chain(branch).filter(|entry| entry.sealer == self.me);
        let mut on_branch: Vec<(u64, &Digest)> =
            on_branch.map(|entry| (entry.height, &entry.name)).collect();
        on_branch.reverse();
        let is_off = |own: &&Own| {
            let height = own.height.get();
            let there = on_branch.binary_search_by_key(&height, |(height, _)| *height);
            (low + 1..=high).contains(&height)
                && !there.is_ok_and(|at| *on_branch[at].1 == own.name)
        };
        let strayed = self.own.as_slice().iter().filter(is_off).map(|own| own.height.get()).max();
        strayed.unwrap_or(0)
    }
}

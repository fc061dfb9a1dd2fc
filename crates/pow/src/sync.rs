//! Brings blocks to those who lack them.

use std::sync::Arc;

use protocol::{Ctx, Reject};
use types::{Digest, Height, NodeId, Time};

use crate::message::{ANSWER_BLOCKS_MAX, ANSWER_BYTES_MAX, Ask, Blocks, LOCATOR_MAX, Message};
use crate::replica::Core;
use crate::rules::MEDIAN_OF;
use crate::tree::Base;

/// Most answers to one replica in a retry interval.
const ANSWERS_MAX: u32 = 64;

/// How many answers a replica got since a moment.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Answers {
    since: Time,
    count: u32,
}

impl Core {
    /// Names blocks of our chain from the head down, ever further apart, the lowest one kept last; before them the
    /// last block of an unfinished branch, so that the rest of it comes next.
    fn locator(&self, first: Option<Digest>) -> Vec<Digest> {
        let mut have: Vec<Digest> = first.into_iter().collect();
        let (low, mut height, mut step) = (self.tree.low(), self.tree.height(), 1_u64);
        while height > low && have.len() < LOCATOR_MAX - 1 {
            have.extend(self.tree.id_at(height));
            height = Height::new(height.get().saturating_sub(step)).max(low);
            step = if have.len() > 8 { step.saturating_mul(2) } else { 1 };
        }
        have.extend(self.tree.id_at(low));
        have
    }

    /// Asks a peer for what we lack, once in a while, or at once where it has just helped.
    pub(crate) fn ask(&mut self, to: NodeId, after: Option<Digest>, ctx: &mut Ctx<'_, Self>) {
        let Some(asked_at) = self.asked_at.get_mut(to.index()) else { return };
        let pause = self.config.retry_interval;
        let is_recent = asked_at.is_some_and(|at| ctx.now.since(at).times(4) < pause);
        if to == self.me || (is_recent && after.is_none()) {
            return;
        }
        *asked_at = Some(ctx.now);
        ctx.send(to, Message::Ask(Ask { have: self.locator(after) }));
    }

    /// Somebody names its head (L22).
    pub(crate) fn on_head(&mut self, from: NodeId, id: Digest, ctx: &mut Ctx<'_, Self>) {
        if from == self.me {
            return;
        }
        match self.tree.get(&id) {
            // What its work is, we have computed ourselves.
            Some(theirs) if theirs.work < self.tree.head().work => {
                ctx.send(from, Message::Head(self.tree.head_id()));
            }
            Some(_) => {}
            None if self.alarm.is_none() => self.ask(from, None, ctx),
            None => {}
        }
    }

    fn may_answer(&mut self, from: NodeId, now: Time) -> bool {
        let interval = self.config.retry_interval;
        let Some(answers) = self.answers.get_mut(from.index()) else { return false };
        if now.since(answers.since) >= interval {
            *answers = Answers { since: now, count: 0 };
        }
        answers.count += 1;
        answers.count <= ANSWERS_MAX
    }

    /// Somebody asks for blocks (L23).
    pub(crate) fn on_ask(&mut self, from: NodeId, ask: &Ask, ctx: &mut Ctx<'_, Self>) {
        if from == self.me {
            return;
        }
        if ask.have.len() > LOCATOR_MAX || !self.may_answer(from, ctx.now) {
            return ctx.reject(from, Reject::OverLimit);
        }
        let common = ask.have.iter().find(|id| self.tree.is_main(id));
        let Some(common) = common.and_then(|id| self.tree.get(id)) else {
            if let Some(base) = self.tree.base().filter(|_| self.tree.low() > Height::ZERO) {
                ctx.send(from, Message::Base(Arc::new(base)));
            }
            return;
        };
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for entry in self.tree.above(common.block.header.height).take(ANSWER_BLOCKS_MAX) {
            bytes += entry.block.payload.as_ref().map_or(0, |payload| payload.bytes().len());
            if !blocks.is_empty() && bytes > ANSWER_BYTES_MAX {
                break;
            }
            blocks.push(Arc::clone(&entry.block));
        }
        if !blocks.is_empty() {
            ctx.send(from, Message::Blocks(Blocks { blocks }));
        }
    }

    /// Somebody sends a stretch of its chain (L24).
    pub(crate) fn on_blocks(&mut self, from: NodeId, sent: &Blocks, ctx: &mut Ctx<'_, Self>) {
        if sent.blocks.len() > ANSWER_BLOCKS_MAX {
            return ctx.reject(from, Reject::OverLimit);
        }
        if from == self.me || self.alarm.is_some() {
            return;
        }
        let mut is_helped = false;
        for block in &sent.blocks {
            is_helped |= self.accept(from, block, ctx);
        }
        self.choose(ctx);
        if is_helped && self.alarm.is_none() {
            let last = sent.blocks.last().map(|block| block.header.id());
            self.ask(from, last, ctx);
        }
        self.arm_retry(ctx);
    }

    /// Somebody's chain begins above our head (L28): what an honest one among enough of them says is believed.
    pub(crate) fn on_base(&mut self, from: NodeId, base: &Arc<Base>, ctx: &mut Ctx<'_, Self>) {
        let header = &base.block.header;
        let is_sound = base.times.len() <= MEDIAN_OF
            && base.times.last() == Some(&header.time)
            && base.block.is_whole()
            && header.target.number() <= self.config.target_initial.number()
            && header.target.is_met_by(&header.id());
        if !is_sound {
            return ctx.reject(from, Reject::Malformed);
        }
        if from == self.me || self.alarm.is_some() || header.height <= self.tree.height() {
            return;
        }
        if let Some(slot) = self.bases.get_mut(from.index()) {
            *slot = Some(Arc::clone(base));
        }
        self.consider_bases(ctx);
    }

    /// Begins anew where enough replicas begin, once the application stands there.
    pub(crate) fn consider_bases(&mut self, ctx: &mut Ctx<'_, Self>) {
        let need = if broken!(self.config, BaseOfOne) { 1 } else { self.one_honest };
        let height = self.tree.height();
        let votes = |base: &Arc<Base>| self.bases.iter().flatten().filter(|b| *b == base).count();
        let is_enough =
            |base: &&Arc<Base>| base.block.header.height > height && votes(base) >= need;
        let Some(base) = self.bases.iter().flatten().find(is_enough).cloned() else { return };
        if base.block.header.seq > self.decided {
            return self.await_transfer(base.block.header.seq.next(), ctx);
        }
        let peer = self.bases.iter().position(|b| b.as_ref() == Some(&base));
        self.bases.fill(None);
        self.contenders.clear();
        self.asked.clear();
        self.rebuild(&base, base.block.header.height);
        self.compact(ctx);
        self.begin_view(ctx);
        let peer = peer.and_then(|peer| u16::try_from(peer).ok()).map(NodeId::new);
        if let Some(peer) = peer {
            self.ask(peer, Some(self.tree.head_id()), ctx);
        }
    }
}

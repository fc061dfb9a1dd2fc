//! Getting what is missing: ancestors of blocks, heads of peers, and the time for what came early.

use std::sync::Arc;

use protocol::{Call, Ctx, Reject};
use types::{Digest, Height, NodeId, Quorum, Time};

use crate::message::{self, Anchor, Block, Blocks, Head, Message, Want};
use crate::replica::Core;
use crate::sealing::Timer;
use crate::tree::{ROOT, Tree, Verdict};

/// Most blocks without their parent kept from one peer.
pub(crate) const ORPHANS_MAX: usize = 32;
/// How many retry intervals a block waits for its parent.
const ORPHAN_AGE: u64 = 8;
/// How many retry intervals in a row a head may move while nothing becomes final, before the others are asked.
const MOVES_MAX: u32 = 8;
/// Most blocks kept until their time has come.
const EARLY_MAX: usize = 64;
/// Most blocks in one answer.
const BLOCKS_MAX: usize = 32;
/// Most answers to one peer within a retry interval.
const ANSWERS_MAX: u32 = 32;

/// A block whose parent is not here.
#[derive(Clone, Debug)]
pub(crate) struct Orphan {
    from: NodeId,
    name: Digest,
    pub(crate) block: Arc<Block>,
    since: Time,
}

/// A block whose time has not come.
#[derive(Clone, Debug)]
pub(crate) struct Early {
    from: NodeId,
    name: Digest,
    block: Arc<Block>,
}

/// What a peer was asked for last.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Asked {
    tip: Digest,
    above: Height,
    at: Time,
}

impl Core {
    /// Keeps a block whose time has not come; true where that is what happened to it (L9, L10).
    pub(crate) fn is_early(
        &mut self,
        from: NodeId,
        name: Digest,
        block: &Arc<Block>,
        ctx: &mut Ctx<'_, Self>,
    ) -> bool {
        let time = block.header.statement.time;
        if time <= ctx.now || broken!(self.config, FutureAccepted) {
            return false;
        }
        if time > ctx.now.after(self.config.drift_max) {
            ctx.reject(from, Reject::BadTime);
        } else if self.early.len() >= EARLY_MAX {
            ctx.reject(from, Reject::OverLimit);
        } else if !self.early.iter().any(|early| early.name == name) {
            self.early.push_back(Early { from, name, block: Arc::clone(block) });
            self.wait_for_early(ctx);
        }
        true
    }

    fn wait_for_early(&self, ctx: &mut Ctx<'_, Self>) {
        let times = self.early.iter().map(|early| early.block.header.statement.time);
        if let Some(first) = times.min() {
            ctx.set_timer(Timer::Early, first.since(ctx.now));
        }
    }

    pub(crate) fn on_early(&mut self, ctx: &mut Ctx<'_, Self>) {
        for early in std::mem::take(&mut self.early) {
            self.accept(early.from, &early.block, ctx);
        }
        self.wait_for_early(ctx);
    }

    /// Keeps a block whose parent is not here, and asks for the parent (L11).
    pub(crate) fn adopt_later(
        &mut self,
        from: NodeId,
        name: Digest,
        block: &Arc<Block>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if self.orphans.iter().any(|orphan| orphan.name == name) {
            return;
        }
        let oldest = self.orphans.iter().position(|orphan| orphan.from == from);
        let kept = self.orphans.iter().filter(|orphan| orphan.from == from).count();
        if kept >= ORPHANS_MAX
            && let Some(oldest) = oldest
        {
            self.orphans.remove(oldest);
            ctx.reject(from, Reject::OverLimit);
        }
        self.orphans.push_back(Orphan { from, name, block: Arc::clone(block), since: ctx.now });
        let above = Height::new(self.tree.at(self.settled).height);
        self.want(from, block.header.statement.parent, above, ctx);
    }

    /// Takes up the blocks that waited for one that is here now.
    pub(crate) fn adopt(&mut self, name: Digest, ctx: &mut Ctx<'_, Self>) {
        if self.orphans.is_empty() || self.tree.find(&name).is_none() {
            return;
        }
        let is_child = |orphan: &Orphan| orphan.block.header.statement.parent == name;
        let children: Vec<Orphan> = self.orphans.iter().filter(|o| is_child(o)).cloned().collect();
        self.orphans.retain(|orphan| !is_child(orphan));
        for child in children {
            self.accept(child.from, &child.block, ctx);
        }
    }

    fn want(&mut self, from: NodeId, tip: Digest, above: Height, ctx: &mut Ctx<'_, Self>) {
        let Some(asked) = self.asked.get_mut(from.index()).filter(|_| from != self.me) else {
            return;
        };
        let is_repeated = asked.tip == tip && asked.above == above;
        if is_repeated && ctx.now < asked.at.after(self.config.retry_interval) {
            return;
        }
        *asked = Asked { tip, above, at: ctx.now };
        ctx.send(from, Message::Want(Want { tip, above }));
    }

    /// Whether a peer may be answered once more.
    fn may_answer(&mut self, to: NodeId, now: Time) -> bool {
        let Some((since, count)) = self.answered.get_mut(to.index()) else { return false };
        if now >= since.after(self.config.retry_interval) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= ANSWERS_MAX && to != self.me
    }

    pub(crate) fn on_want(&mut self, from: NodeId, want: Want, ctx: &mut Ctx<'_, Self>) {
        let Some(tip) = self.tree.find(&want.tip) else { return };
        if self.may_answer(from, ctx.now) {
            self.send_chain(from, tip, want.above.get(), ctx);
        } else {
            ctx.reject(from, Reject::OverLimit);
        }
    }

    /// Sends the lowest blocks of a chain above a height.
    fn send_chain(&self, to: NodeId, tip: usize, above: u64, ctx: &mut Ctx<'_, Self>) {
        let chain = self.tree.chain(tip).take_while(|entry| entry.height > above);
        let mut blocks: Vec<Arc<Block>> = chain.filter_map(|entry| entry.block.clone()).collect();
        blocks.reverse();
        blocks.truncate(BLOCKS_MAX);
        if !blocks.is_empty() {
            let tip = self.tree.at(tip).name;
            ctx.send(to, Message::Blocks(Blocks { tip, blocks }));
        }
    }

    pub(crate) fn on_blocks(&mut self, from: NodeId, piece: &Blocks, ctx: &mut Ctx<'_, Self>) {
        if piece.blocks.len() > BLOCKS_MAX {
            return ctx.reject(from, Reject::OverLimit);
        }
        for block in &piece.blocks {
            self.accept(from, block, ctx);
        }
        let (Some(first), Some(last)) = (piece.blocks.first(), piece.blocks.last()) else { return };
        if self.tree.find(&first.header.statement.parent).is_none() {
            // It parts from our chain below what is final here: somebody has lied, and the blocks show who.
            let root = Height::new(self.tree.root().height);
            return self.want(from, piece.tip, root, ctx);
        }
        let is_linked = self.tree.find(&message::name(&last.header)).is_some();
        if is_linked && self.tree.find(&piece.tip).is_none() {
            self.want(from, piece.tip, last.header.statement.height, ctx);
        }
    }

    /// A peer says what it builds on: ask for it, or send what it lacks (L36).
    pub(crate) fn on_head(&mut self, from: NodeId, head: Head, ctx: &mut Ctx<'_, Self>) {
        if from == self.me {
            return;
        }
        let root = self.tree.root().height;
        let Some(theirs) = self.tree.find(&head.tip) else {
            if head.height.get() > root {
                let above = Height::new(self.tree.at(self.settled).height);
                self.want(from, head.tip, above, ctx);
            }
            if head.settled.get() < root && self.may_answer(from, ctx.now) {
                ctx.send(from, Message::Anchor(Arc::new(self.anchor()))); // L37
            } else if head.height.get() <= self.tree.at(self.best).height {
                self.answer_head(from, head.settled.get(), ctx);
            }
            return;
        };
        if theirs != self.best {
            let fork = self.tree.fork(theirs, self.best);
            self.answer_head(from, self.tree.at(fork).height, ctx);
        }
    }

    /// A peer keeps nothing below this block: where f+1 say the same, and it is ahead of what is final here, the tree
    /// starts anew from it, and the application is brought there (L37).
    pub(crate) fn on_anchor(
        &mut self,
        from: NodeId,
        anchor: &Arc<Anchor>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let is_ahead = anchor.height.get() > self.tree.at(self.settled).height;
        let members = anchor.signers.members();
        let is_known = members.iter().all(|member| member.index() < self.config.n);
        let Some(slot) = self.anchors.get_mut(from.index()) else { return };
        if from == self.me || !is_ahead || !is_known || anchor.before.len() > self.config.n {
            return;
        }
        *slot = Some(Arc::clone(anchor));
        let alike = self.anchors.iter().flatten().filter(|other| *other == anchor).count();
        if alike >= Quorum::of(self.config.n).one_honest() {
            self.restart_from(anchor, ctx);
        }
    }

    fn restart_from(&mut self, anchor: &Anchor, ctx: &mut Ctx<'_, Self>) {
        let height = anchor.height.get();
        let below =
            self.own.as_slice().iter().map(|own| own.height.get()).filter(|&own| own <= height);
        // Whether these stand on the chain is not known any more; to say that they do not is always safe.
        self.strayed = below.max().unwrap_or(0).max(self.strayed);
        self.forget_own(height);
        self.tree = Tree::new(anchor);
        (self.best, self.settled) = (ROOT, ROOT);
        self.forget(height);
        self.orphans.retain(|orphan| orphan.block.header.statement.height.get() > height);
        self.anchors.fill(None);
        self.building = None;
        self.states.insert(anchor.payloads, anchor.state);
        self.compact(ctx);
        if self.decided < anchor.payloads {
            ctx.call(Call::Transfer { seq: anchor.payloads, digest: anchor.state });
        }
        ctx.broadcast(Message::Head(self.head_report()));
        self.adopt(anchor.name, ctx);
    }

    fn answer_head(&mut self, to: NodeId, above: u64, ctx: &mut Ctx<'_, Self>) {
        if self.may_answer(to, ctx.now) {
            self.send_chain(to, self.best, above, ctx);
        }
    }

    /// Lets a retry timer run while anything is outstanding (L32).
    pub(crate) fn pace_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_outstanding =
            self.is_tentative() || !self.pending.is_empty() || !self.orphans.is_empty();
        if is_outstanding && !self.is_retrying {
            self.is_retrying = true;
            let (head, settled) = (self.tree.at(self.best).name, self.tree.at(self.settled).height);
            self.at_retry = (head, settled);
            ctx.set_timer(Timer::Retry, self.config.retry_interval);
        } else if !is_outstanding && self.is_retrying {
            self.is_retrying = false;
            ctx.cancel_timer(Timer::Retry);
        }
    }

    pub(crate) fn on_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.is_retrying = false;
        self.building = None;
        self.is_work_at_hand = true;
        let has_waited = |since: Time| ctx.now >= since.after(self.config.renew_after);
        if self.pending.oldest().is_some_and(has_waited) && has_waited(self.renewed) {
            (self.is_renewal_due, self.is_rise_due) = (true, true); // L6
            self.renewed = ctx.now;
        }
        let is_fresh =
            |since: Time| ctx.now < since.after(self.config.retry_interval.times(ORPHAN_AGE));
        self.orphans.retain(|orphan| is_fresh(orphan.since));
        let (head, settled) = self.at_retry;
        let has_settled = self.tree.at(self.settled).height != settled;
        self.retries = if has_settled { 0 } else { self.retries.saturating_add(1) };
        // A head of one's own may move without anybody else.
        let has_moved =
            self.tree.at(self.best).name != head && !self.retries.is_multiple_of(MOVES_MAX);
        if has_settled || has_moved {
            return;
        }
        ctx.broadcast(Message::Head(self.head_report()));
        for at in self.settled + 1..self.tree.len() {
            if self.tree.at(at).verdict == Verdict::Asked {
                self.ask(at, ctx);
            }
        }
        let above = Height::new(self.tree.at(self.settled).height);
        let missing: Vec<(NodeId, Digest)> = self
            .orphans
            .iter()
            .map(|orphan| (orphan.from, orphan.block.header.statement.parent))
            .filter(|(_, parent)| !self.orphans.iter().any(|other| other.name == *parent))
            .collect();
        for (from, parent) in missing {
            self.want(from, parent, above, ctx);
        }
    }
}

//! Repairing: what a replica lacks, it asks for; what others lack, it tells them.

use std::sync::Arc;

use protocol::Ctx;
use types::{Digest, NodeId, Seq};

use crate::finality::Settled;
use crate::message::{Ask, Block, Message, StatusReport, Votes};
use crate::replica::Core;
use crate::tree::{Entry, Judgement};

/// Most blocks in one answer.
const BLOCKS_ANSWERED_MAX: usize = 32;
/// Most answers to one replica in a slot.
const ANSWERS_MAX: u32 = 4;
/// Most blocks that are asked for at once.
const ASKED_MAX: usize = 64;
/// Blocks without ancestors are forgotten after so many epochs.
const ORPHAN_EPOCHS: u64 = 8;
/// So many epochs without a new justified checkpoint are waited out before the others are asked.
const PATIENCE_EPOCHS: u64 = 2;

impl Core {
    /// Whether a block is here, final or not.
    pub(crate) fn is_known(&self, block: &Digest) -> bool {
        self.tree.contains(block) || self.history.iter().rev().any(|(digest, _)| digest == block)
    }

    /// Asks for a block and what lies between, once in a slot (L22).
    pub(crate) fn want(&mut self, block: Digest, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        let slot = self.slot;
        self.asked.retain(|_, asked| asked.saturating_add(1) >= slot);
        let is_asked = self.asked.get(&block).is_some_and(|asked| *asked == slot);
        if from == self.me || is_asked || self.asked.len() >= ASKED_MAX {
            return;
        }
        self.asked.insert(block, slot);
        let above = self.tree.root_seq.max(self.decided);
        ctx.send(from, Message::Ask(Ask { block, above }));
    }

    /// Somebody who has voted for the justified checkpoint, and so has its block: another one in every slot.
    pub(crate) fn justifier(&self) -> NodeId {
        let votes = self.justified_link.as_ref().map(|link| &link.votes);
        let others: Vec<NodeId> = votes
            .into_iter()
            .flatten()
            .map(|vote| vote.signer)
            .filter(|signer| *signer != self.me)
            .collect();
        let count = others.len().max(1) as u64;
        let turn = usize::try_from(self.slot % count).unwrap_or(0);
        others.get(turn).copied().unwrap_or(self.me)
    }

    /// Where nothing has been justified for a while, says how far this replica is, and asks again for what did not come
    /// (L18).
    pub(crate) fn begin_epoch(&mut self, ctx: &mut Ctx<'_, Self>) {
        let epoch = self.epoch();
        let Some(since) = self.active_since else { return };
        self.tree.expire(self.clock.first_slot(epoch.saturating_sub(ORPHAN_EPOCHS)));
        let is_stalled = self.justified.epoch.saturating_add(PATIENCE_EPOCHS) <= epoch
            && since.saturating_add(PATIENCE_EPOCHS) <= epoch;
        if is_stalled {
            ctx.broadcast(Message::Status(self.report()));
            self.ask_application_again(ctx);
        }
        if let Settled::Missing(block) = self.try_settle() {
            self.want(block, self.justifier(), ctx);
        } else {
            self.decide_ready(ctx);
        }
    }

    /// Asks about payloads that have not been judged.
    pub(crate) fn ask_application_again(&self, ctx: &mut Ctx<'_, Self>) {
        let waiting = |entry: &&Entry| entry.judgement == Judgement::Waiting;
        let blocks = self.tree.iter().map(|(_, entry)| entry).filter(waiting);
        for entry in blocks.take(BLOCKS_ANSWERED_MAX) {
            self.ask_application(&entry.block, ctx);
        }
    }

    pub(crate) fn report(&self) -> StatusReport {
        StatusReport {
            finalized: self.finalized.epoch,
            justified: self.justified.epoch,
            decided: self.decided,
            head: self.head(),
        }
    }

    fn may_answer(&mut self, to: NodeId) -> bool {
        let slot = self.slot;
        let Some(answered) = self.answered.get_mut(to.index()) else { return false };
        if answered.0 != slot {
            *answered = (slot, 0);
        }
        answered.1 += 1;
        answered.1 <= ANSWERS_MAX && to != self.me
    }

    /// Tells a replica what it lacks (L19).
    pub(crate) fn on_status(
        &mut self,
        from: NodeId,
        report: StatusReport,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if !self.may_answer(from) {
            return;
        }
        if !self.tree.contains(&report.head) || report.head != self.head() {
            let head = self.head();
            self.send_blocks(from, &head, report.decided, ctx);
        }
        let links = [
            (self.finalized.epoch > report.finalized, &self.final_link),
            (self.justified.epoch > report.justified, &self.justified_link),
        ];
        for link in
            links.into_iter().filter_map(|(is_news, link)| link.as_ref().filter(|_| is_news))
        {
            ctx.send(from, Message::Link(Arc::clone(link)));
        }
        let votes = self.book.recent(self.epoch(), from);
        if !votes.is_empty() {
            ctx.send(from, Message::Votes(Votes(Arc::new(votes))));
        }
    }

    /// Sends a block and those before it (L20).
    pub(crate) fn on_ask(&mut self, from: NodeId, ask: Ask, ctx: &mut Ctx<'_, Self>) {
        if self.is_known(&ask.block) && self.may_answer(from) {
            self.send_blocks(from, &ask.block, ask.above, ctx);
        }
    }

    /// The newest blocks up to `block` above a place, lowest first: whoever lacks more asks for the parent of the lowest.
    fn send_blocks(&self, to: NodeId, block: &Digest, above: Seq, ctx: &mut Ctx<'_, Self>) {
        let in_tree = self.tree.path(block, above).unwrap_or_default();
        let tentative = in_tree.iter().filter_map(|digest| self.tree.get(digest));
        let below = match in_tree.last() {
            Some(lowest) => self.tree.get(lowest).map(Entry::parent),
            None => Some(*block),
        };
        let is_final = self.history.iter().rev().skip_while(|(digest, _)| Some(*digest) != below);
        let last = is_final.map(|(_, block)| block);
        let last = last.take_while(|block| block.header.statement.seq > above);
        let newest = tentative.map(|entry| &entry.block).chain(last);
        let blocks: Vec<&Arc<Block>> = newest.take(BLOCKS_ANSWERED_MAX).collect();
        for block in blocks.into_iter().rev() {
            ctx.send(to, Message::Block(Arc::clone(block)));
        }
    }
}

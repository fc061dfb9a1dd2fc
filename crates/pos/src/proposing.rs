//! Blocks: who makes one, what it builds on, and which are taken in.

use std::sync::Arc;

use protocol::{Call, Ctx, Payload, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::Record;
use crate::book::{DOUBLE_PROPOSAL, weigh};
use crate::message::{Block, Header, Message, Offence};
use crate::replica::Core;
use crate::tree::{BLOCKS_MAX, Judgement};

/// A payload that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Building {
    slot: u64,
    seq: Seq,
    parent: Digest,
    era: u64,
}

/// A timely proposal weighs this share of what a slot's committee weighs on average, in per cent (L17).
const BOOST_PERCENT: u128 = 40;
/// What has not become final after so many slots is proposed once more.
const ERA_SLOTS_MAX: u64 = 128;
/// Most slots whose first header is remembered.
const SLOTS_MAX: usize = 2_048;
/// Most blocks for one slot that are kept, where nobody asked for more.
const BLOCKS_PER_SLOT_MAX: usize = 2;

impl Core {
    /// Who proposes in a slot (L3).
    pub(crate) fn leader_of(&self, slot: u64) -> NodeId {
        let twist = broken!(self.config, SeedFromHead).then(|| self.head());
        self.stakes.leader(slot, twist)
    }

    /// The head of the chain (L17).
    pub(crate) fn head(&self) -> Digest {
        let is_known = self.tree.contains(&self.adopted.block);
        let start = if is_known && !broken!(self.config, JustifiedIgnored) {
            self.adopted.block
        } else {
            self.tree.root
        };
        let liars_weigh = broken!(self.config, LiarsWeigh);
        let is_counted = |validator| liars_weigh || !self.slashed.contains_key(&validator);
        let epoch = self.epoch();
        let mut votes = weigh(&self.book, &self.stakes, epoch, is_counted);
        let boosted = self.boost.filter(|(slot, _)| *slot == self.slot);
        if let Some((_, block)) = boosted.filter(|_| !broken!(self.config, NoBoost)) {
            let committee = self.stakes.at(epoch).total / u128::from(self.clock.slots_per_epoch);
            votes.push((block, committee * BOOST_PERCENT / 100));
        }
        self.tree.head(&start, &votes)
    }

    /// The proposer of a slot asks for a payload at its beginning, where work waits (L4).
    pub(crate) fn propose(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_due = self.leader == self.me
            && self.built_slot < self.slot
            && !self.pending.is_empty()
            && self.is_work_at_hand;
        let may =
            self.signs() && self.protection.may_propose(self.slot) && self.clock.is_early(ctx.now);
        if !is_due || !may {
            return;
        }
        let parent = self.head();
        self.note_forks(&parent);
        let above = self.tree.get(&parent).map(|entry| entry.block.header.statement);
        let (parent_slot, parent_seq) = above
            .map_or((self.tree.root_slot, self.tree.root_seq), |header| (header.slot, header.seq));
        if parent_slot >= self.slot
            || parent_seq < self.decided
            || parent_seq.above(self.tree.root_seq) >= self.config.window
        {
            return;
        }
        self.built_slot = self.slot;
        let era = match above {
            Some(header) => self.era.max(header.era.get()),
            None => self.slot,
        };
        let is_old = self.slot.saturating_sub(era) > ERA_SLOTS_MAX;
        let era = if is_old { self.slot } else { era.min(self.slot) };
        let seq = parent_seq.next();
        self.building = Some(Building { slot: self.slot, seq, parent, era });
        ctx.call(Call::Build { view: View::new(era), seq });
    }

    /// Payloads beside the chain of the head may be lost with their blocks: from now on they may be proposed again.
    fn note_forks(&mut self, head: &Digest) {
        let chain = self.tree.path(head, Seq::ZERO).unwrap_or_default();
        let mut is_forked = false;
        for (digest, entry) in self.tree.iter_mut() {
            if !entry.is_aside && !chain.contains(digest) {
                entry.is_aside = true;
                is_forked = true;
            }
        }
        if is_forked {
            self.era = self.slot;
        }
    }

    /// Signs and sends the block (L5).
    pub(crate) fn on_built(
        &mut self,
        view: View,
        seq: Seq,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let asked = self.building.filter(|asked| asked.era == view.get() && asked.seq == seq);
        let Some(asked) = asked else { return };
        self.building = None;
        let Some(payload) = payload else {
            // Where nothing is tentative either, nothing happens until there is new work.
            self.is_work_at_hand = self.tree.is_tentative();
            return;
        };
        if asked.slot != self.slot || !self.signs() || !self.protection.may_propose(asked.slot) {
            self.era = self.slot;
            return;
        }
        let Building { slot, seq, parent, .. } = asked;
        let header = ctx.sign(Header { slot, seq, parent, era: view, payload: payload.digest() });
        let block = Arc::new(Block { header, payload });
        self.protection.proposed(slot);
        self.own_block = Some(Arc::clone(&block));
        if !broken!(self.config, ProposalNotPersisted) {
            self.write(Record::Proposed(Arc::clone(&block)), ctx);
        }
        ctx.broadcast(Message::Proposal(block));
    }

    /// Takes a block in (L6).
    pub(crate) fn on_block(
        &mut self,
        from: NodeId,
        block: &Arc<Block>,
        is_direct: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let header = block.header.statement;
        let digest = header.digest();
        if header.seq <= self.tree.root_seq || self.tree.contains(&digest) {
            return;
        }
        if let Err(reason) = self.check_block(block) {
            return ctx.reject(from, reason);
        }
        let is_wanted = self.asked.remove(&digest).is_some();
        if self.catch_double_proposal(block, ctx) && !is_wanted {
            let rivals = self.tree.iter().filter(|(_, entry)| entry.slot() == header.slot);
            if rivals.count() >= BLOCKS_PER_SLOT_MAX {
                return;
            }
        }
        if self.tree.len() >= BLOCKS_MAX {
            let head = self.head();
            if !self.tree.drop_leaf(&head) {
                return ctx.reject(from, Reject::OverLimit);
            }
        }
        let is_timely = is_direct && header.slot == self.slot && self.clock.is_early(ctx.now);
        if is_timely && self.boost.is_none_or(|(slot, _)| slot != header.slot) {
            self.boost = Some((header.slot, digest));
        }
        let is_own = block.header.signer == self.me && from == self.me;
        let judgement = if is_own { Judgement::Valid } else { Judgement::Waiting };
        self.tree.insert(digest, Arc::clone(block), judgement);
        if !is_own {
            self.write(Record::Block(Arc::clone(block)), ctx);
            self.ask_application(block, ctx);
        }
        let (_, missing) = self.tree.lowest(&digest);
        if missing != self.tree.root {
            self.want(missing, from, ctx);
        }
        self.settle(from, ctx); // L15
    }

    pub(crate) fn ask_application(&self, block: &Block, ctx: &mut Ctx<'_, Self>) {
        let Header { seq, era, .. } = block.header.statement;
        let (payload, proposer) = (block.payload.clone(), block.header.signer);
        ctx.call(Call::Check { view: era, seq, payload, proposer });
    }

    /// Whether a block is what the proposer of its slot could have made, as far as it can be seen now (L6).
    fn check_block(&self, block: &Block) -> Result<(), Reject> {
        let header = block.header.statement;
        if header.slot > self.slot_max() || header.slot == 0 {
            return Err(Reject::BadTime);
        }
        let leader = self.leader_of(header.slot);
        if block.header.signer != leader && !broken!(self.config, AnybodyProposes) {
            return Err(Reject::NotLeader);
        }
        if block.payload.digest() != header.payload || header.era.get() > header.slot {
            return Err(Reject::BadPayload);
        }
        let wanted = self.ahead.as_ref().map_or(Seq::ZERO, |(checkpoint, _)| checkpoint.seq);
        let base = self.tree.root_seq.max(self.decided).max(wanted);
        if header.seq > base.plus(self.config.window.saturating_mul(2)) {
            return Err(Reject::OutsideWatermarks);
        }
        // What stands beside the last final block can never become final (L17).
        let is_beside = header.seq == self.tree.root_seq.next() && header.parent != self.tree.root;
        if is_beside && self.decided <= self.tree.root_seq {
            return Err(Reject::Conflicting);
        }
        let parent = self.tree.get(&header.parent).map(|entry| entry.block.header.statement);
        let (slot, seq, era) = match parent {
            Some(parent) => (parent.slot, parent.seq, parent.era),
            None if header.parent == self.tree.root => {
                (self.tree.root_slot, self.tree.root_seq, View::ZERO)
            }
            None => return Ok(()),
        };
        if header.slot <= slot {
            return Err(Reject::BadTime);
        }
        if header.seq != seq.next() || header.era < era {
            return Err(Reject::BadPayload);
        }
        Ok(())
    }

    /// Compares with the first header of the slot (L7); true where there was another.
    fn catch_double_proposal(&mut self, block: &Block, ctx: &mut Ctx<'_, Self>) -> bool {
        let header = &block.header;
        let slot = header.statement.slot;
        let Some(first) = self.by_slot.get(&slot) else {
            if self.by_slot.len() >= SLOTS_MAX {
                self.by_slot.pop_first();
            }
            self.by_slot.insert(slot, header.clone());
            return false;
        };
        if first.statement == header.statement {
            return false;
        }
        if first.signer == header.signer && !broken!(self.config, DoubleProposalUnseen) {
            let offence = Offence::Proposals((first.clone(), header.clone()));
            self.convict(DOUBLE_PROPOSAL, offence, ctx);
        }
        true
    }

    /// The application has judged a payload (L8).
    pub(crate) fn on_checked(&mut self, view: View, seq: Seq, digest: Digest, valid: bool) {
        for (_, entry) in self.tree.iter_mut() {
            let header = entry.block.header.statement;
            if (header.era, header.seq, header.payload) == (view, seq, digest) {
                entry.judgement = if valid { Judgement::Valid } else { Judgement::Invalid };
            }
        }
    }
}

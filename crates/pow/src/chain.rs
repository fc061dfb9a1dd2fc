//! Takes blocks in, and chooses the chain with the most work among those whose payloads are valid.

use std::sync::Arc;

use protocol::{Call, Ctx, Decision, Reject};
use types::{Digest, Height, NodeId, Seq};

use crate::Record;
use crate::block::Block;
use crate::condemned::Sentence;
use crate::replica::{Alarm, Core};
use crate::rules::{check_header, has_some_work};
use crate::tree::{Entry, Verdict};

/// Most blocks that wait to become the head; of more, those with the least work are forgotten until a child comes.
const CONTENDERS_MAX: usize = 256;
/// What the application refuses may be refused here alone (its time may lie ahead of our clock): after this many retry
/// intervals it is asked again, should the block be shown again.
const FORGIVEN_AFTER: u64 = 16;

impl Core {
    pub(crate) fn on_block(&mut self, from: NodeId, block: &Arc<Block>, ctx: &mut Ctx<'_, Self>) {
        if self.alarm.is_none() {
            self.accept(from, block, ctx);
            self.choose(ctx);
            self.arm_retry(ctx);
        }
    }

    /// Takes a block into the tree (L6 to L9); whether it is new there.
    pub(crate) fn accept(
        &mut self,
        from: NodeId,
        block: &Arc<Block>,
        ctx: &mut Ctx<'_, Self>,
    ) -> bool {
        let header = &block.header;
        let id = header.id();
        if self.tree.get(&id).is_some() {
            return false;
        }
        if let Some(sentence) = self.condemned.get(&id, ctx.now) {
            ctx.reject(from, sentence.reason);
            return false;
        }
        if !block.is_whole() {
            // The header may be an honest one that a liar has put another payload under.
            ctx.reject(from, Reject::BadPayload);
            if broken!(self.config, MisfitCondemnsHeader) {
                self.condemn(id, Sentence { reason: Reject::BadPayload, until: None });
            }
            return false;
        }
        if self.tree.get(&header.parent).is_none() {
            self.adopt_orphan(from, id, block, ctx);
            return false;
        }
        self.place(from, id, block, ctx)
    }

    /// Keeps a block whose parent is unknown, and asks for what is between (L7).
    fn adopt_orphan(
        &mut self,
        from: NodeId,
        id: Digest,
        block: &Arc<Block>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if !has_some_work(&self.config, &block.header, &id) {
            return ctx.reject(from, Reject::BadWork);
        }
        if let Some(sentence) = self.condemned.get(&block.header.parent, ctx.now) {
            self.condemn(id, sentence);
            return ctx.reject(from, sentence.reason);
        }
        if block.header.height <= self.tree.low() {
            return ctx.reject(from, Reject::OutsideWatermarks);
        }
        self.orphans.insert(id, block, from, &self.config);
        if !broken!(self.config, ParentsNotAsked) {
            self.ask(from, None, ctx);
        }
    }

    /// Puts a block above its parent, and the orphans that waited for it above it (L8, L9).
    fn place(
        &mut self,
        from: NodeId,
        id: Digest,
        block: &Arc<Block>,
        ctx: &mut Ctx<'_, Self>,
    ) -> bool {
        let mut waiting = vec![(id, Arc::clone(block))];
        while let Some((at, block)) = waiting.pop() {
            let Some(parent) = self.tree.get(&block.header.parent) else { continue };
            if let Err(flaw) = check_header(&self.config, &block.header, &at, parent, ctx.now) {
                if at == id {
                    ctx.reject(from, flaw.reason);
                }
                if flaw.is_lasting {
                    self.condemn(at, Sentence { reason: flaw.reason, until: None });
                }
                continue;
            }
            self.tree.insert(at, &block, &self.config);
            if from == self.me
                && let Some(entry) = self.tree.get_mut(&at)
            {
                // The application built it itself.
                entry.verdict = Verdict::Valid;
            }
            self.contend(at);
            let gone = self.tree.evict(&self.config);
            if !gone.is_empty() {
                self.contenders.retain(|contender| !gone.contains(contender));
                if gone.contains(&id) {
                    ctx.reject(from, Reject::OverLimit);
                }
            }
            waiting.extend(self.orphans.take_children(&at));
        }
        self.tree.get(&id).is_some()
    }

    /// Whether a block is a better head than another: by the work in the chain up to it, and by nothing that anybody
    /// claims; of equals the one that was there first stays (L10).
    fn outweighs(&self, entry: &Entry, head: &Entry) -> bool {
        let (ours, theirs) = (&head.block.header, &entry.block.header);
        if broken!(self.config, LongestChain) {
            return theirs.height > ours.height;
        }
        if broken!(self.config, LaterTimeWins) && entry.work == head.work {
            return theirs.time > ours.time;
        }
        if broken!(self.config, LastSeenWins) && entry.work == head.work {
            return entry.arrival > head.arrival;
        }
        entry.work > head.work
    }

    fn contend(&mut self, id: Digest) {
        let head = self.tree.head();
        if self.tree.get(&id).is_some_and(|entry| self.outweighs(entry, head)) {
            self.contenders.push(id);
        }
        if self.contenders.len() > CONTENDERS_MAX {
            self.sort_contenders();
            self.contenders.truncate(CONTENDERS_MAX);
        }
    }

    /// The most work first; of equals, what came first.
    fn sort_contenders(&mut self) {
        let tree = &self.tree;
        self.contenders.retain(|id| tree.get(id).is_some());
        self.contenders.sort_by(|a, b| match (tree.get(a), tree.get(b)) {
            (Some(a), Some(b)) => b.work.cmp(&a.work).then(a.arrival.cmp(&b.arrival)),
            (None, _) | (_, None) => a.cmp(b),
        });
    }

    /// Makes the best block whose whole branch is valid the head (L10, L13).
    pub(crate) fn choose(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.contenders.is_empty() || self.alarm.is_some() {
            return;
        }
        self.sort_contenders();
        for id in self.contenders.clone() {
            if self.examine(id, ctx) {
                return self.switch(id, ctx);
            }
        }
    }

    /// Asks the application about all payloads of a branch that it has not judged; whether the branch is valid (L10).
    fn examine(&mut self, id: Digest, ctx: &mut Ctx<'_, Self>) -> bool {
        let Some((_, path)) = self.tree.branch(id) else { return false };
        let mut is_valid = true;
        for id in path {
            let Some(entry) = self.tree.get_mut(&id) else { return false };
            match entry.verdict {
                Verdict::Valid => {}
                Verdict::Asked => is_valid = false,
                Verdict::Unknown => {
                    is_valid = false;
                    entry.verdict = Verdict::Asked;
                    let (header, payload) = (entry.block.header, entry.block.payload.clone());
                    self.asked.entry((header.seq, header.payload)).or_default().push(id);
                    let view = header.view.max(self.view);
                    if let Some(payload) = payload {
                        let (seq, proposer) = (header.seq, header.miner);
                        ctx.call(Call::Check { view, seq, payload, proposer });
                    }
                }
            }
        }
        is_valid || broken!(self.config, BranchUnchecked)
    }

    /// The application has judged a payload (L11, L12).
    pub(crate) fn on_checked(
        &mut self,
        seq: Seq,
        digest: Digest,
        valid: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Some(ids) = self.asked.remove(&(seq, digest)) else { return };
        let until = Some(ctx.now.after(self.config.retry_interval.times(FORGIVEN_AFTER)));
        for id in ids {
            if valid {
                if let Some(entry) = self.tree.get_mut(&id) {
                    entry.verdict = Verdict::Valid;
                }
            } else {
                if let Some(entry) = self.tree.get(&id) {
                    ctx.reject(entry.block.header.miner, Reject::BadPayload);
                }
                self.condemn(id, Sentence { reason: Reject::BadPayload, until });
            }
        }
        self.choose(ctx);
        if !valid {
            // What it named was thought to be on its way.
            self.begin_view(ctx);
        }
    }

    /// Forgets an invalid block with all above it, and remembers their names (L12).
    fn condemn(&mut self, id: Digest, sentence: Sentence) {
        let mut gone = self.tree.remove_branch(id);
        if gone.is_empty() {
            gone.push(id);
        }
        self.contenders.retain(|contender| !gone.contains(contender));
        if !broken!(self.config, InvalidForgotten) {
            gone.into_iter().for_each(|id| self.condemned.insert(id, sentence));
        }
    }

    /// Moves to another head, whose whole branch is valid: all at once, or not at all (L13 to L17).
    fn switch(&mut self, id: Digest, ctx: &mut Ctx<'_, Self>) {
        let Some((fork, path)) = self.tree.branch(id) else { return };
        if fork < self.line && !broken!(self.config, DeepReorganisationFollowed) {
            return self.raise_alarm(id, fork, ctx);
        }
        let block = |id: &Digest| self.tree.get(id).map(|entry| Arc::clone(&entry.block));
        let blocks: Vec<Arc<Block>> = path.iter().filter_map(block).collect();
        self.log_blocks += blocks.len();
        if broken!(self.config, AdoptedPiecemeal) {
            for block in &blocks {
                ctx.persist(Record::Adopted(vec![Arc::clone(block)]));
            }
        } else if !broken!(self.config, AdoptionNotPersisted) {
            ctx.persist(Record::Adopted(blocks));
        }
        self.reorganisations.note(self.tree.height().above(fork));
        self.move_chain(fork, path);
        let head = self.tree.head();
        let (tree, contenders) = (&self.tree, &self.contenders);
        let is_better = |id: &&Digest| tree.get(id).is_some_and(|e| self.outweighs(e, head));
        self.contenders = contenders.iter().filter(is_better).copied().collect();
        self.hand_over(ctx);
        self.prune(ctx);
        self.begin_view(ctx);
    }

    /// Moves the chain itself, and what is deep enough in it (L15).
    pub(crate) fn move_chain(&mut self, fork: Height, path: Vec<Digest>) {
        self.settled = self.settled.min(fork);
        self.handed = self.handed.min(fork);
        self.tree.switch(fork, path);
        let is_hasty = broken!(self.config, DecidedAtOnce);
        let depth = if is_hasty { 1 } else { self.config.confirmations.max(1) };
        while self.settled.plus(depth) <= self.tree.height() {
            let next = self.settled.next();
            if self.tree.at(next).is_some_and(|entry| entry.block.payload.is_some()) {
                self.line = next;
            }
            self.settled = next;
        }
    }

    /// Hands over what is deep enough, in order (L16).
    pub(crate) fn hand_over(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_standing_known || self.transfer.is_some() {
            return;
        }
        while self.handed < self.settled {
            let next = self.handed.next();
            let Some(entry) = self.tree.at(next) else { return };
            let (header, payload) = (&entry.block.header, &entry.block.payload);
            if payload.is_some() && header.seq > self.decided {
                if header.seq > self.decided.next() {
                    return self.await_transfer(header.seq, ctx);
                }
                let (view, seq, payload) = (header.view, header.seq, payload.clone());
                ctx.decide(Decision { view, seq, payload, commits: crypto::Signatures::new() });
                self.decided = seq;
            }
            self.handed = next;
        }
    }

    /// The application stands below the blocks that are kept: it must be brought to the place before `seq`. No digest
    /// of its state is in the chain, so none is named.
    pub(crate) fn await_transfer(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        if let Some(below) = seq.previous() {
            self.transfer = Some(below);
            ctx.call(Call::Transfer { seq: below, digest: Digest::ZERO });
        }
    }

    /// Another chain has more work and contradicts what is decided: nothing is changed, and nothing goes on (L14).
    fn raise_alarm(&mut self, head: Digest, at: Height, ctx: &mut Ctx<'_, Self>) {
        self.alarm = Some(Alarm { head, at });
        if !broken!(self.config, AlarmForgotten) {
            ctx.persist(Record::Halted(head));
        }
        self.contenders.clear();
        self.stop(ctx);
        self.disarm_retry(ctx);
    }
}

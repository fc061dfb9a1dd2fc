//! From received blocks to a head, and from the head to decisions.

use std::sync::Arc;

use crypto::Signatures;
use protocol::{Call, Ctx, Decision, Payload, Reject, ViewChangeCause};
use types::{Digest, NodeId, Seq, View};

use crate::message::{self, Block};
use crate::replica::Core;
use crate::tree::{Entry, ROOT, Verdict};
use crate::{Style, safety};

/// Most blocks kept above the root, final or not, besides the kept history.
const FORKS_MAX: usize = 2_048;
/// Most states of the application whose digests are kept.
const STATES_MAX: usize = 8_192;
/// Most blocks on a branch above its highest confirmed one, or four for each replica if that is more.
const UNCONFIRMED_MAX: u64 = 256;

impl Core {
    /// Takes a block, from its sealer or passed on (L8 to L17).
    pub(crate) fn accept(&mut self, from: NodeId, block: &Arc<Block>, ctx: &mut Ctx<'_, Self>) {
        if block.header.signer.index() >= self.config.n {
            return ctx.reject(from, Reject::Stranger);
        }
        let header = &block.header.statement;
        if block.payload.as_ref().map_or(Digest::ZERO, Payload::digest) != header.payload {
            return ctx.reject(from, Reject::BadPayload);
        }
        let name = message::name(&block.header);
        if self.tree.find(&name).is_some() || header.height.get() <= self.tree.root().height {
            return;
        }
        let is_direct = from == block.header.signer;
        if !self.witness(&block.header, ctx) && is_direct {
            return; // L33
        }
        if self.is_early(from, name, block, ctx) {
            return; // L9, L10
        }
        let Some(parent) = self.tree.find(&header.parent) else {
            return self.adopt_later(from, name, block, ctx); // L11
        };
        match safety::entry(&self.config, &self.tree, parent, block, name) {
            Ok(entry) if entry.height - entry.confirmed > self.unconfirmed_max() * 2 => {
                ctx.reject(from, Reject::OverLimit);
            }
            Ok(entry) => self.admit(entry, ctx), // L17
            Err(flaw) => ctx.reject(from, flaw.reject()),
        }
        self.adopt(name, ctx);
    }

    /// How far a branch grows without anything on it being confirmed.
    pub(crate) fn unconfirmed_max(&self) -> u64 {
        UNCONFIRMED_MAX.max(4 * self.config.n as u64)
    }

    /// Puts a valid block in, asks for its payload, and chooses (L17).
    fn admit(&mut self, mut entry: Entry, ctx: &mut Ctx<'_, Self>) {
        let Some(block) = entry.block.clone() else { return };
        ctx.persist(crate::Record::Block(Arc::clone(&block)));
        self.records_kept += 1;
        if entry.payloads <= self.decided.get() || block.payload.is_none() {
            entry.verdict = Verdict::Valid;
        }
        let must_ask = entry.verdict == Verdict::Asked;
        let at = self.insert(entry);
        if must_ask {
            self.ask(at, ctx);
        }
        self.choose(at, ctx);
    }

    /// Puts an entry into the tree; what a quorum confirmed needs no verdict of ours (L19).
    pub(crate) fn insert(&mut self, entry: Entry) -> usize {
        let (parent, confirmed) = (entry.parent, entry.confirmed);
        let at = self.tree.insert(entry);
        if confirmed > self.tree.at(parent).confirmed {
            self.trust(at, confirmed);
        }
        at
    }

    fn trust(&mut self, at: usize, height: u64) {
        let mut below = self.tree.ancestor(at, height);
        let mut lowest = None;
        while below != ROOT && !self.tree.at(below).usable {
            self.tree.judge(below, Verdict::Valid);
            lowest = Some(below);
            below = self.tree.at(below).parent;
        }
        if let Some(lowest) = lowest {
            self.tree.refresh(lowest);
        }
    }

    /// Asks the application for a block's payload.
    pub(crate) fn ask(&self, at: usize, ctx: &mut Ctx<'_, Self>) {
        let entry = self.tree.at(at);
        let Some(payload) = entry.block.as_ref().and_then(|block| block.payload.clone()) else {
            return;
        };
        let (view, seq, proposer) = (entry.view, Seq::new(entry.payloads), entry.sealer);
        ctx.call(Call::Check { view, seq, payload, proposer });
    }

    pub(crate) fn on_checked(&mut self, digest: Digest, valid: bool, ctx: &mut Ctx<'_, Self>) {
        let carries = |at: &usize| {
            let block = self.tree.at(*at).block.as_ref();
            let payload = block.and_then(|block| block.payload.as_ref());
            payload.is_some_and(|payload| payload.digest() == digest)
        };
        // Heads descend from the last final block, and parents stand before their children.
        let waiting: Vec<usize> = (self.settled + 1..self.tree.len())
            .filter(|&at| self.tree.at(at).verdict != Verdict::Valid)
            .filter(carries)
            .collect();
        let Some(&lowest) = waiting.first() else { return };
        for at in waiting {
            if valid {
                self.tree.judge(at, Verdict::Valid);
            } else {
                self.tree.judge(at, Verdict::Refused);
                ctx.reject(self.tree.at(at).sealer, Reject::BadPayload);
            }
        }
        self.tree.refresh(lowest);
        self.rechoose(ctx);
    }

    /// Compares every head with the present one.
    pub(crate) fn rechoose(&mut self, ctx: &mut Ctx<'_, Self>) {
        for at in self.settled + 1..self.tree.len() {
            if self.is_better(at) {
                self.switch(at, ctx);
            }
        }
        self.settle();
    }

    /// Moves to a block where it is better than the head (L20).
    pub(crate) fn choose(&mut self, at: usize, ctx: &mut Ctx<'_, Self>) {
        if self.is_better(at) {
            self.switch(at, ctx);
            self.settle();
        } else if self.tree.at(at).confirmed > self.tree.at(self.best).confirmed {
            // Ancestors of it became valid by it.
            self.rechoose(ctx);
        }
    }

    fn is_better(&self, at: usize) -> bool {
        let is_lock_counted = !broken!(self.config, LockIgnored);
        let (new, old) =
            (self.tree.rank(at, is_lock_counted), self.tree.rank(self.best, is_lock_counted));
        let is_above = if broken!(self.config, FirstSeenKept) {
            (new.0, new.1) > (old.0, old.1)
        } else {
            new > old
        };
        let is_held = broken!(self.config, LockForEver)
            && self.lock > self.tree.root().height
            && !self.tree.descends(at, self.tree.ancestor(self.best, self.lock));
        is_above && !is_held && self.tree.at(at).usable && self.tree.descends(at, self.settled)
    }

    /// The one place where the head changes: all of it at once, or not at all.
    fn switch(&mut self, at: usize, ctx: &mut Ctx<'_, Self>) {
        let fork = self.tree.fork(self.best, at);
        if self.tree.at(self.best).payloads > self.tree.at(fork).payloads {
            self.is_renewal_due = true; // L6
        }
        let (old, new) = (self.tree.at(self.best), self.tree.at(at));
        if new.view > old.view {
            self.is_renewal_due = fork != self.best && self.is_renewal_due;
            self.renewed = ctx.now;
        }
        self.cause = self.missed_turn(at);
        self.best = at;
        self.is_work_at_hand = true;
    }

    /// Who let a turn pass that somebody else took.
    fn missed_turn(&self, at: usize) -> Option<ViewChangeCause> {
        let entry = self.tree.at(at);
        let members = self.tree.at(entry.parent).signers.members();
        let turn = usize::try_from(entry.height % (members.len() as u64).max(1)).ok()?;
        let leader = *members.get(turn)?;
        let is_missed = self.config.style == Style::Clique
            && leader != entry.sealer
            && !safety::is_recent(&self.tree, entry.parent, leader, &self.config);
        is_missed.then_some(ViewChangeCause::Silent { leader, after: self.config.wiggle })
    }

    /// Finds the last final block below the head (L23, L24).
    fn settle(&mut self) {
        let best = self.tree.at(self.best);
        let deep = best.height.saturating_sub(self.config.finality_depth);
        let height = best.settled.min(deep);
        if height > self.tree.at(self.settled).height {
            self.settled = self.tree.ancestor(self.best, height);
        }
    }

    /// Hands final payloads over in order, each once (L25).
    pub(crate) fn deliver(&mut self, ctx: &mut Ctx<'_, Self>) {
        let settled = self.tree.at(self.settled);
        if settled.payloads <= self.decided.get() || self.tree.root().payloads > self.decided.get()
        {
            return;
        }
        let has_payload =
            |entry: &&Entry| entry.block.as_ref().is_some_and(|block| block.payload.is_some());
        let mut due: Vec<Decision> = self
            .tree
            .chain(self.settled)
            .take_while(|entry| entry.payloads > self.decided.get())
            .filter(has_payload)
            .map(|entry| self.decision(entry))
            .collect();
        due.reverse();
        for decision in due {
            self.decided = decision.seq;
            ctx.decide(decision);
        }
    }

    fn decision(&self, entry: &Entry) -> Decision {
        let view = match self.config.style {
            Style::Clique => View::new(entry.height),
            Style::Aura => View::new(safety::step(&self.config, entry.time)),
        };
        let payload = entry.block.as_ref().and_then(|block| block.payload.clone());
        Decision { view, seq: Seq::new(entry.payloads), payload, commits: Signatures::new() }
    }

    pub(crate) fn on_executed(&mut self, seq: Seq, state: Digest, done: &[Digest]) {
        self.pending.finish(done);
        self.decided = self.decided.max(seq);
        self.is_work_at_hand = true;
        self.states.insert(seq, state);
        if self.states.len() > STATES_MAX {
            self.states.pop_first();
        }
    }

    /// The application stands after `seq`, by whatever way: nothing up to there is handed over again (L27).
    pub(crate) fn on_transferred(&mut self, seq: Seq, state: Digest, done: &[Digest]) {
        self.on_executed(seq, state, done);
        self.halted = None;
    }

    /// Lets the root follow the last final block at a distance, and drops what does not descend from it (L29).
    pub(crate) fn collect(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (root, settled) = (self.tree.root().height, self.tree.at(self.settled).height);
        let history = self.history();
        if settled.saturating_sub(root) >= history.saturating_mul(2) {
            // The same heights at all replicas, so that they can vouch for each other's anchors.
            let height = (settled - history) / history * history;
            let next = self.tree.ancestor(self.settled, height);
            let last = Seq::new(self.tree.at(next).payloads);
            if height > root && self.states.contains_key(&last) {
                self.move_root(next, ctx);
            }
        }
        let most = FORKS_MAX + usize::try_from(history.saturating_mul(2)).unwrap_or(FORKS_MAX);
        while self.tree.len() > most {
            let (best, settled) = self.names();
            let before = self.tree.len();
            self.tree.drop_leaves(self.best);
            self.find_again(best, settled);
            if self.tree.len() == before {
                break;
            }
        }
        if self.records_kept > most.saturating_mul(2) {
            self.compact(ctx);
        }
    }

    fn history(&self) -> u64 {
        self.config.history.max(4 * self.config.n as u64)
    }

    fn move_root(&mut self, next: usize, ctx: &mut Ctx<'_, Self>) {
        let (best, settled) = self.names();
        let height = self.tree.at(next).height;
        let root = self.tree.root().height;
        self.strayed = self.strayed.max(self.strayed_above(root, height, next));
        self.forget_own(height);
        self.tree.prune(next, self.config.n);
        self.find_again(best, settled);
        self.orphans.retain(|orphan| orphan.block.header.statement.height.get() > height);
        self.forget(height);
        let first = Seq::new(self.tree.root().payloads);
        self.states.retain(|&seq, _| seq >= first);
        self.compact(ctx);
    }

    pub(crate) fn compact(&mut self, ctx: &mut Ctx<'_, Self>) {
        let records = self.records();
        self.records_kept = records.len();
        ctx.compact(records);
    }
    fn names(&self) -> (Digest, Digest) {
        (self.tree.at(self.best).name, self.tree.at(self.settled).name)
    }
    fn find_again(&mut self, best: Digest, settled: Digest) {
        self.best = self.tree.find(&best).unwrap_or(ROOT);
        self.settled = self.tree.find(&settled).unwrap_or(ROOT);
    }
}

//! Fetches missing blocks from peers: only what a certificate names, and what such a block names as its parent.

use std::sync::Arc;

use codec::Encode;
use protocol::{Ctx, Reject};
use types::limits::FRAME_BYTES_MAX;
use types::{NodeId, Time, View};

use crate::block::{Link, Proposal};
use crate::message::{Fetch, Message};
use crate::pacemaker::Timer;
use crate::replica::Core;

/// Most blocks in one answer.
const ANSWER_BLOCKS_MAX: usize = 32;
/// Most bytes of one answer, so that it fits a frame.
const ANSWER_BYTES_MAX: usize = FRAME_BYTES_MAX / 2;
/// Most answers that one peer gets within a retry interval.
const ANSWERS_MAX: u32 = 16;

/// A block that is missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    link: Link,
    /// How many peers were asked.
    tries: usize,
}

/// What a peer may still ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allowance {
    since: Time,
    count: u32,
}

impl Core {
    /// Asks for a block that a certificate names (L29); the peer it was heard from first.
    pub(crate) fn fetch(&mut self, link: Link, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        if self.want.is_some_and(|want| want.link == link) {
            return;
        }
        self.want = Some(Want { link, tries: 0 });
        self.ask(link, from, ctx);
    }

    fn ask(&self, link: Link, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        let fetch = Fetch { block: link, above: self.decided };
        if from != self.me {
            ctx.send(from, Message::Fetch(fetch));
        }
        ctx.set_timer(Timer::Fetch, self.config.retry_interval);
    }

    /// Asks the next peer; one whole round without an answer means that nobody keeps the block any more (L32).
    pub(crate) fn on_fetch_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Some(want) = &mut self.want else { return };
        if self.tree.get(want.link).is_some() {
            self.want = None;
            return;
        }
        want.tries += 1;
        let (link, tries) = (want.link, want.tries);
        if tries % self.config.n.max(1) == 0
            && let Some(seq) = self.gap
        {
            self.transfer(seq, ctx);
        }
        let peers: Vec<NodeId> =
            NodeId::all(self.config.n).filter(|&peer| peer != self.me).collect();
        if let Some(&peer) = peers.get((self.me.index() + tries) % peers.len().max(1)) {
            self.ask(link, peer, ctx);
        }
    }

    pub(crate) fn on_fetch(&mut self, from: NodeId, fetch: Fetch, ctx: &mut Ctx<'_, Self>) {
        if from == self.me {
            return;
        }
        if !self.allow(from, ctx) {
            return ctx.reject(from, Reject::OverLimit);
        }
        let mut blocks: Vec<Arc<Proposal>> = Vec::new();
        let mut bytes = 0;
        let mut at = fetch.block;
        while let Some(proposal) = self.tree.get(at).filter(|_| at.view > View::ZERO) {
            let is_old = !blocks.is_empty() && proposal.block.seq <= fetch.above;
            bytes += proposal.to_bytes().len();
            if is_old || blocks.len() >= ANSWER_BLOCKS_MAX || bytes > ANSWER_BYTES_MAX {
                break;
            }
            at = proposal.block.justify.link();
            blocks.push(Arc::clone(proposal));
        }
        if !blocks.is_empty() {
            ctx.send(from, Message::Blocks(blocks));
        }
        if fetch.block.view < self.high_qc.view() && at == fetch.block {
            ctx.send(from, Message::Certified(Arc::clone(&self.high_qc)));
        }
    }

    /// Whether a peer gets another answer.
    pub(crate) fn allow(&mut self, peer: NodeId, ctx: &Ctx<'_, Self>) -> bool {
        let Some(allowance) = self.allowances.get_mut(peer.index()) else { return false };
        if ctx.now.since(allowance.since) >= self.config.retry_interval {
            *allowance = Allowance { since: ctx.now, count: 0 };
        }
        allowance.count += 1;
        allowance.count <= ANSWERS_MAX
    }

    /// Takes the block that was asked for, and its ancestors as far as they are linked (L31).
    pub(crate) fn on_blocks(
        &mut self,
        from: NodeId,
        blocks: &[Arc<Proposal>],
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Some(first) = blocks.first() else { return };
        if self.probe == Some(first.link()) {
            self.probe = None;
            self.witness(first, ctx);
        }
        // The newest certified block is welcome though an older one was asked for since: voting needs it first.
        let link = first.link();
        let is_wanted = self.want.is_some_and(|want| want.link == link);
        if !is_wanted && (link != self.high_qc.link() || self.tree.get(link).is_some()) {
            return;
        }
        let mut expected = link;
        for proposal in blocks.iter().take(ANSWER_BLOCKS_MAX) {
            if proposal.link() != expected || !proposal.block.justify.is_valid(&self.config) {
                ctx.reject(from, Reject::BadCertificate);
                break;
            }
            expected = proposal.block.justify.link();
            self.witness(proposal, ctx);
            self.tree.insert(proposal);
        }
        if self.tree.get(link).is_none() {
            return;
        }
        if is_wanted {
            self.want = None;
            ctx.cancel_timer(Timer::Fetch);
        }
        self.grown(from, ctx);
    }

    /// Goes on with what waited for a block.
    fn grown(&mut self, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        let high_qc = Arc::clone(&self.high_qc);
        self.decide(&high_qc, from, ctx);
        self.deliver(ctx);
        for proposal in std::mem::take(&mut self.held) {
            if proposal.block.view == self.view {
                self.consider(&proposal, proposal.block.proposer, ctx);
            }
        }
        self.arm(ctx);
        self.propose(ctx);
    }

    /// Somebody voted for another block of this view than ours: if its proposer signed both, both shall be seen
    /// (L37).
    pub(crate) fn probe(&mut self, link: Link, voter: NodeId, ctx: &mut Ctx<'_, Self>) {
        if self.probe.is_none_or(|probe| probe.view < link.view) && voter != self.me {
            self.probe = Some(link);
            ctx.send(voter, Message::Fetch(Fetch { block: link, above: self.decided }));
        }
    }
}

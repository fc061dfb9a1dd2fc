//! Mines what waits, and confirmations for what is in the chain already; nothing else.

use std::sync::Arc;

use protocol::{Call, Ctx, Payload};
use types::{Digest, Seq, Time, View};

use crate::block::{Block, Header};
use crate::message::Message;
use crate::replica::Core;
use crate::rules::{required_target, view_max};

/// A block without its nonce.
#[derive(Debug)]
pub(crate) struct Candidate {
    work: Digest,
    header: Header,
    payload: Option<Payload>,
}

/// What the miner is doing.
#[derive(Debug)]
pub(crate) enum Mining {
    /// Nothing.
    Idle,
    /// The application builds a payload.
    Building { view: View, seq: Seq },
    /// The world searches a nonce.
    Searching(Box<Candidate>),
}

impl Core {
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        if self.pending.submit(work) {
            self.is_work_at_hand = true;
            self.prospect(ctx);
            self.arm_retry(ctx);
        }
    }

    fn can_mine(&self) -> bool {
        let is_sound = self.alarm.is_none() && self.diverged.is_none();
        self.config.voting && is_sound && self.is_standing_known && self.transfer.is_none()
    }

    /// Whether the chain has payloads that are not deep enough.
    pub(crate) fn has_undecided(&self) -> bool {
        self.tree.head().block.header.seq > self.decided || broken!(self.config, MinesWhenIdle)
    }

    /// Above every view that the chain or this replica has used.
    pub(crate) fn next_view(&self) -> View {
        let head = &self.tree.head().block.header;
        let by_height = View::new(head.height.next().get());
        self.view.max(head.view).next().max(by_height)
    }

    /// Starts over above a new head (L17). What the chain holds and the application has not executed is shown to it
    /// again, so that it builds from the rest; what an abandoned block held is free again.
    pub(crate) fn begin_view(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !broken!(self.config, AbandonedWorkLost) {
            self.view = self.next_view();
        }
        self.is_work_at_hand = true;
        self.mining = Mining::Idle;
        if self.can_mine() && !self.pending.is_empty() {
            let view = self.mining_view();
            for entry in self.tree.behind(self.executed) {
                let Header { seq, miner: proposer, .. } = entry.block.header;
                if let Some(payload) = entry.block.payload.clone() {
                    ctx.call(Call::Check { view, seq, payload, proposer });
                }
            }
        }
        self.prospect(ctx);
    }

    fn mining_view(&self) -> View {
        self.view.min(view_max(&self.tree.head().block.header))
    }

    /// Decides what to mine, if anything (L2).
    pub(crate) fn prospect(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.can_mine() {
            return self.stop(ctx);
        }
        let is_searching = match &self.mining {
            Mining::Building { .. } => return,
            Mining::Searching(candidate) if candidate.payload.is_some() => return,
            Mining::Searching(_) => true,
            Mining::Idle => false,
        };
        if self.is_work_at_hand && !self.pending.is_empty() {
            let (view, seq) = (self.mining_view(), self.tree.head().block.header.seq.next());
            self.mining = Mining::Building { view, seq };
            ctx.call(Call::Build { view, seq });
        } else if !self.has_undecided() {
            self.stop(ctx);
        } else if !is_searching {
            self.search(None, ctx);
        }
    }

    /// The application has built a payload, or has nothing to build from (L3).
    pub(crate) fn on_built(
        &mut self,
        view: View,
        seq: Seq,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let is_awaited =
            matches!(self.mining, Mining::Building { view: v, seq: s } if (v, s) == (view, seq));
        if !is_awaited {
            return;
        }
        self.mining = Mining::Idle;
        if payload.is_some() {
            self.search(payload, ctx);
        } else {
            self.is_work_at_hand = false;
            self.prospect(ctx);
        }
    }

    /// Lets the world search a nonce for a block above the head (L4).
    fn search(&mut self, payload: Option<Payload>, ctx: &mut Ctx<'_, Self>) {
        let parent = self.tree.head();
        let below = &parent.block.header;
        let earliest = Time::from_us(parent.context.median.us().saturating_add(1));
        let header = Header {
            parent: self.tree.head_id(),
            height: below.height.next(),
            time: ctx.now.max(earliest),
            target: required_target(&self.config, parent),
            miner: self.me,
            view: self.mining_view(),
            seq: below.seq.plus(u64::from(payload.is_some())),
            payload: payload.as_ref().map_or(Digest::ZERO, Payload::digest),
            nonce: 0,
        };
        let work = header.work();
        ctx.call(Call::Mine { work, target: header.target.digest() });
        self.is_searching = true;
        self.mining = Mining::Searching(Box::new(Candidate { work, header, payload }));
    }

    /// A nonce was found (L5): the block counts here, too, only when it comes back.
    pub(crate) fn on_mined(&mut self, work: Digest, nonce: u64, ctx: &mut Ctx<'_, Self>) {
        let target = match &self.mining {
            Mining::Searching(candidate) if candidate.work == work => candidate.header.target,
            Mining::Searching(_) | Mining::Building { .. } | Mining::Idle => return,
        };
        if !target.is_met_by(&crypto::work(&work, nonce)) {
            return ctx.call(Call::Mine { work, target: target.digest() });
        }
        if let Mining::Searching(candidate) = std::mem::replace(&mut self.mining, Mining::Idle) {
            self.is_searching = false;
            let Candidate { mut header, payload, .. } = *candidate;
            header.nonce = nonce;
            ctx.broadcast(Message::Block(Arc::new(Block { header, payload })));
        }
    }

    /// Ends the search: a later call replaces an earlier one, and every hash meets the largest target.
    pub(crate) fn stop(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.mining = Mining::Idle;
        if std::mem::take(&mut self.is_searching) {
            ctx.call(Call::Mine { work: Digest::ZERO, target: Digest::new([0xff; 32]) });
        }
    }
}

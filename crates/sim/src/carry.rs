//! Carries out what replicas want done, in order, behind their disks.

use std::sync::Arc;

use protocol::Inspect;
use replica::{Effect, ExecutedBlock, Message, Record};

use crate::disk::Write;
use crate::node::Held;
use crate::options::Sabotage;
use crate::recording::What;
use crate::world::{Event, Phase, World};

impl<P: Inspect> World<'_, P> {
    /// Takes the effects of one step: writes go to the disk at once, everything behind an unsynced one waits.
    pub(crate) fn absorb(&mut self, index: usize, effects: &mut Vec<Effect<P>>) {
        let life = self.nodes[index].life;
        for effect in effects.drain(..) {
            // Effects are large: those that are carried out at once are handed on without being taken apart.
            if is_write(&effect) {
                self.write_effect(index, effect);
            } else if self.nodes[index].waiting.is_empty() {
                self.carry_out(index, effect);
                self.count_effect(index);
            } else {
                self.nodes[index].waiting.push_back(Held::Effect(effect));
            }
            if self.nodes[index].life != life {
                // It crashed between two effects: the rest never happens.
                break;
            }
        }
        self.start_sync(index);
    }

    fn write_effect(&mut self, index: usize, effect: Effect<P>) {
        match effect {
            Effect::Persist(record) => {
                // A certificate may be lost, so nothing waits for it.
                let barrier = !matches!(record, Record::Certificate(_));
                self.write(index, Write::Record(record), barrier);
            }
            Effect::CompactCore(records) => {
                let effect = self.nodes[index].effects + 1;
                self.tell(index, || What::Compacts { effect });
                self.write(index, Write::Compact(records), true);
            }
            Effect::EnterEpoch(epoch) => {
                let node = &self.nodes[index];
                if let Some(replica) = node.replica.as_ref().filter(|_| node.is_correct()) {
                    self.watch.began(node.me, &epoch, replica.executor().height());
                }
                self.write(index, Write::Epoch(epoch), true);
            }
            Effect::ResetLedger { attested } => {
                self.write(index, Write::Reset { attested }, true);
            }
            Effect::Send { .. }
            | Effect::Broadcast(_)
            | Effect::SetTimer { .. }
            | Effect::CancelTimer(_)
            | Effect::ServeBlocks { .. }
            | Effect::ServeBatches { .. }
            | Effect::Mine { .. }
            | Effect::Scheduled(_)
            | Effect::Executed(_)
            | Effect::Certified(_)
            | Effect::Accuse { .. }
            | Effect::Reject { .. }
            | Effect::ViewChanged { .. }
            | Effect::Diverged { .. } => unreachable!("only writes are written"),
        }
    }

    #[inline]
    fn write(&mut self, index: usize, write: Write<P>, barrier: bool) {
        let node = &mut self.nodes[index];
        let number = node.disk.write(write);
        if self.options.disk_sync_us == 0 && node.syncing.is_none() {
            node.disk.sync(number, &mut self.shared);
        } else if barrier {
            node.hold(number);
        }
        self.count_effect(index);
    }

    fn start_sync(&mut self, index: usize) {
        if !self.nodes[index].wants_sync() {
            return;
        }
        let node = &mut self.nodes[index];
        node.syncing = Some(node.disk.written());
        let spread = self.options.disk_sync_us / 4;
        let mut takes_us = self.options.disk_sync_us + self.disk_prng.below(spread + 1);
        let stall_ppm = self.options.stall_ppm;
        let can_stall = stall_ppm > 0 && self.faults.is_active();
        if can_stall && self.disk_prng.chance_ppm(stall_ppm) && self.strike.strikes() {
            takes_us *= 1 + self.disk_prng.below(STALL_FACTOR_MAX);
        }
        let node = &self.nodes[index];
        let event = Event::Synced { node: node.me.get(), life: node.life };
        self.queue.push(self.now_us + takes_us, event);
    }

    /// The disk reports that everything written when the sync began is durable.
    pub(crate) fn synced(&mut self, index: usize, life: u32) {
        let node = &mut self.nodes[index];
        if node.life != life {
            return;
        }
        let Some(up_to) = node.syncing.take() else { return };
        if self.sync_fails(index) {
            return;
        }
        let node = &mut self.nodes[index];
        node.disk.sync(up_to, &mut self.shared);
        self.record(5, index, up_to);
        while let Some(effect) = self.nodes[index].next_released() {
            self.carry_out(index, effect);
            self.count_effect(index);
            if self.nodes[index].life != life {
                return;
            }
        }
        self.start_sync(index);
    }

    /// A failed sync says nothing about what it has written: whoever goes on promises what it may not hold.
    fn sync_fails(&mut self, index: usize) -> bool {
        let can = self.options.sync_error_ppm > 0 && self.faults.is_active();
        let fails = can
            && self.nodes[index].is_correct()
            && self.disk_prng.chance_ppm(self.options.sync_error_ppm)
            && self.strike.strikes();
        if fails {
            self.crash(index);
        }
        fails
    }

    fn carry_out(&mut self, index: usize, effect: Effect<P>) {
        match effect {
            Effect::Send { to, message } => self.send(index, to, message),
            Effect::Broadcast(message) => self.broadcast(index, message),
            Effect::SetTimer { timer, after } => {
                let at_us = self.now_us + after.us();
                let node = &mut self.nodes[index];
                if let Some(alarm) = node.timers.set(timer, at_us) {
                    self.queue.push(at_us, Event::Alarm { node: node.me.get(), alarm });
                }
            }
            Effect::CancelTimer(timer) => self.nodes[index].timers.cancel(timer),
            Effect::ServeBlocks { to, from } => {
                let disk = &mut self.nodes[index].disk;
                // Whoever reads what was just written makes it durable first.
                disk.sync(disk.written(), &mut self.shared);
                let blocks = disk.blocks_from(from);
                if !blocks.is_empty() {
                    self.send(index, to, Message::Blocks(Arc::new(blocks)));
                }
            }
            Effect::ServeBatches { to, digests } => {
                let disk = &mut self.nodes[index].disk;
                disk.sync(disk.written(), &mut self.shared);
                for digest in digests {
                    if let Some(batch) = self.nodes[index].disk.batch(&digest).cloned() {
                        self.send(index, to, Message::Batch(batch));
                    }
                }
            }
            Effect::Mine { work, target } => self.mine(index, work, target),
            Effect::Scheduled(_)
            | Effect::Executed(_)
            | Effect::Certified(_)
            | Effect::Accuse { .. }
            | Effect::Reject { .. }
            | Effect::ViewChanged { .. }
            | Effect::Diverged { .. } => self.observe(index, effect),
            Effect::Persist(_)
            | Effect::CompactCore(_)
            | Effect::EnterEpoch(_)
            | Effect::ResetLedger { .. } => {
                unreachable!("writes go to the disk before anything waits")
            }
        }
    }

    /// What a replica shows to those who watch it; what liars show is not believed.
    fn observe(&mut self, index: usize, effect: Effect<P>) {
        let me = self.nodes[index].me;
        if !self.nodes[index].is_correct() && !self.sabotaged(Sabotage::TrustedLiars) {
            if let Effect::Certified(certificate) = effect {
                self.nodes[index].certified = certificate.height;
                self.answer_at(index, certificate.height);
            }
            return;
        }
        match effect {
            Effect::Executed(block) => {
                let ExecutedBlock { header, hash, records, caught_up, epoch, .. } = &*block;
                if !caught_up {
                    self.watch.ordered(me, *epoch, header.height);
                }
                let (height, block) = (header.height.get(), hash.short());
                self.tell(index, || What::Executes { height, block });
                if self.watch.executed(me, header, *hash, records, &self.clients) {
                    self.after_block(header.height);
                }
            }
            Effect::Certified(certificate) => {
                self.tell(index, || What::Certifies { height: certificate.height.get() });
                let node = &mut self.nodes[index];
                node.certified = node.certified.max(certificate.height);
                self.watch.certified(me, &certificate);
                self.answer_at(index, certificate.height);
                if self.phase == Phase::Draining {
                    self.finish_if_converged();
                }
            }
            Effect::Scheduled(epoch) => self.scheduled(epoch),
            Effect::Accuse { offender, evidence, .. } => {
                self.watch.accused(me, offender, &evidence);
            }
            Effect::Reject { reason, .. } => self.watch.rejected(reason),
            Effect::ViewChanged { view, .. } => {
                self.watch.view = self.watch.view.max(view);
                self.record(6, index, view.get());
                self.tell(index, || What::Enters { view: view.get() });
            }
            Effect::Diverged { height } => self.watch.state_differs(me, height),
            Effect::Persist(_)
            | Effect::CompactCore(_)
            | Effect::EnterEpoch(_)
            | Effect::Send { .. }
            | Effect::Broadcast(_)
            | Effect::SetTimer { .. }
            | Effect::CancelTimer(_)
            | Effect::ServeBlocks { .. }
            | Effect::ServeBatches { .. }
            | Effect::Mine { .. }
            | Effect::ResetLedger { .. } => {}
        }
    }

    /// Answers the clients that wait at this replica for the block at a height.
    fn answer_at(&mut self, index: usize, height: types::Height) {
        for at in 0..self.watch.requests_at(height).len() {
            let request = self.watch.requests_at(height)[at];
            self.answer(index, request as usize);
        }
    }
}

/// A stalled sync takes at most so many times as long.
const STALL_FACTOR_MAX: u64 = 100;

const fn is_write<P: Inspect>(effect: &Effect<P>) -> bool {
    matches!(
        effect,
        Effect::Persist(_)
            | Effect::CompactCore(_)
            | Effect::EnterEpoch(_)
            | Effect::ResetLedger { .. }
    )
}

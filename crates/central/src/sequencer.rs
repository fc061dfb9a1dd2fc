//! Whoever gives places away: the sequencer, and without consensus everybody.

use protocol::{Call, Ctx, Payload, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::log::{Slot, places};
use crate::message::{Ack, Fetch, Message, Order};
use crate::replica::SEQUENCER;
use crate::{Core, Mode, Record};

/// Most orders sent at once to a replica that lacks them.
const REPEAT_MAX: usize = 64;

impl Core {
    /// L1
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        self.pending.submit(work);
        self.is_work_at_hand = true;
        self.build(ctx);
        self.arm(ctx);
    }

    /// L2
    pub(crate) fn build(&mut self, ctx: &mut Ctx<'_, Self>) {
        let has_room = self.last.above(self.executed.seq) < self.config.window.max(1);
        if self.orders() && self.is_work_at_hand && !self.is_building && has_room {
            self.is_building = true;
            self.is_work_at_hand = false;
            ctx.call(Call::Build { view: View::ZERO, seq: self.last.next() });
        }
    }

    /// L3, L4
    pub(crate) fn on_built(&mut self, payload: Option<Payload>, ctx: &mut Ctx<'_, Self>) {
        if !std::mem::take(&mut self.is_building) {
            return;
        }
        let Some(payload) = payload else { return self.build(ctx) };
        self.is_work_at_hand = true;
        self.last = self.last.next();
        let seq = self.last;
        self.log.insert(seq, Some(Slot { payload: payload.clone(), is_at_hand: true }));
        let order = Order { seq, payload };
        if !broken!(self.config, OrderNotPersisted) {
            ctx.persist(Record::Order(order.clone()));
        }
        match self.config.mode {
            Mode::Sequencer => {
                ctx.broadcast(Message::Order(order));
                self.arm(ctx);
            }
            Mode::None => self.decide(ctx),
        }
        self.build(ctx);
    }

    /// L8
    pub(crate) fn on_ack(&mut self, from: NodeId, ack: Ack, ctx: &mut Ctx<'_, Self>) {
        if ack.seq > self.last {
            return ctx.reject(from, Reject::OutsideWatermarks);
        }
        if let Some(acknowledged) = self.acknowledged.get_mut(from.index()) {
            *acknowledged = ack.seq.max(*acknowledged);
        }
    }

    /// L10
    pub(crate) fn on_fetch(&mut self, from: NodeId, fetch: Fetch, ctx: &mut Ctx<'_, Self>) {
        if from != self.me && fetch.seq <= self.last {
            self.send_from(fetch.seq, from, ctx);
        }
    }

    fn send_from(&self, first: Seq, to: NodeId, ctx: &mut Ctx<'_, Self>) {
        if first <= self.log.base && self.executed.seq >= first {
            return ctx.send(to, Message::Stand(self.executed));
        }
        for seq in places(first).take(REPEAT_MAX).take_while(|&seq| seq <= self.last) {
            if let Some(slot) = self.log.get(seq) {
                let payload = slot.payload.clone();
                ctx.send(to, Message::Order(Order { seq, payload }));
            }
        }
    }

    /// Sends again what is not acknowledged (L11), and what the sequencer itself has not decided since its start.
    pub(crate) fn repeat(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.decide(ctx);
        let mut is_outstanding = false;
        for peer in NodeId::all(self.config.n).filter(|&peer| peer != SEQUENCER) {
            let acknowledged = self.acknowledged[peer.index()];
            if acknowledged < self.last {
                is_outstanding = true;
                self.send_from(acknowledged.next(), peer, ctx);
            }
        }
        if is_outstanding {
            self.arm(ctx);
        }
        self.is_work_at_hand = true;
        self.build(ctx);
    }
}

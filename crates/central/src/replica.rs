//! The replica: its state, the one match over its inputs, and how it follows the sequencer, or nobody.

use crypto::{Signatures, Verified};
use protocol::{
    Call, Ctx, Decision, Input, Payload, Protocol, Reject, Reply, Status, ViewChangeCause,
};
use types::{Digest, NodeId, Seq, View};

use crate::log::{Log, Slot};
use crate::message::{Ack, Fetch, Message, Order, Stand};
use crate::pending::Pending;
use crate::{Config, Mode, Record};

/// The core's timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// Something is outstanding.
    Retry,
}

/// Who orders in [`Mode::Sequencer`].
pub(crate) const SEQUENCER: NodeId = NodeId::new(0);
/// The last place that is ever decided, so that counting on from one never ends at the last number.
const SEQ_MAX: Seq = Seq::new(1 << 62);
/// How far above the last decision a replica keeps orders.
const AHEAD_MAX: u64 = 1_024;

/// One replica of the baselines.
#[derive(Debug)]
pub struct Core {
    pub(crate) config: Config,
    pub(crate) me: NodeId,
    pub(crate) log: Log,
    /// The last place that is given away, at whoever orders.
    pub(crate) last: Seq,
    pub(crate) decided: Seq,
    /// The application's last word.
    pub(crate) executed: Stand,
    /// Whether the application has said where it stands since the start.
    pub(crate) is_placed: bool,
    /// What each replica has acknowledged, at the sequencer.
    pub(crate) acknowledged: Vec<Seq>,
    pub(crate) is_building: bool,
    /// False while the application is asked, and after it had nothing to build from, until something changes.
    pub(crate) is_work_at_hand: bool,
    pub(crate) is_armed: bool,
    /// The state that the application is being brought to.
    pub(crate) transfer: Option<Seq>,
    pub(crate) pending: Pending,
    pub(crate) has_diverged: bool,
}

impl Protocol for Core {
    const NAME: &'static str = "central";
    type Config = Config;
    type Message = Message;
    type Record = Record;
    type Timer = Timer;

    fn start(config: Config, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) -> Self {
        let is_fresh = log.is_empty();
        let mut core = Self {
            me: ctx.me(),
            log: Log::default(),
            last: Seq::ZERO,
            decided: Seq::ZERO,
            executed: Stand { seq: Seq::ZERO, digest: Digest::ZERO },
            is_placed: false,
            acknowledged: vec![Seq::ZERO; config.n],
            is_building: false,
            is_work_at_hand: true,
            is_armed: false,
            transfer: None,
            pending: Pending::default(),
            has_diverged: false,
            config,
        };
        for record in log {
            core.recover(record); // L14
        }
        core.last = core.log.last();
        if !is_fresh {
            core.arm(ctx);
        }
        core
    }

    fn step(&mut self, input: Input<Self>, ctx: &mut Ctx<'_, Self>) {
        match input {
            Input::Receive { from, message } => self.receive(from, &message, ctx),
            Input::Timeout(Timer::Retry) => self.on_retry(ctx), // L11
            Input::Submit(work) => self.on_submit(work, ctx),   // L1
            Input::Reply(Reply::Built { payload, .. }) => self.on_built(payload, ctx), // L3
            Input::Reply(Reply::Checked { seq, digest, valid, .. }) => {
                self.on_checked(seq, digest, valid, ctx); // L7
            }
            Input::Reply(Reply::Executed { seq, digest, done }) => {
                self.on_executed(seq, digest, &done, ctx); // L9
            }
            Input::Reply(Reply::Transferred { seq, digest, done }) => {
                self.on_transferred(seq, digest, &done, ctx); // L13
            }
            Input::Reply(Reply::Diverged { .. }) => self.has_diverged = true, // L15
            Input::Reply(Reply::Mined { .. }) => {}
        }
    }

    fn status(&self) -> Status {
        self.describe()
    }

    fn view(&self) -> View {
        View::ZERO
    }
    fn view_change_cause(&self) -> Option<ViewChangeCause> {
        None
    }
}

impl Core {
    fn receive(&mut self, from: NodeId, message: &Verified<Message>, ctx: &mut Ctx<'_, Self>) {
        if from.index() >= self.config.n || self.config.mode == Mode::None {
            return ctx.reject(from, Reject::Stranger);
        }
        let is_from_sequencer = from == SEQUENCER || broken!(self.config, SenderUnchecked);
        match &**message {
            Message::Order(order) if is_from_sequencer => self.on_order(order, ctx), // L5
            Message::Stand(stand) if is_from_sequencer => self.on_stand(*stand, ctx), // L12
            Message::Ack(ack) if self.orders() => self.on_ack(from, *ack, ctx),      // L8
            Message::Fetch(fetch) if self.orders() => self.on_fetch(from, *fetch, ctx), // L10
            Message::Order(_) | Message::Stand(_) | Message::Ack(_) | Message::Fetch(_) => {
                ctx.reject(from, Reject::NotLeader);
            }
        }
    }

    /// Whether this replica gives places away.
    pub(crate) fn orders(&self) -> bool {
        match self.config.mode {
            Mode::Sequencer => self.me == SEQUENCER,
            Mode::None => true,
        }
    }

    fn recover(&mut self, record: Record) {
        match record {
            Record::Base(seq) => self.log.drop_to(seq),
            Record::Order(Order { seq, payload }) => {
                if seq.above(self.log.base) <= AHEAD_MAX + 2 * self.config.orders_kept {
                    self.log.insert(seq, Some(Slot { payload, is_at_hand: true }));
                }
            }
        }
    }

    /// L5: the first order for a place stays; nothing tells whether others were told the same.
    fn on_order(&mut self, order: &Order, ctx: &mut Ctx<'_, Self>) {
        let Order { seq, payload } = order;
        let seq = *seq;
        if seq <= self.decided {
            return self.acknowledge(ctx);
        }
        if seq.above(self.decided) > AHEAD_MAX {
            return ctx.reject(SEQUENCER, Reject::OutsideWatermarks);
        }
        if let Some(held) = self.log.get(seq) {
            if held.payload.digest() != payload.digest() {
                ctx.reject(SEQUENCER, Reject::Conflicting);
            }
            if self.me == SEQUENCER {
                self.decide(ctx);
            }
            return;
        }
        self.log.insert(seq, Some(Slot { payload: payload.clone(), is_at_hand: false }));
        let payload = payload.clone();
        ctx.call(Call::Check { view: View::ZERO, seq, payload, proposer: SEQUENCER }); // L6
        self.arm(ctx);
    }

    /// L7
    fn on_checked(&mut self, seq: Seq, digest: Digest, valid: bool, ctx: &mut Ctx<'_, Self>) {
        if seq <= self.decided {
            return;
        }
        let Some(slot) = self.log.get_mut(seq).filter(|slot| slot.payload.digest() == digest)
        else {
            return;
        };
        slot.is_at_hand = valid;
        if !valid {
            self.log.insert(seq, None);
            return ctx.reject(SEQUENCER, Reject::BadPayload);
        }
        self.follow(ctx);
    }

    /// Makes orders durable in their order, decides and acknowledges them.
    fn follow(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.orders() {
            return self.decide(ctx);
        }
        let before = self.decided;
        let mut seq = self.decided.next();
        while let Some(slot) = self.log.get(seq).filter(|slot| slot.is_at_hand) {
            if !broken!(self.config, AckNotPersisted) {
                let payload = slot.payload.clone();
                ctx.persist(Record::Order(Order { seq, payload }));
            }
            seq = seq.next();
        }
        self.decide(ctx);
        if self.decided > before {
            self.acknowledge(ctx);
        }
    }

    /// Hands over what is durable and at hand, in order, without gaps, each once.
    pub(crate) fn decide(&mut self, ctx: &mut Ctx<'_, Self>) {
        loop {
            let seq = self.decided.next();
            let Some(slot) = self.log.get(seq).filter(|slot| slot.is_at_hand) else { return };
            let payload: Option<Payload> = Some(slot.payload.clone());
            self.decided = seq;
            self.is_placed = true;
            let commits = Signatures::new();
            ctx.decide(Decision { view: View::ZERO, seq, payload, commits });
        }
    }

    fn acknowledge(&self, ctx: &mut Ctx<'_, Self>) {
        if self.me != SEQUENCER && self.config.voting {
            ctx.send(SEQUENCER, Message::Ack(Ack { seq: self.decided }));
        }
    }

    /// L9: what is executed need not be kept, but a little at the sequencer.
    fn on_executed(&mut self, seq: Seq, digest: Digest, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.pending.finish(done);
        if seq > self.executed.seq {
            self.executed = Stand { seq, digest };
        }
        let kept = self.config.orders_kept;
        if seq <= self.decided && seq.above(self.log.base) > kept.saturating_mul(2).max(1) {
            self.log.drop_to(Seq::new(seq.get() - kept));
            ctx.compact(self.log.records(self.last.max(self.decided)));
        }
        self.build(ctx);
    }

    /// L12: the orders that this replica lacks are gone; it takes over the sequencer's state.
    fn on_stand(&mut self, stand: Stand, ctx: &mut Ctx<'_, Self>) {
        if stand.seq > self.decided && stand.seq <= SEQ_MAX && !self.orders() {
            self.transfer = Some(stand.seq);
            ctx.call(Call::Transfer { seq: stand.seq, digest: stand.digest });
        }
    }

    /// L13: the application stands at a place, by our wish, by its own catching up, or since before the start.
    fn on_transferred(
        &mut self,
        seq: Seq,
        digest: Digest,
        done: &[Digest],
        ctx: &mut Ctx<'_, Self>,
    ) {
        self.pending.finish(done);
        self.transfer = self.transfer.filter(|&wanted| wanted > seq);
        if seq > SEQ_MAX || (seq <= self.decided && self.is_placed) {
            return;
        }
        self.is_placed = true;
        self.decided = seq;
        self.executed = Stand { seq, digest };
        if seq > self.log.base && self.log.get(seq).is_none() {
            self.log.drop_to(seq);
            ctx.compact(self.log.records(self.last));
        }
        self.last = self.last.max(seq);
        self.decide(ctx);
        self.acknowledge(ctx);
        self.build(ctx);
    }

    pub(crate) fn arm(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_armed && self.config.mode == Mode::Sequencer {
            self.is_armed = true;
            ctx.set_timer(Timer::Retry, self.config.retry_interval);
        }
    }

    /// L11: asks for, or repeats, what is outstanding; with nothing outstanding the timer stays off.
    fn on_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.is_armed = false;
        if self.me == SEQUENCER {
            return self.repeat(ctx);
        }
        let is_waiting = self.pending.len() > 0 || self.log.last() > self.decided;
        if is_waiting || !self.is_placed || self.transfer.is_some() {
            ctx.send(SEQUENCER, Message::Fetch(Fetch { seq: self.decided.next() }));
        }
        if is_waiting || self.transfer.is_some() {
            self.arm(ctx);
        }
    }
}

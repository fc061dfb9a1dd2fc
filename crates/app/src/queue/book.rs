//! The bookkeeping of one topic: moves messages from stage to stage, and keeps every index and sum in step.

use ledger::{Account, Refusal, StateTree};
use types::Time;

use super::{
    BODIES_BYTES_MAX, DEAD_KEPT_US, DELIVERIES_KEPT_MAX, Delivery, Guarantee, KEPT_MAX, Message,
    Place, SWEEP_MAX, Stage, Topic, keys, message, topic, totals,
};
use crate::argument::{entries, keep};

/// A topic, opened for change; [`Book::close`] writes it back.
#[derive(Debug)]
pub(super) struct Book<'a> {
    pub(super) topic: Topic,
    name: &'a str,
    state: &'a mut StateTree,
    bodies_bytes: u64,
}

impl<'a> Book<'a> {
    pub(super) fn open(state: &'a mut StateTree, name: &'a str) -> Result<Self, Refusal> {
        let topic = topic(state, name).ok_or(Refusal::TopicUnknown)?;
        let bodies_bytes = totals(state).bodies_bytes;
        Ok(Self { topic, name, state, bodies_bytes })
    }

    pub(super) fn close(self) {
        keep(self.state, keys::topic(self.name), &self.topic);
        let totals = super::Totals { bodies_bytes: self.bodies_bytes, ..totals(self.state) };
        keep(self.state, keys::TOTALS.to_vec(), &totals);
    }

    pub(super) fn message(&self, number: u64) -> Result<Message, Refusal> {
        message(self.state, self.name, number).ok_or(Refusal::MessageUnknown)
    }

    /// Takes a new message in, and says its number.
    pub(super) fn add(&mut self, mut message: Message, depth_max: u64) -> Result<u64, Refusal> {
        let bodies_bytes = self.bodies_bytes.saturating_add(message.body.0.len() as u64);
        if u64::from(self.topic.open) >= depth_max
            || self.topic.kept >= KEPT_MAX
            || bodies_bytes > BODIES_BYTES_MAX
        {
            return Err(Refusal::QueueFull);
        }
        let number = self.topic.next;
        self.topic.next = number.saturating_add(1);
        self.topic.open = self.topic.open.saturating_add(1);
        self.bodies_bytes = bodies_bytes;
        keep(self.state, keys::id(self.name, &message.sender, &message.id), &number);
        self.state.set(self.look_key(number, &message), Vec::new());
        if message.guarantee == Guarantee::Ordered {
            self.state.set(self.order_key(number, &message), Vec::new());
        }
        self.write(number, &message);
        self.make_ready(number, &mut message);
        Ok(number)
    }

    /// A message that has reached the end of its way is ready, where nothing of its order is before it.
    pub(super) fn make_ready(&mut self, number: u64, message: &mut Message) {
        let is_next = message.guarantee != Guarantee::Ordered
            || self.first_in_order(&message.sender) == Some(number);
        if message.stage == Stage::OnItsWay && message.next_hop().is_none() && is_next {
            self.shift(number, message, Stage::Ready, Time::ZERO);
        }
    }

    /// Hands the best ready message to a consumer.
    pub(super) fn deliver(&mut self, consumer: Account, at: Place, until: Time) -> Option<u64> {
        for _ in 0..SWEEP_MAX {
            let number = self.best_for(&consumer)?;
            let mut message = self.message(number).ok()?;
            if message.expires <= at.time {
                self.shift(number, &mut message, Stage::DeadExpired, at.time);
                continue;
            }
            // What may be delivered once only is its consumer's as long as it is of use.
            let until = match message.guarantee {
                Guarantee::AtMostOnce => message.expires,
                Guarantee::AtLeastOnce | Guarantee::ExactlyOnce | Guarantee::Ordered => {
                    until.min(message.expires)
                }
            };
            message.attempts = message.attempts.saturating_add(1);
            if message.deliveries.len() >= DELIVERIES_KEPT_MAX {
                message.deliveries.remove(0);
            }
            let attempt = message.attempts;
            message.deliveries.push(Delivery { consumer, at, attempt, until });
            self.shift(number, &mut message, Stage::Taken, at.time);
            return Some(number);
        }
        None
    }

    fn best_for(&self, consumer: &Account) -> Option<u64> {
        let first = |to| {
            let prefix = keys::ready_for(self.name, to);
            entries(self.state, &prefix, &[]).next().map(|(rank, _)| rank)
        };
        let best = [first(Some(consumer)), first(None)].into_iter().flatten().min()?;
        number_at_end(best)
    }

    /// What becomes of a delivery that ends without an acknowledgement.
    pub(super) fn end_delivery(&mut self, number: u64, message: &mut Message, now: Time) {
        let next = match message.guarantee {
            Guarantee::AtMostOnce => Stage::Done,
            Guarantee::ExactlyOnce => Stage::DeadAbandoned,
            Guarantee::AtLeastOnce | Guarantee::Ordered if message.expires <= now => {
                Stage::DeadExpired
            }
            Guarantee::AtLeastOnce | Guarantee::Ordered
                if message.attempts >= self.topic.settings.attempts_max =>
            {
                Stage::DeadAttempts
            }
            Guarantee::AtLeastOnce | Guarantee::Ordered => Stage::Ready,
        };
        self.shift(number, message, next, now);
    }

    /// Looks at the messages whose time has come, at most [`SWEEP_MAX`] of either kind, and says how many there were.
    pub(super) fn sweep(&mut self, now: Time) -> usize {
        let ended = self.due(&keys::leases(self.name), now);
        for &number in &ended {
            if let Ok(mut message) = self.message(number) {
                self.end_delivery(number, &mut message, now);
            }
        }
        let looked = self.due(&keys::looks(self.name), now);
        for &number in &looked {
            let Ok(mut message) = self.message(number) else { continue };
            match message.stage {
                Stage::Taken => self.end_delivery(number, &mut message, now),
                Stage::OnItsWay | Stage::Ready => {
                    self.shift(number, &mut message, Stage::DeadExpired, now);
                }
                Stage::Done | Stage::DeadExpired | Stage::DeadAttempts | Stage::DeadAbandoned => {
                    self.forget(number, &message)
                }
            }
        }
        ended.len() + looked.len()
    }

    fn due(&self, prefix: &[u8], now: Time) -> Vec<u64> {
        let until = now.us().to_be_bytes();
        let all = entries(self.state, prefix, &[]).map_while(|(when, _)| {
            let (time, _) = when.split_first_chunk::<8>()?;
            if *time <= until { number_at_end(when) } else { None }
        });
        all.take(SWEEP_MAX).collect()
    }

    /// Moves a message to a stage.
    pub(super) fn shift(&mut self, number: u64, message: &mut Message, to: Stage, now: Time) {
        for key in self.stage_keys(number, message) {
            self.state.remove(&key);
        }
        let was_open = message.stage.is_open();
        message.stage = to;
        for key in self.stage_keys(number, message) {
            self.state.set(key, Vec::new());
        }
        if was_open && !to.is_open() {
            self.topic.open = self.topic.open.saturating_sub(1);
            self.topic.kept = self.topic.kept.saturating_add(1);
            if to.is_dead() {
                self.topic.dead = self.topic.dead.saturating_add(1);
                self.state.remove(&self.look_key(number, message));
                message.look =
                    Time::from_us(message.expires.max(now).us().saturating_add(DEAD_KEPT_US));
                self.state.set(self.look_key(number, message), Vec::new());
            } else {
                let body = std::mem::take(&mut message.body);
                self.bodies_bytes = self.bodies_bytes.saturating_sub(body.0.len() as u64);
            }
        }
        self.write(number, message);
        if was_open && !to.is_open() && message.guarantee == Guarantee::Ordered {
            self.let_next_go(number, message);
        }
    }

    /// The next ordered message of a sender gets its turn.
    fn let_next_go(&mut self, number: u64, finished: &Message) {
        self.state.remove(&self.order_key(number, finished));
        if let Some(next) = self.first_in_order(&finished.sender)
            && let Ok(mut message) = self.message(next)
        {
            self.make_ready(next, &mut message);
        }
    }

    fn forget(&mut self, number: u64, message: &Message) {
        self.topic.kept = self.topic.kept.saturating_sub(1);
        if message.stage.is_dead() {
            self.topic.dead = self.topic.dead.saturating_sub(1);
        }
        self.bodies_bytes = self.bodies_bytes.saturating_sub(message.body.0.len() as u64);
        self.state.remove(&self.look_key(number, message));
        self.state.remove(&keys::id(self.name, &message.sender, &message.id));
        self.state.remove(&keys::message(self.name, number));
    }

    /// The entries that a message has because of its stage.
    fn stage_keys(&self, number: u64, message: &Message) -> Vec<Vec<u8>> {
        match (message.stage, message.delivery()) {
            (Stage::Ready, _) => {
                let rank = keys::rank(message.priority, number);
                vec![[keys::ready_for(self.name, message.to.as_ref()), rank].concat()]
            }
            (Stage::Taken, Some(delivery)) => vec![
                [keys::leases(self.name), keys::when(delivery.until, number)].concat(),
                [keys::held_by(self.name, &delivery.consumer), number.to_be_bytes().to_vec()]
                    .concat(),
            ],
            (
                Stage::OnItsWay
                | Stage::Taken
                | Stage::Done
                | Stage::DeadExpired
                | Stage::DeadAttempts
                | Stage::DeadAbandoned,
                _,
            ) => Vec::new(),
        }
    }

    fn look_key(&self, number: u64, message: &Message) -> Vec<u8> {
        [keys::looks(self.name), keys::when(message.look, number)].concat()
    }
    fn order_key(&self, number: u64, message: &Message) -> Vec<u8> {
        [keys::order_of(self.name, &message.sender), number.to_be_bytes().to_vec()].concat()
    }
    fn first_in_order(&self, sender: &Account) -> Option<u64> {
        let prefix = keys::order_of(self.name, sender);
        entries(self.state, &prefix, &[]).next().and_then(|(number, _)| number_at_end(number))
    }
    pub(super) fn write(&mut self, number: u64, message: &Message) {
        keep(self.state, keys::message(self.name, number), message);
    }
}

fn number_at_end(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

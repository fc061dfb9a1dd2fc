//! Help for replicas that missed slots.

use protocol::Ctx;
use types::{NodeId, Seq, Time};

use crate::message::{Message, Status};
use crate::replica::{AHEAD_MAX, Core};

/// Most answers to one replica within a retry interval.
const ANSWERS_MAX: u32 = 32;

impl Core {
    /// Remembers the highest slot that a replica spoke of; a replica that is far behind asks at once (L39).
    pub(crate) fn note_horizon(&mut self, node: NodeId, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        if let Some(horizon) = self.horizon.get_mut(node.index()).filter(|horizon| **horizon < seq)
        {
            *horizon = seq;
            if seq > self.slot.seq {
                self.ask_if_behind(ctx);
            }
        }
    }

    /// Asks for more once most of the last answer is used up (L39).
    pub(crate) fn ask_if_behind(&mut self, ctx: &mut Ctx<'_, Self>) {
        let half = (AHEAD_MAX / 2) as u64;
        let is_due = self.asked.is_none_or(|asked| self.decided >= asked.plus(half));
        let is_any_ahead = self.horizon.iter().any(|&at| at > self.slot.seq.next());
        if is_due && is_any_ahead && self.is_behind(2) {
            self.ask(ctx);
            self.arm_retry(ctx);
        }
    }

    /// Whether a replica may be answered now.
    pub(crate) fn may_answer(&mut self, to: NodeId, now: Time) -> bool {
        let interval = self.config.retry_interval;
        let Some((since, count)) = self.answered.get_mut(to.index()) else { return false };
        if now.since(*since) >= interval || *since == Time::ZERO {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= ANSWERS_MAX
    }

    pub(crate) fn on_status(&mut self, from: NodeId, status: Status, ctx: &mut Ctx<'_, Self>) {
        if from == self.me {
            return;
        }
        self.note_horizon(from, status.decided.next(), ctx);
        if status.decided >= self.decided
            || !self.may_answer(from, ctx.now)
            || broken!(self.config, NoHelpForLaggards)
        {
            return;
        }
        let mut seq = status.decided.next();
        for _ in 0..AHEAD_MAX {
            if let Some(said) = self.past.get(seq).and_then(|past| past.said.clone()) {
                ctx.send(from, Message::Ballot(said)); // L38
            }
            seq = seq.next();
        }
    }
}

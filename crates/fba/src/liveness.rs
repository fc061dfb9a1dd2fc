//! Timers: rounds of nomination, ballots, and saying things again.

use protocol::{Ctx, ViewChangeCause};
use types::{Digest, Duration, NodeId, Seq};

use crate::message::{Message, Status};
use crate::replica::Core;
use crate::slot::Phase;

/// The names of this core's timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// A round of nomination has led to no candidate.
    Nomination,
    /// A ballot that a quorum has come to is not decided.
    Ballot,
    /// Something is outstanding, and maybe lost.
    Retry,
}

impl Core {
    /// The span of an attempt: it grows with every one.
    pub(crate) fn span(&self, base: Duration, attempt: u64) -> Duration {
        base.times(attempt.max(1)).min(self.config.timeout_max)
    }

    pub(crate) fn on_nomination_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.slot.is_timing = false;
        let is_over = !self.slot.candidates.is_empty() || self.slot.phase == Phase::Externalize;
        if is_over || !self.is_active() {
            return;
        }
        if let Some(leader) = self.slot.last_leader.filter(|&leader| leader != self.me) {
            let after = self.span(self.config.nomination_timeout, self.slot.attempts);
            let cause = ViewChangeCause::Silent { leader, after };
            self.cause = Some((self.slot.seq, cause));
        }
        self.next_round(ctx);
        self.nominate(ctx);
        self.say_nomination(ctx);
    }

    pub(crate) fn on_ballot_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        let counter = self.slot.counter();
        if self.slot.phase == Phase::Externalize || counter == 0 {
            return;
        }
        self.slot.timeouts = self.slot.timeouts.saturating_add(1);
        self.slot.is_due = true;
        self.leave_ballot(ctx);
        if self.slot.is_due {
            ctx.set_timer(Timer::Ballot, self.span(self.config.ballot_timeout, counter));
        }
    }

    /// Goes on to the next ballot, where the present one has taken its time.
    pub(crate) fn leave_ballot(&mut self, ctx: &mut Ctx<'_, Self>) {
        let next = self.slot.counter().saturating_add(1);
        if self.slot.is_due && self.bump(next, ctx) {
            self.listen(ctx);
            self.say_pledge(ctx);
        }
    }

    pub(crate) fn arm_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_retrying {
            self.is_retrying = true;
            self.moves_seen = self.moves;
            ctx.set_timer(Timer::Retry, self.config.retry_interval);
        }
    }

    /// Says everything again where nothing has moved for the whole interval; stops where nothing is outstanding (L37).
    pub(crate) fn on_retry_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.is_retrying = false;
        let must_ask = self.asked.is_none();
        if must_ask {
            self.ask(ctx);
        }
        if !self.is_active() && !self.is_behind(1) {
            return;
        }
        if self.moves == self.moves_seen {
            self.repeat(ctx);
            if !must_ask {
                self.ask(ctx);
            }
            self.slot.timeouts = self.slot.timeouts.saturating_add(1);
            let turn = usize::try_from(self.slot.timeouts).unwrap_or(0);
            self.look_again(turn, ctx);
        }
        self.arm_retry(ctx);
    }

    /// Whether so many replicas are more than `slots` ahead that one of them does not lie.
    pub(crate) fn is_behind(&self, slots: u64) -> bool {
        let limit = self.slot.seq.plus(slots - 1);
        let is_ahead = |node: &NodeId| self.horizon.get(node.index()).is_some_and(|&at| at > limit);
        self.sets.blocks(&NodeId::all(self.config.n).filter(is_ahead).collect())
    }

    pub(crate) fn ask(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.asked = Some(self.decided);
        ctx.broadcast(Message::Status(Status { decided: self.decided }));
    }

    pub(crate) fn on_executed(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.executed = self.executed.max(seq.min(self.decided));
        self.is_work_at_hand = true;
        self.finish(done);
        self.nominate(ctx);
        self.say_nomination(ctx);
    }
}

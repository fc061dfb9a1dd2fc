//! Timers: when a backup loses patience with its primary, and what a replica shows of its waiting.

use protocol::{Ctx, Status, ViewChangeCause, Waiting};
use types::{Duration, Seq, Time, View};

use crate::Config;
use crate::replica::{Core, Phase};
use crate::slots::Slot;

/// The names of a replica's timers. Each is set only while there is something to wait for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// The oldest submitted work has waited for the whole view timeout.
    Request,
    /// The new primary has had its time to begin its view.
    ViewChange,
    /// Nothing has moved for a while: say so, and ask for what is missing.
    Retry,
}

/// A primary may let a backup's work wait with nothing on its way for this share of the view timeout ...
const SLOW_SHARE: u64 = 4;
/// ... but not this many proposals in a row (L25).
const SLOW_IN_A_ROW_MAX: u32 = 4;
/// The retry timer slows down to this many times its interval while nothing helps.
const RETRY_BACKOFF_MAX: u64 = 8;

/// What the timers go by.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Views asked for since the last progress.
    pub(crate) attempts: u32,
    is_request_set: bool,
    is_view_change_set: bool,
    is_retry_set: bool,
    /// How long the retry timer runs now.
    retry_after: Duration,
    /// Where things stood when it last ran out.
    seen: (View, Phase, Seq, Seq, Seq),
    /// Since when the primary has owed a proposal: work waits and nothing is on its way.
    owed_since: Option<Time>,
    /// Proposals in a row that came slowly.
    slow_in_a_row: u32,
}

impl Pace {
    pub(crate) const fn new(config: &Config) -> Self {
        Self {
            attempts: 0,
            is_request_set: false,
            is_view_change_set: false,
            is_retry_set: false,
            retry_after: config.retry_interval,
            seen: (View::ZERO, Phase::Normal, Seq::ZERO, Seq::ZERO, Seq::ZERO),
            owed_since: None,
            slow_in_a_row: 0,
        }
    }
}

impl Core {
    /// The view timeout after some fruitless attempts: doubled by each, up to its maximum.
    fn timeout_after(&self, attempts: u32) -> Duration {
        let attempts = if broken!(self.config, TimerConstant) { 0 } else { attempts };
        let factor = 1_u64.checked_shl(attempts).unwrap_or(u64::MAX);
        self.config.view_timeout.times(factor).min(self.config.view_timeout_max)
    }
    /// How long work may wait in this view.
    fn request_timeout(&self) -> Duration {
        self.timeout_after(self.pace.attempts)
    }
    /// How long the new primary has for its NEW-VIEW.
    fn view_change_timeout(&self) -> Duration {
        self.timeout_after(self.pace.attempts.saturating_sub(1))
    }

    /// Times the oldest work, at a backup, in a view that has begun (L24).
    pub(crate) fn arm_request(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.pace.is_request_set || self.phase != Phase::Normal || self.leads() || !self.votes()
        {
            return;
        }
        if let Some(since) = self.pending.oldest() {
            self.pace.is_request_set = true;
            let after = self.request_timeout().us().saturating_sub(ctx.now.since(since).us());
            ctx.set_timer(Timer::Request, Duration::from_us(after));
        }
    }

    /// The timer is not moved whenever work is done; when it runs out, it looks which work is the oldest by then.
    pub(crate) fn on_request_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.pace.is_request_set = false;
        let Some(since) = self.pending.oldest() else { return };
        if self.phase != Phase::Normal || self.leads() {
            return;
        }
        let after = self.request_timeout();
        if ctx.now.since(since) < after {
            return self.arm_request(ctx);
        }
        let leader = self.leader();
        self.leave_view(self.view.next(), ViewChangeCause::Silent { leader, after }, ctx);
    }

    /// Gives the new primary its time, once a quorum waits for it (L29).
    pub(crate) fn arm_view_change(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.pace.is_view_change_set {
            self.pace.is_view_change_set = true;
            ctx.set_timer(Timer::ViewChange, self.view_change_timeout());
        }
    }

    pub(crate) fn on_view_change_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.pace.is_view_change_set = false;
        if self.phase == Phase::ViewChange && !broken!(self.config, LateNewViewBorne) {
            let leader = self.leader();
            self.leave_view(self.view.next(), ViewChangeCause::NewViewLate { leader }, ctx);
        }
    }

    /// Stops the timers of the view that was left, and counts the attempt.
    pub(crate) fn note_left(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.pace.attempts = self.pace.attempts.saturating_add(1);
        self.pace.owed_since = None;
        self.pace.slow_in_a_row = 0;
        if std::mem::take(&mut self.pace.is_request_set) {
            ctx.cancel_timer(Timer::Request);
        }
        if std::mem::take(&mut self.pace.is_view_change_set) {
            ctx.cancel_timer(Timer::ViewChange);
        }
        // What is lost of a view change is repeated at the usual pace, however long the old view had stood still.
        self.pace.retry_after = self.config.retry_interval;
        self.pace.is_retry_set = false;
        self.arm_retry(ctx);
    }

    /// Starts the timers of a view that begins.
    pub(crate) fn note_entered(&mut self, ctx: &mut Ctx<'_, Self>) {
        if std::mem::take(&mut self.pace.is_view_change_set) {
            ctx.cancel_timer(Timer::ViewChange);
        }
        if std::mem::take(&mut self.pace.is_request_set) {
            ctx.cancel_timer(Timer::Request);
        }
        self.pace.owed_since = None;
        self.pace.slow_in_a_row = 0;
        self.pending.restart(ctx.now);
        self.arm_request(ctx);
        self.arm_retry(ctx);
    }

    /// Something was executed: the view is worth the usual patience again (L36).
    pub(crate) fn note_progress(&mut self, ctx: &mut Ctx<'_, Self>) {
        if broken!(self.config, AnyProgressCounts) {
            self.pending.restart(ctx.now);
        }
        if self.pace.attempts > 0 && self.phase == Phase::Normal {
            self.pace.attempts = 0;
            self.pace.is_request_set = false;
            self.arm_request(ctx);
        }
        self.pace.owed_since = None;
        self.note_owed(ctx.now);
    }

    /// From now on the primary owes a proposal, if work waits and nothing is on its way.
    pub(crate) fn note_owed(&mut self, now: Time) {
        let is_owed = !self.pending.is_empty() && self.next <= self.executed.next();
        if is_owed && self.pace.owed_since.is_none() {
            self.pace.owed_since = Some(now);
        }
    }

    /// A proposal came: slow ones are counted, and a primary that makes nothing but slow ones is left (L25).
    pub(crate) fn note_proposed(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Some(since) = self.pace.owed_since.take() else { return };
        if ctx.now.since(since).times(SLOW_SHARE) < self.config.view_timeout {
            self.pace.slow_in_a_row = 0;
            return;
        }
        self.pace.slow_in_a_row += 1;
        if self.pace.slow_in_a_row >= SLOW_IN_A_ROW_MAX
            && !self.leads()
            && !broken!(self.config, SlowPrimaryBorne)
        {
            let (leader, after) = (self.leader(), ctx.now.since(since));
            self.leave_view(self.view.next(), ViewChangeCause::Silent { leader, after }, ctx);
        }
    }

    /// Whether this replica waits for anything at all.
    fn is_outstanding(&self) -> bool {
        !self.pending.is_empty()
            || self.phase == Phase::ViewChange
            || self.next > self.executed.next()
            || self.certified.seq > self.slots.low()
            || self.executed < self.slots.low()
            || self.transfer.is_some()
            || !self.checkpoints.own.is_empty()
    }

    /// Sees to it that a standstill is noticed (L37).
    pub(crate) fn arm_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.pace.is_retry_set && self.is_outstanding() {
            self.pace.is_retry_set = true;
            ctx.set_timer(Timer::Retry, self.pace.retry_after);
        }
    }

    pub(crate) fn on_retry_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.pace.is_retry_set = false;
        let now = (self.view, self.phase, self.decided, self.executed, self.slots.low());
        let is_stuck = self.is_outstanding() && self.pace.seen == now;
        self.pace.seen = now;
        if is_stuck && !broken!(self.config, NoRetransmission) {
            let slower = self.pace.retry_after.times(2);
            self.pace.retry_after = slower.min(self.config.retry_interval.times(RETRY_BACKOFF_MAX));
            self.retry(ctx);
        } else {
            self.pace.retry_after = self.config.retry_interval;
        }
        self.arm_retry(ctx);
    }

    pub(crate) fn describe(&self) -> Status {
        let phase = if self.halted.is_some() {
            "halted"
        } else if self.transfer.is_some() {
            "transfer"
        } else if self.phase == Phase::ViewChange {
            "view-change"
        } else {
            "normal"
        };
        let early = self.early.iter().map(std::collections::VecDeque::len).sum::<usize>();
        Status {
            view: self.view,
            leader: Some(self.leader()),
            voting: self.votes(),
            phase,
            decided: self.decided,
            tentative: None,
            stable: self.slots.low(),
            pending: self.pending.len(),
            log_entries: self.slots.len() + self.checkpoints.len() + early,
            waiting: self.waiting(),
            view_change_cause: self.cause.clone(),
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        let seq = self.decided.next();
        if self.phase == Phase::ViewChange {
            return Some(self.waiting_for_view(seq));
        }
        if self.transfer.is_some() || (self.pending.is_empty() && self.next <= seq) {
            return None;
        }
        let timer = self.pace.is_request_set.then(|| ("request", self.request_timeout()));
        let wait = |phase, have, need| Some(Waiting { seq, phase, have, need, timer });
        let slot = self.slots.get(seq);
        let Some((slot, digest)) = slot.and_then(|slot: &Slot| Some((slot, slot.digest()?))) else {
            return wait("pre-prepare", Vec::new(), 1);
        };
        if !slot.promised {
            return wait("payload", Vec::new(), 1);
        }
        if !slot.is_prepared {
            let mut have = slot.prepares.voters(digest);
            have.push(self.leader());
            have.sort_unstable();
            return wait("prepare", have, self.q);
        }
        wait("commit", slot.commits.voters(digest), self.q)
    }

    fn waiting_for_view(&self, seq: Seq) -> Waiting {
        let votes = self.view_changes.iter().flatten().map(|asked| &asked.vote);
        let have: Vec<_> =
            votes.filter(|vote| vote.statement.view == self.view).map(|vote| vote.signer).collect();
        let phase = if have.len() >= self.q { "new-view" } else { "view-change" };
        let is_set = self.pace.is_view_change_set;
        let timer = is_set.then(|| ("view-change", self.view_change_timeout()));
        Waiting { seq, phase, have, need: self.q, timer }
    }
}

//! Timers: when a replica loses patience, and what it shows of its waiting.

use protocol::{Ctx, Status, ViewChangeCause, Waiting};
use types::{Digest, Duration, Seq, Time};

use crate::replica::{Core, Step};
use crate::rounds::Judged;
use crate::safety::view_of;
use crate::votes::Value;
use crate::{Config, Round};

/// The names of a replica's timers. Each is set only while there is something to wait for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// The proposer has had its time.
    Propose,
    /// A quorum has prevoted, for different values.
    Prevote,
    /// A quorum has precommitted, for different values.
    Precommit,
    /// Nothing has moved for a while: say so, and ask for what is missing.
    Retry,
}

/// In each later round the timeouts grow by this share of the view timeout.
const GROWTH_SHARE: u64 = 2;
/// Stragglers' votes are waited for this share of the view timeout.
const VOTES_SHARE: u64 = 4;
/// The retry timer slows down to this many times its interval while nothing helps.
const RETRY_BACKOFF_MAX: u64 = 8;

/// One of the three timers of a round. It is not cancelled when its round ends: when it runs out early, it is set anew for
/// the rest, or forgotten.
#[derive(Debug, Default)]
struct Alarm {
    /// For which round, and when.
    due: Option<(Round, Time)>,
    /// When the world's timer runs out.
    fires: Option<Time>,
}

/// What the timers go by.
#[derive(Debug)]
pub(crate) struct Pace {
    propose: Alarm,
    prevote: Alarm,
    precommit: Alarm,
    is_retry_set: bool,
    /// How long the retry timer runs now.
    retry_after: Duration,
    /// Where things stood when it last ran out.
    seen: (Seq, Round, Step),
    /// When somebody who is ahead was last asked.
    pub(crate) asked: Option<Time>,
}

impl Pace {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            propose: Alarm::default(),
            prevote: Alarm::default(),
            precommit: Alarm::default(),
            is_retry_set: false,
            retry_after: config.retry_interval,
            seen: (Seq::ZERO, Round::ZERO, Step::Propose),
            asked: None,
        }
    }
    fn alarm(&mut self, timer: Timer) -> &mut Alarm {
        match timer {
            Timer::Propose | Timer::Retry => &mut self.propose,
            Timer::Prevote => &mut self.prevote,
            Timer::Precommit => &mut self.precommit,
        }
    }
}

impl Core {
    /// How long a timer runs in a round.
    fn timeout(&self, timer: Timer, round: Round) -> Duration {
        let base = self.config.view_timeout;
        let first = match timer {
            Timer::Propose | Timer::Retry => base,
            Timer::Prevote | Timer::Precommit => Duration::from_us(base.us() / VOTES_SHARE),
        };
        let rounds = if broken!(self.config, TimeoutsConstant) { 0 } else { round.get() };
        let growth = base.times(rounds.into()).us() / GROWTH_SHARE;
        Duration::from_us(first.us().saturating_add(growth)).min(self.config.view_timeout_max)
    }

    fn arm(&mut self, timer: Timer, ctx: &mut Ctx<'_, Self>) {
        let round = self.round;
        let span = self.timeout(timer, round);
        let at = ctx.now.after(span);
        let alarm = self.pace.alarm(timer);
        alarm.due = Some((round, at));
        if alarm.fires.is_none_or(|fires| fires > at) {
            alarm.fires = Some(at);
            ctx.set_timer(timer, span);
        }
    }

    /// The round that a timer has run out for; none where it was set for later, or for a round that is over.
    fn rung(&mut self, timer: Timer, ctx: &mut Ctx<'_, Self>) -> bool {
        let is_stale_heard = broken!(self.config, StaleTimeoutsHeard);
        let current = self.round;
        let alarm = self.pace.alarm(timer);
        alarm.fires = None;
        let Some((round, at)) = alarm.due else { return is_stale_heard };
        if at > ctx.now && !is_stale_heard {
            alarm.fires = Some(at);
            ctx.set_timer(timer, at.since(ctx.now));
            return false;
        }
        alarm.due = None;
        round == current || is_stale_heard
    }

    /// Lets the timers of the round before run out unheard.
    pub(crate) fn disarm(&mut self) {
        self.pace.propose.due = None;
        self.pace.prevote.due = None;
        self.pace.precommit.due = None;
    }

    /// Whether there is anything to agree on: work, a value that had a polka, or others who wait.
    fn is_work_known(&self) -> bool {
        let others = self.rounds.get(self.round).map_or(0, |state| state.prevotes.power());
        !self.pending.is_empty() || self.valid.is_some() || self.set.has_honest(others)
    }

    /// Times the proposer, once there is work (L12).
    pub(crate) fn arm_propose(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_due = self.step == Step::Propose
            && self.pace.propose.due.is_none()
            && self.is_work_known()
            && self.votes();
        if is_due {
            self.arm(Timer::Propose, ctx);
        }
    }

    /// The proposer has had its time: whoever has not prevoted prevotes nil (L29).
    pub(crate) fn on_propose_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.rung(Timer::Propose, ctx) || self.step != Step::Propose || !self.votes() {
            return;
        }
        // Nobody is to blame while this replica itself has yet to execute what is decided.
        if self.executed.next() < self.seq || !self.is_work_known() {
            return self.arm_propose(ctx);
        }
        if self.cause.is_none() {
            let after = self.timeout(Timer::Propose, self.round);
            self.cause = Some(ViewChangeCause::Silent { leader: self.proposer, after });
        }
        self.say_prevote(Value::NIL, ctx);
        self.advance(self.round, ctx);
    }

    /// Starts the timers for stragglers' votes, each once (L21, L26).
    pub(crate) fn time_votes(&mut self, ctx: &mut Ctx<'_, Self>) {
        let step = self.step;
        let Some(state) = self.rounds.get_mut(self.round) else { return };
        let is_prevote_due = step == Step::Prevote
            && !state.is_prevote_timed
            && self.set.is_quorum(state.prevotes.power());
        state.is_prevote_timed |= is_prevote_due;
        let is_precommit_due =
            !state.is_precommit_timed && self.set.is_quorum(state.precommits.power());
        state.is_precommit_timed |= is_precommit_due;
        if is_prevote_due {
            self.arm(Timer::Prevote, ctx);
        }
        if is_precommit_due {
            self.arm(Timer::Precommit, ctx);
        }
    }

    /// No polka came of a quorum's PREVOTEs: precommit nil (L30).
    pub(crate) fn on_prevote_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.rung(Timer::Prevote, ctx) && self.step == Step::Prevote {
            self.say_precommit(Digest::ZERO, ctx);
            self.advance(self.round, ctx);
        }
    }

    /// No decision came of a quorum's PRECOMMITs: the next round begins (L30).
    pub(crate) fn on_precommit_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.rung(Timer::Precommit, ctx) {
            self.start_round(self.round.next(), ctx);
        }
    }

    /// Somebody has prevoted: there may be work that this replica has not heard of (L12).
    pub(crate) fn wake(&mut self, round: Round, ctx: &mut Ctx<'_, Self>) {
        if round == self.round && self.step == Step::Propose {
            self.arm_propose(ctx);
        }
        self.arm_retry(ctx);
    }

    /// Whether this replica waits for anything at all.
    fn is_outstanding(&self) -> bool {
        !self.pending.is_empty()
            || self.round > Round::ZERO
            || self.early.len() > 0
            || !self.later.is_empty()
            || self.rounds.iter().any(|state| !state.is_silent())
    }

    /// Sees to it that a standstill is noticed (L34).
    pub(crate) fn arm_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.pace.is_retry_set && self.is_outstanding() {
            self.pace.is_retry_set = true;
            ctx.set_timer(Timer::Retry, self.pace.retry_after);
        }
    }

    pub(crate) fn on_retry_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.pace.is_retry_set = false;
        let now = (self.seq, self.round, self.step);
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
        } else if self.round > Round::ZERO {
            "view-change"
        } else {
            "normal"
        };
        let decided = self.seq.previous().unwrap_or_default();
        Status {
            view: view_of(self.seq, self.round),
            leader: Some(self.proposer),
            voting: self.votes(),
            phase,
            decided,
            tentative: None,
            stable: decided,
            pending: self.pending.len(),
            log_entries: self.rounds.len()
                + self.early.len()
                + self.history.len()
                + self.later.len(),
            waiting: self.waiting(),
            view_change_cause: self.cause.clone(),
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        let seq = self.seq;
        let state = self.rounds.get(self.round).filter(|state| !state.is_silent());
        if self.pending.is_empty() && state.is_none() && self.round == Round::ZERO {
            return None;
        }
        let timer = |timer: Timer, name: &'static str, is_set: bool| {
            is_set.then(|| (name, self.timeout(timer, self.round)))
        };
        let proposing = timer(Timer::Propose, "propose", self.pace.propose.due.is_some());
        let wait = |phase, have, need, timer| Some(Waiting { seq, phase, have, need, timer });
        let Some(state) = state else {
            return wait("proposal", Vec::new(), 1, proposing);
        };
        match self.step {
            Step::Propose if state.proposal.is_some() && state.judged == Judged::Open => {
                wait("payload", Vec::new(), 1, proposing)
            }
            Step::Propose if state.proposal.is_none() => wait("proposal", Vec::new(), 1, proposing),
            Step::Propose | Step::Prevote => {
                let have = state.prevotes.voters();
                let need = self.set.need(&have);
                let timer = timer(Timer::Prevote, "prevote", self.pace.prevote.due.is_some());
                wait("prevote", have, need, timer)
            }
            Step::Precommit => {
                let have = state.precommits.voters();
                let need = self.set.need(&have);
                let timer = timer(Timer::Precommit, "precommit", self.pace.precommit.due.is_some());
                wait("precommit", have, need, timer)
            }
        }
    }
}

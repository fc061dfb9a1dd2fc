//! From ballot to ballot: following others, timing out, and what the next one is for.

use protocol::Ctx;
use types::Digest;

use crate::liveness::Timer;
use crate::pledge::Ballot;
use crate::replica::Core;
use crate::slot::Phase;

impl Core {
    /// Follows a blocking set to the lowest ballot that leaves none ahead (L28).
    pub(crate) fn is_left_behind(&mut self, ctx: &mut Ctx<'_, Self>) -> bool {
        if self.slot.phase == Phase::Externalize || broken!(self.config, NeverBumped) {
            return false;
        }
        let above = |counter: u64| self.slot.pledging(|pledge| pledge.counter() > counter);
        let counter = self.slot.counter();
        if !self.sets.blocks(&above(counter)) {
            return false;
        }
        let pledges = self.slot.pledges.iter().flatten();
        let mut counters: Vec<u64> = pledges
            .map(|said| said.statement.pledge.counter())
            .filter(|&at| at > counter)
            .collect();
        counters.sort_unstable();
        let target = counters.into_iter().find(|&at| !self.sets.blocks(&above(at)));
        target.is_some_and(|target| self.bump(target, ctx))
    }

    /// Begins the first ballot with what the candidates come to (L16).
    pub(crate) fn start_ballot(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.slot.ballot.is_none() && self.slot.phase == Phase::Prepare && self.bump(1, ctx) {
            self.listen(ctx);
            self.say_pledge(ctx);
        }
    }

    /// Moves to a ballot, where its value may be voted for (L29).
    pub(crate) fn bump(&mut self, counter: u64, ctx: &mut Ctx<'_, Self>) -> bool {
        let Some(value) = self.next_value() else { return false };
        let ballot = Ballot::new(counter, value);
        let slot = &*self.slot;
        let is_locked_on_other = slot.commit.is_some_and(|commit| commit.value != value)
            && !broken!(self.config, LockForgotten);
        if is_locked_on_other || slot.ballot.is_some_and(|current| current >= ballot) {
            return false;
        }
        if slot.phase == Phase::Prepare && !self.may_vote(&value, ctx) {
            return false;
        }
        if broken!(self.config, LockForgotten) && self.slot.phase == Phase::Prepare {
            self.slot.commit = None;
        }
        self.slot.ballot = Some(ballot);
        self.slot.is_due = false;
        self.moves += 1;
        true
    }

    /// The value of the next ballot: what is confirmed prepared, else what the candidates come to, else what is accepted as
    /// prepared (L29). The candidates go first because they become the same everywhere, while one liar can make a
    /// single replica accept a ballot and leave it alone with it.
    fn next_value(&self) -> Option<Digest> {
        let slot = &*self.slot;
        let of = |ballot: Option<Ballot>| ballot.map(|ballot| ballot.value);
        let fresh = self.composite().or(of(slot.ballot));
        if slot.phase == Phase::Prepare && broken!(self.config, LockForgotten) {
            return fresh;
        }
        of(slot.high).or(self.composite()).or(of(slot.prepared)).or(fresh)
    }

    /// Lets the ballot timer run while a quorum has come to the ballot (L30).
    pub(crate) fn listen(&mut self, ctx: &mut Ctx<'_, Self>) {
        let counter = self.slot.counter();
        if self.slot.phase == Phase::Externalize || counter == self.slot.heard {
            return;
        }
        let is_heard = self.ratifies(self.slot.pledging(|pledge| pledge.is_at(counter)));
        if is_heard || broken!(self.config, TimerWithoutQuorum) {
            self.slot.heard = counter;
            ctx.set_timer(Timer::Ballot, self.span(self.config.ballot_timeout, counter));
        } else if self.slot.heard != 0 {
            self.slot.heard = 0;
            ctx.cancel_timer(Timer::Ballot);
        }
    }

    /// Whether a value may be voted for: the application has called it valid. Asks, where that is not known.
    pub(crate) fn may_vote(&mut self, value: &Digest, ctx: &mut Ctx<'_, Self>) -> bool {
        let is_free = !self.config.voting || broken!(self.config, PayloadUnchecked);
        if is_free || self.slot.is_valid(value) {
            return true;
        }
        self.need(value, None, ctx);
        false
    }
}

//! Ballots: prepare one, confirm it, externalise its value, each by federated voting.

use crypto::{Signed, Verified};
use protocol::{Ctx, Reject};
use types::{Digest, NodeId};

use crate::message::Message;
use crate::nodes::Nodes;
use crate::pledge::{Ballot, Balloting, Pledge};
use crate::replica::Core;
use crate::sets::ALONE;
use crate::slot::Phase;

impl Core {
    pub(crate) fn on_pledge(
        &mut self,
        message: &Verified<Message>,
        said: &Signed<Balloting>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let (signer, Balloting { seq, quorum_set, pledge }) = (said.signer, said.statement);
        if !pledge.is_sane() {
            return ctx.reject(signer, Reject::Malformed);
        }
        let set = match pledge {
            Pledge::Externalize(_) => Some(ALONE),
            Pledge::Prepare(_) | Pledge::Confirm(_) => self.sets.find(&quorum_set),
        };
        let Some(set) = set else { return self.hold(message, signer, quorum_set, ctx) };
        let Some(slot) = self.slot_mut(seq) else { return };
        slot.is_touched = true;
        if let Some(earlier) = slot.pledges.get(signer.index()).and_then(Option::as_ref) {
            if earlier.statement == said.statement {
                return;
            }
            let is_newer = pledge.is_newer_than(&earlier.statement.pledge);
            let earlier = earlier.clone();
            if self.accuse_pledger(&earlier, said, ctx) {
                return; // L40
            }
            if !is_newer && !broken!(self.config, OlderStatementsCount) {
                return;
            }
        }
        let Some(slot) = self.slot_mut(seq) else { return };
        slot.pledges[signer.index()] = Some(said.clone());
        slot.pledge_sets[signer.index()] = set;
        if seq == self.slot.seq {
            self.heard_pledge(signer, ctx);
            self.nominate(ctx);
            self.settle(ctx);
        }
    }

    /// What one replica's pledge changes (L22).
    pub(crate) fn heard_pledge(&mut self, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        if self.slot.phase == Phase::Externalize {
            return;
        }
        let Some(pledge) = self.slot.pledge(from).copied() else { return };
        self.gather(&pledge);
        let mut has_moved = self.accept_prepared();
        has_moved |= self.confirm_prepared(ctx);
        has_moved |= self.accept_commit(&pledge);
        has_moved |= self.confirm_commit(&pledge);
        while self.is_left_behind(ctx) {
            has_moved = true;
        }
        self.listen(ctx);
        if has_moved {
            self.moves += 1;
            self.say_pledge(ctx);
        }
    }

    /// Collects the ballots about which a pledge may have changed something, highest first.
    fn gather(&mut self, pledge: &Pledge) {
        let tops = match pledge {
            Pledge::Prepare(_) => pledge.ballots(),
            Pledge::Confirm(_) | Pledge::Externalize(_) => {
                [Some(Ballot::new(u64::MAX, pledge.value())), None, None]
            }
        };
        let mut ballots = std::mem::take(&mut self.scratch);
        ballots.clear();
        for said in self.slot.pledges.iter().flatten() {
            for ballot in said.statement.pledge.ballots().into_iter().flatten() {
                let is_below = tops.iter().flatten().any(|top| ballot.is_below_same(top));
                if is_below && ballot.counter > 0 && !ballots.contains(&ballot) {
                    ballots.push(ballot);
                }
            }
        }
        ballots.sort_unstable_by(|a, b| b.cmp(a));
        self.scratch = ballots;
    }

    /// L23
    fn accept_prepared(&mut self) -> bool {
        let mut has_moved = false;
        for at in 0..self.scratch.len() {
            let ballot = self.scratch[at];
            let slot = &*self.slot;
            let is_old = slot.prepared_prime.is_some_and(|prime| ballot <= prime)
                || slot.prepared.is_some_and(|prepared| ballot.is_below_same(&prepared));
            let is_off = slot.phase == Phase::Confirm
                && !slot.prepared.is_none_or(|prepared| prepared.is_below_same(&ballot));
            if is_old || is_off {
                continue;
            }
            let accepted = slot.pledging(|pledge| pledge.accepts_prepared(&ballot));
            let voted = slot.pledging(|pledge| pledge.votes_prepared(&ballot));
            if self.sets.accepts(&voted, &accepted, &slot.pledge_sets) {
                has_moved |= self.set_prepared(ballot);
            }
        }
        has_moved
    }

    fn set_prepared(&mut self, ballot: Ballot) -> bool {
        let slot = &mut *self.slot;
        match slot.prepared {
            None => slot.prepared = Some(ballot),
            Some(prepared) if prepared < ballot => {
                if prepared.value != ballot.value {
                    slot.prepared_prime = Some(prepared);
                }
                slot.prepared = Some(ballot);
            }
            Some(prepared) => {
                let is_higher = slot.prepared_prime.is_none_or(|prime| prime < ballot);
                if prepared.value == ballot.value || !is_higher {
                    return false;
                }
                slot.prepared_prime = Some(ballot);
            }
        }
        // L24: what is accepted as aborted is not voted to be committed any more.
        if slot.high.is_some_and(|high| self.is_aborted(&high)) && self.slot.phase == Phase::Prepare
        {
            self.slot.commit = None;
        }
        true
    }

    fn is_aborted(&self, ballot: &Ballot) -> bool {
        let aborts = |top: Option<Ballot>| top.is_some_and(|top| ballot.is_below_other(&top));
        aborts(self.slot.prepared) || aborts(self.slot.prepared_prime)
    }

    pub(crate) fn ratifies(&self, nodes: Nodes) -> bool {
        self.sets.is_quorum(nodes, &self.slot.pledge_sets)
    }
    fn is_prepared(&self, ballot: &Ballot) -> bool {
        self.ratifies(self.slot.pledging(|pledge| pledge.accepts_prepared(ballot)))
    }

    /// L25
    fn confirm_prepared(&mut self, ctx: &mut Ctx<'_, Self>) -> bool {
        if self.slot.phase != Phase::Prepare || self.slot.prepared.is_none() {
            return false;
        }
        let known = self.slot.high;
        let higher =
            self.scratch.iter().take_while(|ballot| known.is_none_or(|high| high < **ballot));
        let Some(high) = higher.copied().find(|ballot| self.is_prepared(ballot)) else {
            return false;
        };
        let is_committing_other = self.slot.commit.is_some_and(|commit| commit.value != high.value);
        if is_committing_other || !self.may_vote(&high.value, ctx) {
            return false;
        }
        let current = self.slot.ballot;
        if self.slot.commit.is_none() && !self.is_aborted(&high) {
            let lower = self.scratch.iter().filter(|ballot| ballot.is_below_same(&high));
            let from_current = lower.take_while(|ballot| current.is_none_or(|b| **ballot >= b));
            let prepared = from_current.take_while(|ballot| self.is_prepared(ballot));
            self.slot.commit = prepared.last().copied();
        }
        self.slot.high = Some(high);
        self.slot.ballot = current.max(Some(high));
        true
    }

    /// L26
    fn accept_commit(&mut self, pledge: &Pledge) -> bool {
        let value = pledge.value();
        let is_other = self.slot.phase == Phase::Confirm
            && self.slot.commit.is_some_and(|commit| commit.value != value);
        if pledge.commit_bounds().is_none() || is_other {
            return false;
        }
        let interval = self.widest(&value, |low, high| {
            let accepted = self.slot.pledging(|pledge| pledge.accepts_commit(&value, low, high));
            let voted = self.slot.pledging(|pledge| pledge.votes_commit(&value, low, high));
            self.sets.accepts(&voted, &accepted, &self.slot.pledge_sets)
        });
        let Some((low, high)) = interval else { return false };
        let slot = &mut *self.slot;
        let is_known = slot.high.is_some_and(|known| known.counter >= high);
        if slot.phase == Phase::Confirm && is_known {
            return false;
        }
        let top = Ballot::new(high, value);
        slot.phase = Phase::Confirm;
        slot.commit = Some(Ballot::new(low, value));
        slot.high = Some(top);
        slot.prepared_prime = None;
        slot.prepared = slot.prepared.filter(|prepared| top.is_below_same(prepared)).or(Some(top));
        slot.ballot = slot.ballot.filter(|ballot| top.is_below_same(ballot)).or(Some(top));
        if broken!(self.config, AcceptedIsConfirmed) {
            slot.phase = Phase::Externalize;
        }
        true
    }

    /// L27
    fn confirm_commit(&mut self, pledge: &Pledge) -> bool {
        let value = pledge.value();
        let is_mine = self.slot.commit.is_some_and(|commit| commit.value == value);
        if self.slot.phase != Phase::Confirm || !is_mine || pledge.commit_bounds().is_none() {
            return false;
        }
        let interval = self.widest(&value, |low, high| {
            self.ratifies(self.slot.pledging(|pledge| pledge.accepts_commit(&value, low, high)))
        });
        let Some((low, high)) = interval else { return false };
        self.slot.commit = Some(Ballot::new(low, value));
        self.slot.high = Some(Ballot::new(high, value));
        self.slot.phase = Phase::Externalize;
        true
    }

    /// The highest and then widest interval of counters that has a property, of those that pledges for a value name.
    fn widest(&self, value: &Digest, has: impl Fn(u64, u64) -> bool) -> Option<(u64, u64)> {
        let mut bounds: Vec<u64> = Vec::with_capacity(8);
        for said in self.slot.pledges.iter().flatten() {
            let pledge = &said.statement.pledge;
            let of_value = Some(pledge).filter(|pledge| pledge.value() == *value);
            if let Some((low, high)) = of_value.and_then(Pledge::commit_bounds) {
                for bound in [low, high] {
                    if !bounds.contains(&bound) {
                        bounds.push(bound);
                    }
                }
            }
        }
        bounds.sort_unstable_by(|a, b| b.cmp(a));
        let mut found: Option<(u64, u64)> = None;
        for low in bounds {
            let high = found.map_or(low, |(_, high)| high);
            if has(low, high) {
                found = Some((low, high));
            } else if found.is_some() {
                break;
            }
        }
        found
    }
}

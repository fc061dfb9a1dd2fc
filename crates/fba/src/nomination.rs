//! Nomination: from waiting work to a value that all can start a ballot with.

use crypto::Verified;
use protocol::{Call, Ctx, Payload, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::leaders::grow;
use crate::liveness::Timer;
use crate::message::{Message, Nominate, Value};
use crate::nodes::Nodes;
use crate::pledge::{NOMINATED_MAX, Nomination};
use crate::replica::Core;
use crate::slot::{Held, Phase, Verdict, has, nomination_of, put};

/// Most pieces of waiting work that are remembered.
const PENDING_MAX: usize = 4_096;
/// Most values of one proposer that are kept for a slot, and most of a leader's values that are asked about.
const VALUES_EACH_MAX: usize = 2;

/// Whether every value of `older` is in `newer` too.
pub(crate) fn includes(newer: &Nomination, older: &Nomination) -> bool {
    older.votes.iter().all(|vote| has(&newer.votes, vote))
        && older.accepted.iter().all(|value| has(&newer.accepted, value))
}

impl Core {
    pub(crate) fn on_submit(&mut self, work: Digest, ctx: &mut Ctx<'_, Self>) {
        if self.pending.len() < PENDING_MAX && self.pending.insert(work) {
            self.is_work_at_hand = true;
            self.nominate(ctx);
            self.say_nomination(ctx);
        }
    }

    /// Begins or goes on with nomination where work waits, or somebody else has begun (L7).
    pub(crate) fn nominate(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_started || self.slot.phase == Phase::Externalize || !self.is_active() {
            return;
        }
        self.arm_retry(ctx);
        if self.slot.candidates.is_empty() {
            if self.slot.round == 0 {
                self.next_round(ctx);
            } else if !self.slot.is_timing {
                self.time_round(ctx);
            }
            self.lead(ctx);
        }
    }

    /// Adds a leader, and waits for the values of all leaders so far (L8).
    pub(crate) fn next_round(&mut self, ctx: &mut Ctx<'_, Self>) {
        let slot = &mut *self.slot;
        slot.attempts = slot.attempts.saturating_add(1);
        if !broken!(self.config, FollowsOnce) {
            slot.followed = Nodes::NONE;
        }
        if slot.round == 0 || !broken!(self.config, LeadersNeverGrow) {
            let from = slot.round.saturating_add(1);
            let reached = grow(&mut slot.leaders, slot.seq, from, self.me, self.sets.mine());
            (slot.round, slot.last_leader) = (reached.0, Some(reached.1));
        }
        self.time_round(ctx);
        self.follow_all(ctx);
    }

    fn time_round(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.slot.is_timing = true;
        let span = self.span(self.config.nomination_timeout, self.slot.attempts);
        ctx.set_timer(Timer::Nomination, span);
    }

    /// A leader votes for a value that is at hand, or has one built (L9).
    fn lead(&mut self, ctx: &mut Ctx<'_, Self>) {
        let slot = &*self.slot;
        if !self.votes() || !slot.leaders.contains(self.me) || !slot.votes.is_empty() {
            return;
        }
        let valid = slot.values.iter().filter(|held| held.verdict == Verdict::Valid);
        if let Some(digest) = valid.map(|held| held.value.digest()).max() {
            self.vote(digest);
            return;
        }
        let is_ready = self.executed == self.decided && !slot.is_building;
        if is_ready && self.is_work_at_hand && !self.pending.is_empty() {
            let seq = slot.seq;
            self.slot.is_building = true;
            ctx.call(Call::Build { view: View::new(seq.get()), seq });
        }
    }

    pub(crate) fn on_built(
        &mut self,
        view: View,
        seq: Seq,
        payload: Option<Payload>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let is_late = view.get() != seq.get() || seq != self.slot.seq || !self.slot.is_building;
        if is_late {
            return;
        }
        self.slot.is_building = false;
        let Some(payload) = payload else {
            self.is_work_at_hand = false; // L11
            return;
        };
        if !self.votes() || !self.slot.candidates.is_empty() || !self.slot.votes.is_empty() {
            return;
        }
        let value = Value::new(self.me, payload);
        let digest = value.digest();
        if self.slot.held(&digest).is_none() {
            self.slot.values.push(Held { value, verdict: Verdict::Valid, is_kept: false });
        }
        self.vote(digest);
        self.say_nomination(ctx);
    }

    fn vote(&mut self, digest: Digest) {
        if self.slot.votes.len() < NOMINATED_MAX && put(&mut self.slot.votes, digest) {
            self.moves += 1;
        }
    }

    pub(crate) fn on_nominate(
        &mut self,
        message: &Verified<Message>,
        nominate: &Nominate,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let (signer, said) = (nominate.said.signer, &nominate.said.statement);
        if let Some(value) = &nominate.value {
            let digest = value.digest();
            let is_named = has(&said.votes, &digest) || has(&said.accepted, &digest);
            if value.proposer() != signer || !is_named {
                return ctx.reject(signer, Reject::BadPayload);
            }
        }
        let Some(set) = self.sets.find(&said.quorum_set) else {
            return self.hold(message, signer, said.quorum_set, ctx);
        };
        let Some(slot) = self.slot_mut(said.seq) else { return };
        slot.is_touched = true;
        if let Some(earlier) = slot.nomination(signer) {
            let earlier = earlier.clone();
            let is_older = includes(&earlier.statement, said);
            if !is_older && !includes(said, &earlier.statement) {
                return self.accuse_nominator(&earlier, &nominate.said, ctx); // L40
            }
            if is_older && !broken!(self.config, OlderStatementsCount) {
                // It may have come again for its value alone.
                self.learn_value(said.seq, nominate, ctx);
                return self.settle(ctx);
            }
        }
        let Some(slot) = self.slot_mut(said.seq) else { return };
        slot.nominations[signer.index()] = Some(message.clone());
        slot.nomination_sets[signer.index()] = set;
        self.learn_value(said.seq, nominate, ctx);
        if said.seq == self.slot.seq {
            self.heard_nomination(signer, ctx);
            self.nominate(ctx);
            self.say_nomination(ctx);
            self.settle(ctx);
        }
    }

    /// Keeps the value that a nomination carries, for this slot and the next.
    fn learn_value(&mut self, seq: Seq, nominate: &Nominate, ctx: &mut Ctx<'_, Self>) {
        let Some(value) = &nominate.value else { return };
        if seq > self.slot.seq.next() {
            return;
        }
        let Some(slot) = self.slot_mut(seq) else { return };
        let same = slot.values.iter().filter(|held| held.value.proposer() == value.proposer());
        let is_full = same.count() >= VALUES_EACH_MAX;
        let is_wanted = slot.wanted.iter().any(|(digest, _)| *digest == value.digest());
        if slot.held(&value.digest()).is_none() && (!is_full || is_wanted) {
            let value = value.clone();
            self.take_value(seq, value, ctx);
        }
    }

    /// What one replica's NOMINATE changes.
    pub(crate) fn heard_nomination(&mut self, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        let Some(message) = self.slot.nominations.get(from.index()).cloned().flatten() else {
            return;
        };
        let Some(said) = nomination_of(&message) else { return };
        let said = &said.statement;
        for value in said.votes.iter().chain(&said.accepted) {
            self.accept_nominated(value); // L13
        }
        for value in &said.accepted {
            self.confirm_nominated(value, ctx); // L14
        }
        self.follow(from, ctx);
    }

    fn accept_nominated(&mut self, value: &Digest) {
        let slot = &*self.slot;
        if has(&slot.accepted, value) || slot.accepted.len() >= NOMINATED_MAX {
            return;
        }
        let accepted = slot.nominating(|said| has(&said.accepted, value));
        let voted = slot.nominating(|said| has(&said.votes, value));
        if self.sets.accepts(&voted, &accepted, &slot.nomination_sets) {
            put(&mut self.slot.accepted, *value);
            self.moves += 1;
        }
    }

    fn confirm_nominated(&mut self, value: &Digest, ctx: &mut Ctx<'_, Self>) {
        let slot = &*self.slot;
        if slot.candidates.contains(value) || slot.candidates.len() >= NOMINATED_MAX {
            return;
        }
        let accepted = slot.nominating(|said| has(&said.accepted, value));
        if self.sets.is_quorum(accepted, &slot.nomination_sets) {
            if slot.is_timing {
                self.slot.is_timing = false;
                ctx.cancel_timer(Timer::Nomination);
            }
            self.slot.candidates.push(*value);
            self.moves += 1;
            self.start_ballot(ctx); // L16
        }
    }

    /// Votes for one more value of a leader in each round, once there is one that the application calls valid; not
    /// once there is a candidate (L12). One value in all would not do: leaders that followed each other in a circle
    /// could then all stand with values that only some of the others have voted for.
    fn follow(&mut self, leader: NodeId, ctx: &mut Ctx<'_, Self>) {
        let slot = &*self.slot;
        let is_over = !slot.candidates.is_empty() && !broken!(self.config, VotesAfterCandidate);
        let is_leader = slot.leaders.contains(leader) && !slot.followed.contains(leader);
        if !self.votes() || is_over || !is_leader || leader == self.me {
            return;
        }
        let Some(said) = slot.nomination(leader) else { return };
        let list = if said.statement.accepted.is_empty() {
            &said.statement.votes
        } else {
            &said.statement.accepted
        };
        let others = list.iter().rev().filter(|value| !has(&slot.votes, value));
        let mut best = others.clone().filter(|value| self.may_nominate(value));
        if let Some(value) = best.next().copied() {
            self.slot.followed.insert(leader);
            return self.vote(value);
        }
        let unknown: Vec<Digest> =
            others.filter(|value| !slot.is_invalid(value)).take(VALUES_EACH_MAX).copied().collect();
        for value in unknown {
            self.need(&value, Some(leader), ctx);
        }
    }

    fn may_nominate(&self, value: &Digest) -> bool {
        self.slot.is_valid(value)
            || (broken!(self.config, PayloadUnchecked) && self.slot.held(value).is_some())
    }

    pub(crate) fn follow_all(&mut self, ctx: &mut Ctx<'_, Self>) {
        let leaders = self.slot.leaders;
        for leader in leaders.iter() {
            self.follow(leader, ctx);
        }
    }

    /// Whether there is a reason to be awake: somebody spoke of the slot, or work waits for it.
    pub(crate) fn is_active(&self) -> bool {
        let is_work_known = self.is_work_at_hand && self.executed == self.decided;
        self.slot.is_touched || (is_work_known && !self.pending.is_empty())
    }

    /// What all candidates together come to: the one with the highest digest (L16).
    pub(crate) fn composite(&self) -> Option<Digest> {
        let mut usable =
            self.slot.candidates.iter().copied().filter(|value| !self.slot.is_invalid(value));
        if broken!(self.config, FirstCandidateTaken) { usable.next() } else { usable.max() }
    }
}

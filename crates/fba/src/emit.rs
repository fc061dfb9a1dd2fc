//! What is said: durable first, and only where it is new.

use protocol::{Ctx, Decision};
use types::{Digest, NodeId, View};

use crate::Record;
use crate::liveness::Timer;
use crate::message::{Message, Nominate};
use crate::past::Past;
use crate::pledge::{Balloting, Confirm, Externalize, Nomination, Pledge, Prepare};
use crate::record::{Kept, Pledged, Recovered};
use crate::replica::Core;
use crate::slot::{Held, Phase, Slot, Verdict, has};

impl Core {
    /// Broadcasts the nomination where it has grown (L17).
    pub(crate) fn say_nomination(&mut self, ctx: &mut Ctx<'_, Self>) {
        let slot = &*self.slot;
        let said = slot.said_nomination.as_ref().map(|said| &said.statement);
        let is_empty = slot.votes.is_empty() && slot.accepted.is_empty();
        let is_same =
            said.is_some_and(|said| said.votes == slot.votes && said.accepted == slot.accepted);
        if is_empty || is_same || !self.votes() || slot.phase == Phase::Externalize {
            return;
        }
        let is_said = |digest: &Digest| said.is_some_and(|said| has(&said.votes, digest));
        let mut values = slot.values.iter().map(|held| &held.value);
        let mut own = values.by_ref().filter(|value| value.proposer() == self.me);
        let value =
            own.find(|value| has(&slot.votes, &value.digest()) && !is_said(&value.digest()));
        let value = value.cloned();
        let signed = ctx.sign(Nomination {
            seq: slot.seq,
            quorum_set: self.sets.my_digest(),
            votes: slot.votes.clone(),
            accepted: slot.accepted.clone(),
        });
        for at in 0..self.slot.votes.len() {
            let digest = self.slot.votes[at];
            self.keep(&digest, ctx);
        }
        if !broken!(self.config, NominationNotPersisted) {
            ctx.persist(Record::Nominated(signed.clone()));
        }
        self.slot.said_nomination = Some(signed.clone());
        ctx.broadcast(Message::Nominate(Nominate { said: signed, value }));
    }

    /// Writes a value down, once.
    fn keep(&mut self, digest: &Digest, ctx: &mut Ctx<'_, Self>) {
        let seq = self.slot.seq;
        if let Some(held) = self.slot.held_mut(digest).filter(|held| !held.is_kept) {
            held.is_kept = true;
            ctx.persist(Record::Value(Kept { seq, value: held.value.clone() }));
        }
    }

    /// Broadcasts where this replica stands in the ballots (L31).
    pub(crate) fn say_pledge(&mut self, ctx: &mut Ctx<'_, Self>) {
        let Some(pledge) = self.pledge() else { return };
        let is_newer =
            self.slot.said.as_ref().is_none_or(|said| pledge.is_newer_than(&said.statement.pledge));
        if !is_newer || !self.votes() {
            return;
        }
        self.keep(&pledge.value(), ctx);
        let (seq, quorum_set) = (self.slot.seq, self.sets.my_digest());
        let said = ctx.sign(Balloting { seq, quorum_set, pledge });
        if !broken!(self.config, BallotNotPersisted) {
            let high = self.slot.high;
            ctx.persist(Record::Pledged(Pledged { said: said.clone(), high }));
        }
        self.slot.said = Some(said.clone());
        ctx.broadcast(Message::Ballot(said));
    }

    fn pledge(&self) -> Option<Pledge> {
        let slot = &*self.slot;
        let ballot = slot.ballot?;
        let counter = |ballot: Option<crate::Ballot>| ballot.map_or(0, |ballot| ballot.counter);
        Some(match slot.phase {
            Phase::Prepare => Pledge::Prepare(Prepare {
                ballot,
                prepared: slot.prepared,
                prepared_prime: slot.prepared_prime,
                commit: counter(slot.commit),
                high: counter(slot.high.filter(|high| high.value == ballot.value)),
            }),
            Phase::Confirm => Pledge::Confirm(Confirm {
                ballot,
                prepared: counter(slot.prepared),
                commit: counter(slot.commit),
                high: counter(slot.high),
            }),
            Phase::Externalize => {
                Pledge::Externalize(Externalize { commit: slot.commit?, high: counter(slot.high) })
            }
        })
    }

    /// Hands over what is decided, and goes on to the next slot, as far as that goes (L33).
    pub(crate) fn settle(&mut self, ctx: &mut Ctx<'_, Self>) {
        while let Some(digest) = self.slot.outcome() {
            if self.slot.held(&digest).is_none() {
                self.need(&digest, None, ctx); // L34
                return;
            }
            self.keep(&digest, ctx);
            self.decide(&digest, ctx);
            self.turn(ctx);
        }
        self.ask_if_behind(ctx);
    }

    fn decide(&mut self, digest: &Digest, ctx: &mut Ctx<'_, Self>) {
        let slot = &*self.slot;
        let Some(value) = slot.held(digest).map(|held| held.value.clone()) else { return };
        let (seq, said) = (slot.seq, slot.said.clone());
        let (view, payload) = (View::new(seq.get()), Some(value.payload().clone()));
        self.decided = seq;
        self.past.push(Past { seq, value, said });
        ctx.decide(Decision { view, seq, payload, commits: crypto::Signatures::new() });
        if self.slot.is_timing {
            ctx.cancel_timer(Timer::Nomination);
        }
        if self.slot.heard != 0 {
            ctx.cancel_timer(Timer::Ballot);
        }
        let next = self.ahead.pop_front().flatten();
        self.slot = next.unwrap_or_else(|| Box::new(Slot::new(seq.next(), self.config.n)));
        if self.past.is_worn() {
            ctx.compact(self.records()); // L43
        }
    }

    /// Enters a slot: what was promised in it before a crash, then what others have said of it (L36).
    pub(crate) fn enter(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.turn(ctx);
        self.settle(ctx);
    }

    fn turn(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.moves += 1;
        if let Some(recovered) = self.recovered.remove(&self.slot.seq) {
            self.restore(recovered, ctx);
        }
        if self.slot.is_touched {
            for node in NodeId::all(self.config.n) {
                self.heard_nomination(node, ctx);
                self.heard_pledge(node, ctx);
            }
        }
        self.nominate(ctx);
        self.say_nomination(ctx);
    }

    /// Puts back what the log holds of a slot, and says it again with the same bytes (L46).
    fn restore(&mut self, recovered: Recovered, ctx: &mut Ctx<'_, Self>) {
        let slot = &mut *self.slot;
        slot.is_touched = true;
        for value in recovered.values {
            // What was voted for was valid; what was only kept for its decision needs no verdict.
            slot.values.push(Held { value, verdict: Verdict::Valid, is_kept: true });
        }
        if let Some(said) = recovered.nominated {
            slot.votes.clone_from(&said.statement.votes);
            slot.accepted.clone_from(&said.statement.accepted);
            slot.said_nomination = Some(said);
        }
        if let Some(Pledged { said, high }) = recovered.pledged {
            slot.high = high;
            match said.statement.pledge {
                Pledge::Prepare(pledge) => {
                    slot.ballot = Some(pledge.ballot);
                    slot.prepared = pledge.prepared;
                    slot.prepared_prime = pledge.prepared_prime;
                    let commit = crate::Ballot::new(pledge.commit, pledge.ballot.value);
                    slot.commit = Some(commit).filter(|commit| commit.counter > 0);
                }
                Pledge::Confirm(pledge) => {
                    let at = |counter| Some(crate::Ballot::new(counter, pledge.ballot.value));
                    slot.phase = Phase::Confirm;
                    slot.ballot = Some(pledge.ballot);
                    slot.prepared = at(pledge.prepared);
                    (slot.commit, slot.high) = (at(pledge.commit), at(pledge.high));
                }
                Pledge::Externalize(pledge) => {
                    let at = |counter| Some(crate::Ballot::new(counter, pledge.commit.value));
                    slot.phase = Phase::Externalize;
                    slot.commit = Some(pledge.commit);
                    (slot.ballot, slot.high) = (at(pledge.high), at(pledge.high));
                }
            }
            slot.said = Some(said);
        }
        self.repeat(ctx);
        self.arm_retry(ctx);
    }

    /// Says everything about the present slot once more.
    pub(crate) fn repeat(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.votes() {
            return;
        }
        if let Some(said) = self.slot.said_nomination.clone() {
            let mut values = self.slot.values.iter().map(|held| &held.value);
            let own = values.find(|value| {
                value.proposer() == self.me && has(&said.statement.votes, &value.digest())
            });
            let value = own.cloned();
            ctx.broadcast(Message::Nominate(Nominate { said, value }));
        }
        if let Some(said) = self.slot.said.clone() {
            ctx.broadcast(Message::Ballot(said));
        }
    }
}

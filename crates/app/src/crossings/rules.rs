//! A crossing's life: it begins, it arrives or it does not, and it ends.

use ledger::{EntryProof, Refusal, StateTree, TxView};
use types::ChainId;

use super::arguments::Request;
use super::proofs::{check, entry, origin};
use super::{
    ARRIVALS_MAX, Arrival, Crossing, Crossings, Ends, Fate, KEPT, LIFE_US_MAX, OPEN_MAX, Return,
    Send, Sent, arrival, arrival_key, ends, ends_key, sent, sent_key,
};
use crate::BlockContext;
use crate::argument::keep;

type Told = (&'static str, String);

impl Crossings {
    pub(super) fn step(
        &self,
        tx: &TxView<'_>,
        request: Request,
        block: &BlockContext<'_>,
        state: &mut StateTree,
    ) -> Result<Told, Refusal> {
        match request {
            Request::Connect(wish) => self.connect(tx, &wish, block, state),
            Request::Follow(proof) => self.follow(&proof, state),
            Request::Send(wish) => send(tx, wish, block, state),
            Request::Receive(proof) => self.receive(tx.chain, &proof, block, state),
            Request::Acknowledge(proof) => acknowledge(tx.chain, &proof, state),
            Request::Return(wish) => self.give_back(tx.chain, &wish, state),
            Request::Forget(proof) => forget(tx.chain, &proof, state),
        }
    }

    /// C4: what began on another chain arrives here, once, and before its deadline.
    fn receive(
        &self,
        me: ChainId,
        proof: &EntryProof,
        block: &BlockContext<'_>,
        state: &mut StateTree,
    ) -> Result<Told, Refusal> {
        let (from, known) = origin(proof, state)?;
        let number = number_in(proof)?;
        let sent: Sent = entry(proof, &sent_key(me, number))?.ok_or(Refusal::CrossingUnknown)?;
        let mut ends = ends(state, from).ok_or(Refusal::CounterpartUnknown)?;
        if number < ends.forgotten || arrival(state, from, number).is_some() {
            return Err(Refusal::CrossingArrived);
        }
        if sent.fate != Fate::Open {
            return Err(Refusal::CrossingSettled);
        }
        if block.time >= sent.crossing.deadline && !broken!(self, LateArrival) {
            return Err(Refusal::CrossingLate);
        }
        if number - ends.forgotten >= ARRIVALS_MAX {
            return Err(Refusal::CrossingsFull);
        }
        check(proof, from, &known)?;
        let crossing = sent.crossing;
        let arrival = Arrival { crossing, height: block.height, time: block.time };
        keep(state, arrival_key(from, number), &arrival);
        ends.arrived = ends.arrived.saturating_add(1);
        keep(state, ends_key(from), &ends);
        Ok(("crossing.arrived", name(from, number)))
    }

    /// C6: it had not arrived when its deadline was over there, so it never will, and ends here as returned.
    fn give_back(
        &self,
        me: ChainId,
        Return { number, proof }: &Return,
        state: &mut StateTree,
    ) -> Result<Told, Refusal> {
        let (to, known) = origin(proof, state)?;
        let sent = open(state, to, *number)?;
        let arrived: Option<Arrival> = entry(proof, &arrival_key(me, *number))?;
        if arrived.is_some() && !broken!(self, ReturnOfArrived) {
            return Err(Refusal::CrossingArrived);
        }
        if proof.header.time < sent.crossing.deadline && !broken!(self, EarlyReturn) {
            return Err(Refusal::CrossingNotOver);
        }
        check(proof, to, &known)?;
        settle(state, to, sent, Fate::Returned);
        Ok(("crossing.returned", name(to, *number)))
    }
}

/// A crossing that began here and is not over.
fn open(state: &StateTree, to: ChainId, number: u64) -> Result<Sent, Refusal> {
    let sent = sent(state, to, number).ok_or(Refusal::CrossingUnknown)?;
    match sent.fate {
        Fate::Open => Ok(sent),
        Fate::Delivered | Fate::Returned => Err(Refusal::CrossingSettled),
    }
}

/// C5: it has arrived, so it ends here as delivered.
fn acknowledge(me: ChainId, proof: &EntryProof, state: &mut StateTree) -> Result<Told, Refusal> {
    let (to, known) = origin(proof, state)?;
    let number = number_in(proof)?;
    let sent = open(state, to, number)?;
    let arrival: Arrival =
        entry(proof, &arrival_key(me, number))?.ok_or(Refusal::CrossingUnknown)?;
    if arrival.crossing != sent.crossing {
        return Err(Refusal::ProofOfOther);
    }
    check(proof, to, &known)?;
    settle(state, to, sent, Fate::Delivered);
    Ok(("crossing.delivered", name(to, number)))
}

/// C3: a crossing begins.
fn send(
    tx: &TxView<'_>,
    wish: Send,
    block: &BlockContext<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let Send { to, receiver, deadline, body } = wish;
    let mut ends = ends(state, to).ok_or(Refusal::CounterpartUnknown)?;
    let life_us = deadline.us().checked_sub(block.time.us()).filter(|us| *us > 0);
    if life_us.is_none_or(|us| us > LIFE_US_MAX) {
        return Err(Refusal::BadCrossingDeadline);
    }
    if ends.sent - ends.settled >= OPEN_MAX {
        return Err(Refusal::CrossingsFull);
    }
    let number = ends.sent;
    let crossing = Crossing { number, sender: tx.sender, receiver, deadline, body };
    let sent = Sent { crossing, height: block.height, fate: Fate::Open };
    keep(state, sent_key(to, number), &sent);
    ends.sent = number.saturating_add(1);
    keep(state, ends_key(to), &ends);
    Ok(("crossing.sent", name(to, number)))
}

/// Ends a crossing where it began, and forgets those that ended long ago.
fn settle(state: &mut StateTree, to: ChainId, mut sent: Sent, fate: Fate) {
    let number = sent.crossing.number;
    sent.fate = fate;
    keep(state, sent_key(to, number), &sent);
    let Some(mut ends) = ends(state, to) else { return };
    let before = ends.settled;
    while ends.settled < ends.sent && !is_open(state, to, ends.settled) {
        ends.settled += 1;
    }
    for old in before.saturating_sub(KEPT)..ends.settled.saturating_sub(KEPT) {
        state.remove(&sent_key(to, old));
    }
    keep(state, ends_key(to), &ends);
}

fn is_open(state: &StateTree, to: ChainId, number: u64) -> bool {
    sent(state, to, number).is_some_and(|sent| sent.fate == Fate::Open)
}

/// C7: arrivals of crossings that are over where they began are forgotten, but for the latest.
fn forget(me: ChainId, proof: &EntryProof, state: &mut StateTree) -> Result<Told, Refusal> {
    let (from, known) = origin(proof, state)?;
    let theirs: Ends = entry(proof, &ends_key(me))?.ok_or(Refusal::CounterpartUnknown)?;
    let mut ends = ends(state, from).ok_or(Refusal::CounterpartUnknown)?;
    let until =
        theirs.settled.saturating_sub(KEPT).min(ends.forgotten.saturating_add(ARRIVALS_MAX));
    if until <= ends.forgotten {
        return Err(Refusal::CrossingSettled);
    }
    check(proof, from, &known)?;
    for old in ends.forgotten..until {
        state.remove(&arrival_key(from, old));
    }
    ends.forgotten = until;
    keep(state, ends_key(from), &ends);
    Ok(("crossings.forgotten", name(from, until)))
}

/// The number at the end of the key that a proof is about.
fn number_in(proof: &EntryProof) -> Result<u64, Refusal> {
    let number = proof.key.0.last_chunk::<8>().copied();
    number.map(u64::from_be_bytes).ok_or(Refusal::ProofOfOther)
}

fn name(chain: ChainId, number: u64) -> String {
    format!("{}/{number}", chain.0)
}

const _: () = assert!(ARRIVALS_MAX > OPEN_MAX + KEPT, "what may be open fits among the arrivals");

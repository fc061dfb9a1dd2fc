//! A crossing from its beginning to its end, and what is refused on the way.

use ledger::{Outcome, Refusal};

use super::super::{
    ARRIVALS_MAX, BODY_BYTES_MAX, KEPT, LIFE_US_MAX, OPEN_MAX, Relayer, arrival, ends,
};
use super::*;

#[test]
fn what_is_sent_arrives_once_and_is_acknowledged() {
    let mut pair = Pair::small();
    let wish = pair.wish(50_000);
    pair.left.applied(Verb::Send, &wish);
    assert_eq!((pair.fate(0), pair.has_arrived(0)), (Some(Fate::Open), false));
    let sent_proof = pair.sent_proof(0);
    pair.right.applied(Verb::Receive, &sent_proof);
    assert_eq!(pair.right.refused(Verb::Receive, &sent_proof), Refusal::CrossingArrived);
    let arrived = arrival(pair.right.state(), pair.left.id(), 0).unwrap();
    assert_eq!((arrived.crossing.sender, arrived.crossing.receiver), (SOMEBODY, account(12)));
    assert_eq!(arrived.crossing.body.0, b"data");
    let arrival_proof = pair.arrival_proof(0);
    pair.left.applied(Verb::Acknowledge, &arrival_proof);
    assert_eq!(pair.fate(0), Some(Fate::Delivered));
    assert_eq!(pair.left.refused(Verb::Acknowledge, &arrival_proof), Refusal::CrossingSettled);
    let kinds: Vec<_> = pair.left.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["chain.connected", "crossing.sent", "crossing.delivered"]);
    let told = ends(pair.left.state(), pair.right.id()).unwrap();
    assert_eq!((told.sent, told.settled), (1, 1));
}

#[test]
fn the_deadline_itself_is_too_late_to_arrive_and_late_enough_to_return() {
    let mut pair = Pair::small();
    let deadline_us = 50_000;
    let wish = pair.wish(deadline_us);
    pair.left.applied(Verb::Send, &wish);
    pair.left.applied(Verb::Send, &wish);
    let proofs = [0, 1].map(|number| pair.sent_proof(number));
    pair.right.pass_to(deadline_us - 1);
    let early = pair.give_back(0);
    assert_eq!(pair.left.refused(Verb::Return, &early), Refusal::CrossingNotOver);
    pair.right.applied(Verb::Receive, &proofs[1]);
    pair.right.now_us = deadline_us;
    assert_eq!(pair.right.refused(Verb::Receive, &proofs[0]), Refusal::CrossingLate);
    assert_eq!(pair.right.header.as_ref().unwrap().time, Time::from_us(deadline_us));
    let exact = pair.give_back(0);
    pair.left.applied(Verb::Return, &exact);
    assert_eq!((pair.fate(0), pair.has_arrived(0)), (Some(Fate::Returned), false));
    // The other arrived just in time: it can only be acknowledged, however late.
    let of_arrived = pair.give_back(1);
    assert_eq!(pair.left.refused(Verb::Return, &of_arrived), Refusal::CrossingArrived);
    pair.right.pass_to(deadline_us * 10);
    let arrival_proof = pair.arrival_proof(1);
    pair.left.applied(Verb::Acknowledge, &arrival_proof);
    assert_eq!(pair.fate(1), Some(Fate::Delivered));
}

#[test]
fn crossings_arrive_and_end_in_any_order() {
    let mut pair = Pair::small();
    let wish = pair.wish(50_000);
    (0..3).for_each(|_| pair.left.applied(Verb::Send, &wish));
    for number in [2, 0, 1] {
        let proof = pair.sent_proof(number);
        pair.right.applied(Verb::Receive, &proof);
    }
    for (number, settled) in [(1, 0), (2, 0), (0, 3)] {
        let proof = pair.arrival_proof(number);
        pair.left.applied(Verb::Acknowledge, &proof);
        assert_eq!(ends(pair.left.state(), pair.right.id()).unwrap().settled, settled);
    }
}

#[test]
fn what_cannot_begin_does_not() {
    let mut pair = Pair::small();
    let wish = pair.wish(50_000);
    let nowhere = Send { to: pair.left.id(), ..wish.clone() };
    assert_eq!(pair.left.refused(Verb::Send, &nowhere), Refusal::CounterpartUnknown);
    for deadline_us in [0, pair.left.now_us, pair.left.now_us + LIFE_US_MAX + 1] {
        let bad = pair.wish(deadline_us);
        assert_eq!(pair.left.refused(Verb::Send, &bad), Refusal::BadCrossingDeadline);
    }
    let long = Send { body: Bytes(vec![0; BODY_BYTES_MAX + 1]), ..wish };
    assert_eq!(pair.left.refused(Verb::Send, &long), Refusal::MalformedPayload);
    let longest = Send { body: Bytes(vec![0; BODY_BYTES_MAX]), ..pair.wish(50_000) };
    pair.left.applied(Verb::Send, &longest);
    // What it takes to prove it, fits a transaction.
    let proof = pair.sent_proof(0);
    pair.right.applied(Verb::Receive, &proof);
    let proof = pair.arrival_proof(0);
    pair.left.applied(Verb::Acknowledge, &proof);
}

/// Whatever is kept is bounded, and what is forgotten cannot happen again.
#[test]
fn ends_move_on_and_old_arrivals_are_forgotten() {
    let mut pair = Pair::small();
    let wish = pair.wish(50_000);
    let proof_of_none = left_ends(&pair);
    assert_eq!(pair.right.refused(Verb::Forget, &proof_of_none), Refusal::CrossingSettled);
    let mut relayer = Relayer::new(pair.left.id(), pair.right.id());
    let mut first = None;
    for number in 0..KEPT + 400 {
        pair.left.applied(Verb::Send, &wish);
        if number == 0 {
            first = Some(pair.sent_proof(0));
        }
        let proof = pair.sent_proof(number);
        pair.right.applied(Verb::Receive, &proof);
        let proof = pair.arrival_proof(number);
        pair.left.applied(Verb::Acknowledge, &proof);
    }
    assert_eq!(pair.fate(399), None);
    assert_eq!(pair.fate(400), Some(Fate::Delivered));
    assert_eq!(pair.round(&mut relayer), [Outcome::Applied]);
    assert!(!pair.has_arrived(399) && pair.has_arrived(400));
    let first = first.unwrap();
    assert_eq!(pair.right.refused(Verb::Receive, &first), Refusal::CrossingArrived);
    assert_eq!(pair.round(&mut relayer), [], "nothing is left to do");
}

#[test]
fn more_than_may_be_open_does_not_begin() {
    let mut pair = Pair::small();
    let wish = pair.wish(50_000);
    (0..OPEN_MAX).for_each(|_| pair.left.applied(Verb::Send, &wish));
    assert_eq!(pair.left.refused(Verb::Send, &wish), Refusal::CrossingsFull);
    let proof = pair.sent_proof(0);
    pair.right.applied(Verb::Receive, &proof);
    let proof = pair.arrival_proof(0);
    pair.left.applied(Verb::Acknowledge, &proof);
    pair.left.applied(Verb::Send, &wish);
    const { assert!(ARRIVALS_MAX > OPEN_MAX + KEPT) };
}

#[test]
fn a_relayer_carries_both_directions() {
    let mut pair = Pair::small();
    let mut relayer = Relayer::new(pair.left.id(), pair.right.id());
    assert_eq!(pair.round(&mut relayer), []);
    let there = pair.wish(50_000);
    let back = Send { to: pair.left.id(), ..there.clone() };
    pair.left.applied(Verb::Send, &there);
    pair.right.applied(Verb::Send, &back);
    assert_eq!(pair.round(&mut relayer), [Outcome::Applied; 2]);
    assert_eq!(pair.round(&mut relayer), [Outcome::Applied; 2]);
    assert_eq!(pair.fate(0), Some(Fate::Delivered));
    let other = sent(pair.right.state(), pair.left.id(), 0).unwrap();
    assert_eq!(other.fate, Fate::Delivered);
    // Too late: the first round moves the right chain's time, the second one returns.
    pair.left.applied(Verb::Send, &there);
    pair.right.now_us = 60_000;
    assert_eq!(pair.round(&mut relayer), [Outcome::Refused(Refusal::CrossingLate)]);
    assert_eq!(pair.round(&mut relayer), [Outcome::Applied]);
    assert_eq!((pair.fate(1), pair.has_arrived(1)), (Some(Fate::Returned), false));
    assert_eq!(pair.round(&mut relayer), []);
}

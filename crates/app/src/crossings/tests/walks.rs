//! A relayer that lies: it keeps all proofs that there ever were and hands in any of them, at any time, to anybody.

use types::Prng;

use super::super::Relayer;
use super::*;

const DEADLINE_US: u64 = 40_000;

/// What would have to be true of one crossing, whatever happens.
fn contradiction(pair: &Pair, number: u64) -> Option<&'static str> {
    match (pair.fate(number)?, pair.has_arrived(number)) {
        (Fate::Delivered, false) => Some("delivered, but it has not arrived"),
        (Fate::Returned, true) => Some("returned, and it has arrived"),
        (Fate::Open | Fate::Delivered, true) | (Fate::Open | Fate::Returned, false) => None,
    }
}

/// Walks at random, then lets an honest relayer end everything; what was wrong, where anything was.
fn walk(mut pair: Pair, seed: u64) -> Option<&'static str> {
    let mut prng = Prng::new(seed, 0);
    let wish = pair.wish(DEADLINE_US);
    (0..2).for_each(|_| pair.left.applied(Verb::Send, &wish));
    let (mut sent_proofs, mut arrival_proofs) = (Vec::new(), Vec::new());
    for _ in 0..24 {
        let number = prng.below(2);
        sent_proofs.push(pair.sent_proof(number));
        arrival_proofs.push(pair.give_back(number));
        let pick = usize::try_from(prng.below(sent_proofs.len() as u64)).unwrap();
        match prng.below(5) {
            0 => {
                let now_us = pair.right.now_us + prng.below(DEADLINE_US / 2);
                pair.right.pass_to(now_us);
            }
            1 => pair.left.pass_to(pair.right.now_us),
            2 => drop(pair.right.ask(Verb::Receive, &sent_proofs[pick])),
            3 => drop(pair.left.ask(Verb::Acknowledge, &arrival_proofs[pick].proof)),
            _ => drop(pair.left.ask(Verb::Return, &arrival_proofs[pick])),
        }
        let found = (0..2).find_map(|number| contradiction(&pair, number));
        if found.is_some() {
            return found;
        }
    }
    let mut relayer = Relayer::new(pair.left.id(), pair.right.id());
    pair.right.pass_to(pair.right.now_us.max(DEADLINE_US));
    (0..3).for_each(|_| drop(pair.round(&mut relayer)));
    let ended = |number| matches!(pair.fate(number), Some(Fate::Delivered | Fate::Returned));
    if !(0..2).all(ended) {
        return Some("never over");
    }
    (0..2).find_map(|number| contradiction(&pair, number))
}

const WALKS: u64 = 60;

#[test]
fn no_lying_relayer_brings_about_both_or_neither() {
    for seed in 0..WALKS {
        assert_eq!(walk(Pair::small(), seed), None, "seed {seed}");
    }
}

#[test]
fn each_deliberate_bug_is_found() {
    for bug in [Mutant::LateArrival, Mutant::EarlyReturn, Mutant::ReturnOfArrived] {
        let pair = || Pair::new(Net::broken("left", &[1], bug), Net::broken("right", &[11], bug));
        let found = (0..WALKS).find_map(|seed| walk(pair(), seed));
        assert!(found.is_some(), "{bug:?} survives");
    }
}

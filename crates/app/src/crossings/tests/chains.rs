//! Connecting chains, and following their validators.

use ledger::{Handover, Member, Refusal};
use types::Height;

use super::super::{COUNTERPARTS_MAX, Relayer, VALIDATORS_MAX, counterpart};
use super::*;
use crate::epochs::{Change, EPOCH_CHANGE, EPOCHS, Wish};

fn wish_of(net: &mut Net, seed: u8, genesis: &Genesis) -> Outcome {
    let argument = Connect { genesis: genesis.clone() }.to_bytes();
    net.one(account(seed), CROSSINGS, Verb::Connect as u16, argument)
}

#[test]
fn a_quorum_of_validators_connects_a_chain() {
    let mut net = Net::governed("left", &[1, 2, 3, 4]);
    let other = genesis("right", &[11]);
    let is_known = |net: &Net| counterpart(net.state(), other.chain_id()).is_some();
    let stranger = wish_of(&mut net, 11, &other);
    assert_eq!(stranger, Outcome::Refused(Refusal::NotValidator));
    for seed in [1, 2, 2] {
        assert_eq!(wish_of(&mut net, seed, &other), Outcome::Applied);
    }
    // Somebody who changes its mind counts for the last that it wished.
    let third = genesis("third", &[21]);
    assert_eq!(wish_of(&mut net, 1, &third), Outcome::Applied);
    assert_eq!(wish_of(&mut net, 3, &other), Outcome::Applied);
    assert!(!is_known(&net));
    assert_eq!(wish_of(&mut net, 1, &other), Outcome::Applied);
    assert!(is_known(&net));
    let again = wish_of(&mut net, 4, &other);
    assert_eq!(again, Outcome::Refused(Refusal::CounterpartExists));
    let wishes = net.state().range(b"wish/").filter(|(key, _)| key.starts_with(b"wish/"));
    assert_eq!(wishes.count(), 0, "they are spent");
}

#[test]
fn what_is_no_other_chain_is_not_connected() {
    let mut net = Net::open("left", &[1]);
    let mut refused = |genesis: Genesis| net.refused(Verb::Connect, &Connect { genesis });
    let seeds: Vec<u8> = (0..=u8::try_from(VALIDATORS_MAX).unwrap()).collect();
    let unfit = [
        genesis("left", &[1]),
        genesis("none", &[]),
        genesis("twice", &[2, 2]),
        genesis("", &[2]),
        genesis("many", &seeds),
    ];
    for genesis in unfit {
        assert_eq!(refused(genesis), Refusal::CounterpartUnfit);
    }
    for number in 0..COUNTERPARTS_MAX {
        let genesis = genesis(&format!("chain {number}"), &[2]);
        net.applied(Verb::Connect, &Connect { genesis });
    }
    let one_more = genesis("one more", &[2]);
    let refusal = net.refused(Verb::Connect, &Connect { genesis: one_more });
    assert_eq!(refusal, Refusal::TooManyCounterparts);
}

/// The validator with key 5 joins the left chain, which the right chain learns from an entry.
struct Changing {
    pair: Pair,
    old: (Epoch, Vec<u8>),
    next: Epoch,
}

fn changing() -> Changing {
    let mut left = Net::governed("left", &[1, 2, 3, 4]);
    let right = Net::open("right", &[11]);
    for seed in [1, 2, 3] {
        wish_of(&mut left, seed, &right.genesis);
    }
    let mut pair = Pair { left, right };
    let genesis = pair.left.genesis.clone();
    pair.right.applied(Verb::Connect, &Connect { genesis });
    let wish = pair.wish(50_000);
    pair.left.applied(Verb::Send, &wish);
    let change = Change::Join { validator: validator(5), weight: 1 };
    let wish = Wish { after: 0, first: Height::new(16), change };
    for seed in [1, 2, 3] {
        let outcome = pair.left.one(account(seed), EPOCHS, EPOCH_CHANGE, wish.to_bytes());
        assert_eq!(outcome, Outcome::Applied);
    }
    let old = pair.left.office.clone();
    let member = Member { id: NodeId::new(4), validator: validator(5), weight: 1 };
    let mut next =
        Epoch { number: 1, first: Height::new(16), since: 1, next_id: 5, ..old.0.clone() };
    next.members.push(member);
    Changing { pair, old, next }
}

fn pass_to_height(net: &mut Net, height: u64) {
    while net.executor.height() < Height::new(height) {
        net.pass_to(net.now_us);
    }
}

#[test]
fn the_validators_of_another_chain_are_followed() {
    let Changing { mut pair, old, next } = changing();
    let named = |pair: &Pair, epoch: &Epoch, seeds: &[u8]| {
        pair.left.prove_by(EPOCHS, next.key(), epoch, seeds)
    };
    let early = pair.sent_proof(0);
    let told = named(&pair, &old.0, &[1, 2, 3]);
    let few = named(&pair, &old.0, &[1, 2]);
    pass_to_height(&mut pair.left, 16);
    pair.left.office = (next.clone(), vec![1, 2, 3, 5]);
    // Nobody has told the right chain of them yet.
    let late = pair.sent_proof(0);
    assert_eq!(pair.right.refused(Verb::Receive, &late), Refusal::ProofInvalid);
    // They do not vouch for themselves, and the old ones not behind their term.
    let own = named(&pair, &next, &[1, 2, 3, 5]);
    assert_eq!(pair.right.refused(Verb::Follow, &own), Refusal::NotNextValidators);
    let behind = named(&pair, &old.0, &[1, 2, 3]);
    assert_eq!(pair.right.refused(Verb::Follow, &behind), Refusal::NotNextValidators);
    assert_eq!(pair.right.refused(Verb::Follow, &few), Refusal::ProofInvalid);
    pair.right.applied(Verb::Follow, &told);
    assert_eq!(pair.right.refused(Verb::Follow, &told), Refusal::NotNextValidators);
    assert_eq!(pair.right.refused(Verb::Receive, &early), Refusal::ProofStale);
    // The old ones attest a block of the new ones' term.
    let key = sent_key(pair.right.id(), 0);
    let forged = pair.left.prove_by(CROSSINGS, key, &old.0, &[1, 2, 3, 4]);
    assert_eq!(pair.right.refused(Verb::Receive, &forged), Refusal::ProofInvalid);
    pair.right.applied(Verb::Receive, &late);
}

/// As a node serves it, with the way from the genesis; a relayer makes of it what a chain has to be told.
#[test]
fn a_relayer_tells_of_later_validators() {
    let Changing { mut pair, old, next } = changing();
    pass_to_height(&mut pair.left, 15);
    let last = pair.left.prove_by(EPOCHS, next.key(), &old.0, &[1, 2, 3]);
    let handover = Handover { header: last.header, certificate: last.certificate };
    let lineage = Lineage { epochs: vec![next.clone()], handovers: vec![handover] };
    pass_to_height(&mut pair.left, 16);
    pair.left.office = (next, vec![1, 2, 3, 5]);
    let mut relayer = Relayer::new(pair.left.id(), pair.right.id());
    let served = EntryProof { lineage, ..left_ends(&pair) };
    assert_eq!(served.verify(&pair.left.genesis), Ok(()));
    assert_eq!(pair.right.refused(Verb::Receive, &served), Refusal::MalformedPayload);
    relayer.round();
    relayer.told(Side::Left, &served);
    let mut outcomes = Vec::new();
    (0..3).for_each(|_| outcomes.extend(pair.round(&mut relayer)));
    assert!(outcomes.iter().all(|outcome| outcome.is_applied()), "{outcomes:?}");
    assert_eq!(pair.fate(0), Some(Fate::Delivered));
}

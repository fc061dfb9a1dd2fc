//! Proofs that are forged, of something else, of another chain, old, or of the wrong validators.

use ledger::Refusal;
use types::Height;

use super::super::Arrival;
use super::*;

fn sent_pair() -> Pair {
    let left = Net::open("left", &[1, 2, 3, 4]);
    let right = Net::open("right", &[11, 12, 13, 14]);
    let mut pair = Pair::new(left, right);
    let wish = pair.wish(50_000);
    pair.left.applied(Verb::Send, &wish);
    pair.left.applied(Verb::Send, &Send { body: Bytes(b"more".to_vec()), ..wish });
    pair
}

#[test]
fn no_changed_byte_of_a_proof_lets_a_crossing_arrive() {
    let mut pair = sent_pair();
    let bytes = pair.sent_proof(0).to_bytes();
    for place in 0..bytes.len() {
        let mut forged = bytes.clone();
        forged[place] ^= 1;
        let root = pair.right.executor.state_mut(CROSSINGS).unwrap().root();
        let outcome = pair.right.one(SOMEBODY, CROSSINGS, Verb::Receive as u16, forged);
        assert!(!outcome.is_applied(), "byte {place} may be changed unnoticed");
        assert_eq!(pair.right.executor.state_mut(CROSSINGS).unwrap().root(), root);
    }
    assert!(pair.right.one(SOMEBODY, CROSSINGS, Verb::Receive as u16, bytes).is_applied());
}

#[test]
fn a_proof_is_of_the_entry_that_counts() {
    let mut pair = sent_pair();
    pair.right.pass_to(60_000);
    // The absence of another arrival, of another chain's, and of nothing at all.
    let other_number = pair.arrival_proof(1);
    let other_chain = pair.right.prove(arrival_key(pair.right.id(), 0));
    let nothing = pair.right.prove(b"arrival/".to_vec());
    for proof in [other_number, other_chain, nothing] {
        let wish = Return { number: 0, proof };
        assert_eq!(pair.left.refused(Verb::Return, &wish), Refusal::ProofOfOther);
    }
    // The absence of it from another application's state.
    let (epoch, seeds) = pair.right.office.clone();
    let key = arrival_key(pair.left.id(), 0);
    let elsewhere = pair.right.prove_by(crate::NOTES, key, &epoch, &seeds[..3]);
    let wish = Return { number: 0, proof: elsewhere };
    assert_eq!(pair.left.refused(Verb::Return, &wish), Refusal::ProofOfOther);
    // An arrival that another crossing was hidden in.
    let mut swapped = pair.arrival_proof(0);
    swapped.app = CROSSINGS;
    let crossing = sent(pair.left.state(), pair.right.id(), 0).unwrap().crossing;
    let arrival = Arrival { crossing, height: Height::new(2), time: Time::from_us(5) };
    swapped.value = Some(Bytes(arrival.to_bytes()));
    assert_eq!(pair.left.refused(Verb::Acknowledge, &swapped), Refusal::ProofInvalid);
    // There is no such crossing.
    let unknown = pair.give_back(7);
    assert_eq!(pair.left.refused(Verb::Return, &unknown), Refusal::CrossingUnknown);
    let absent = pair.sent_proof(7);
    assert_eq!(pair.right.refused(Verb::Receive, &absent), Refusal::CrossingUnknown);
    let right = pair.give_back(0);
    pair.left.applied(Verb::Return, &right);
}

#[test]
fn a_proof_is_from_a_connected_chain_and_for_this_one() {
    let mut pair = sent_pair();
    let mut stranger =
        Pair::new(Net::open("left", &[5, 6, 7, 8]), Net::open("right", &[11, 12, 13, 14]));
    let wish = stranger.wish(50_000);
    stranger.left.applied(Verb::Send, &wish);
    let proof = stranger.sent_proof(0);
    assert_eq!(pair.right.refused(Verb::Receive, &proof), Refusal::CounterpartUnknown);
    // The stranger's block under the name of a chain that is known.
    let mut renamed = proof.clone();
    renamed.header.chain = pair.left.id();
    renamed.certificate.block = renamed.header.hash();
    assert_eq!(pair.right.refused(Verb::Receive, &renamed), Refusal::ProofInvalid);
    // A crossing to a third chain.
    let third = Net::open("third", &[21]);
    pair.left.applied(Verb::Connect, &Connect { genesis: third.genesis.clone() });
    let to_third = Send { to: third.id(), ..pair.wish(50_000) };
    pair.left.applied(Verb::Send, &to_third);
    let proof = pair.left.prove(sent_key(third.id(), 0));
    assert_eq!(pair.right.refused(Verb::Receive, &proof), Refusal::ProofOfOther);
}

#[test]
fn a_certificate_needs_the_quorum_of_that_chain() {
    let mut pair = sent_pair();
    let (epoch, seeds) = pair.left.office.clone();
    let key = sent_key(pair.right.id(), 0);
    let few = pair.left.prove_by(CROSSINGS, key.clone(), &epoch, &seeds[..2]);
    assert_eq!(pair.right.refused(Verb::Receive, &few), Refusal::ProofInvalid);
    // The own validators' signatures of the other chain's block.
    let own = pair.right.office.clone();
    let foreign = pair.left.prove_by(CROSSINGS, key.clone(), &own.0, &own.1[..3]);
    assert_eq!(pair.right.refused(Verb::Receive, &foreign), Refusal::ProofInvalid);
    let mut many = pair.left.prove_by(CROSSINGS, key, &epoch, &seeds);
    let signature = many.certificate.signatures[&NodeId::new(0)];
    many.certificate.signatures.insert(NodeId::new(4), signature);
    assert_eq!(pair.right.refused(Verb::Receive, &many), Refusal::ProofInvalid);
}

/// A proof is as good as it was, but it proves what was then.
#[test]
fn an_old_proof_changes_nothing() {
    let mut pair = sent_pair();
    let open = pair.sent_proof(0);
    let absent = pair.give_back(0);
    pair.right.applied(Verb::Receive, &open);
    assert_eq!(pair.left.refused(Verb::Return, &absent), Refusal::CrossingNotOver);
    let arrived = pair.arrival_proof(0);
    pair.left.applied(Verb::Acknowledge, &arrived);
    assert_eq!(pair.left.refused(Verb::Return, &absent), Refusal::CrossingSettled);
    // One that is over where it began does not arrive, whatever was true before.
    let open = pair.sent_proof(1);
    pair.right.pass_to(50_000);
    let absent = pair.give_back(1);
    pair.left.applied(Verb::Return, &absent);
    assert_eq!(pair.right.refused(Verb::Receive, &open), Refusal::CrossingLate);
    let over = pair.sent_proof(1);
    assert_eq!(pair.right.refused(Verb::Receive, &over), Refusal::CrossingSettled);
}

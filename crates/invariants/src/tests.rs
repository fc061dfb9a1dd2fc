//! Every checker is shown a run that breaks its invariant, and must say so; and a good one, and must be silent.

use crypto::{Domain, KeyRing, Scheme, Signer, Verifier};
use ledger::{Attestation, BlockCertificate, Header, Outcome, Refusal, TxRecord, VectorClock};
use protocol::{Evidence, Promise};
use types::{ChainId, Digest, Height, NodeId, Quorum, Seq, Time, View};

use super::*;

fn header(height: u64, parent: Digest, content: u8, state: u8) -> Header {
    Header {
        chain: ChainId::default(),
        height: Height::new(height),
        parent,
        view: View::ZERO,
        proposer: Some(NodeId::new(0)),
        time: Time::ZERO,
        payload: Digest::new([content; 32]),
        tx_count: 0,
        tx_root: Digest::new([content; 32]),
        state_roots: vec![(ledger::AppId(0), Digest::new([state; 32]))],
        clock: VectorClock::default(),
    }
}

fn broken<T>(result: Result<T, Violation>) -> &'static str {
    result.err().map_or("nothing", |violation| violation.invariant.id)
}

const A: NodeId = NodeId::new(0);
const B: NodeId = NodeId::new(1);

#[test]
fn a_chain_that_all_share_is_accepted() {
    let mut chain = Chain::new(2);
    let first = header(1, Digest::ZERO, 1, 1);
    let second = header(2, first.hash(), 2, 2);
    for node in [A, B] {
        assert_eq!(chain.executed(node, &first, first.hash()), Ok(node == A));
        assert_eq!(chain.executed(node, &second, second.hash()), Ok(node == A));
    }
    chain.acknowledged(Height::new(2));
    assert_eq!(chain.check_durability([A, B].into_iter()), Ok(()));
    assert_eq!(chain.restarted(B, Height::new(2), Height::new(2)), Ok(()));
}

#[test]
fn s1_two_blocks_at_one_height() {
    let mut chain = Chain::new(2);
    let (one, other) = (header(1, Digest::ZERO, 1, 1), header(1, Digest::ZERO, 2, 1));
    chain.executed(A, &one, one.hash()).unwrap();
    assert_eq!(broken(chain.executed(B, &other, other.hash())), "S1");
}

#[test]
fn s1_a_hash_that_is_not_the_headers() {
    let mut chain = Chain::new(1);
    let one = header(1, Digest::ZERO, 1, 1);
    assert_eq!(broken(chain.executed(A, &one, Digest::new([9; 32]))), "S1");
}

#[test]
fn s3_a_gap_and_a_foreign_parent() {
    let mut chain = Chain::new(2);
    let two = header(2, Digest::ZERO, 1, 1);
    assert_eq!(broken(chain.executed(A, &two, two.hash())), "S3");
    let orphan = header(1, Digest::new([7; 32]), 1, 1);
    assert_eq!(broken(chain.executed(B, &orphan, orphan.hash())), "S3");
}

#[test]
fn s6_one_content_and_two_states() {
    let mut chain = Chain::new(2);
    let (one, other) = (header(1, Digest::ZERO, 1, 1), header(1, Digest::ZERO, 1, 2));
    chain.executed(A, &one, one.hash()).unwrap();
    assert_eq!(broken(chain.executed(B, &other, other.hash())), "S6");
}

#[test]
fn s7_a_block_lost_in_a_restart() {
    let mut chain = Chain::new(1);
    assert_eq!(broken(chain.restarted(A, Height::new(4), Height::new(5))), "S7");
}

#[test]
fn s11_an_acknowledged_block_that_a_replica_lacks_at_the_end() {
    let mut chain = Chain::new(2);
    let one = header(1, Digest::ZERO, 1, 1);
    chain.executed(A, &one, one.hash()).unwrap();
    chain.acknowledged(Height::new(1));
    assert_eq!(broken(chain.check_durability([A, B].into_iter())), "S11");
}

#[test]
fn s2_and_s4_strangers_and_repetitions() {
    let mut transactions = Transactions::default();
    let (known, stranger) = (Digest::new([1; 32]), Digest::new([2; 32]));
    assert_eq!(transactions.submitted(&known), 0);
    let applied = |id| TxRecord { id, outcome: Outcome::Applied };
    assert_eq!(transactions.executed(Height::new(1), &applied(known)), Ok(0));
    let repeated = TxRecord { id: known, outcome: Outcome::Refused(Refusal::NonceUsed) };
    assert_eq!(transactions.executed(Height::new(2), &repeated), Ok(0));
    assert_eq!(broken(transactions.executed(Height::new(3), &applied(known))), "S4");
    assert_eq!(broken(transactions.executed(Height::new(3), &applied(stranger))), "S2");
    assert_eq!(transactions.height_of(0), Some(Height::new(3)));
}

fn certificate(
    height: u64,
    block: Digest,
    keys: &[crypto::SimulatedKey],
    domain: Domain,
) -> BlockCertificate {
    let statement = Attestation { height: Height::new(height), block };
    let signatures = keys.iter().zip(NodeId::all(keys.len())).map(|(key, node)| {
        let signed = Signer::simulated(node, domain, key.clone()).sign(statement);
        (node, signed.signature)
    });
    BlockCertificate { height: Height::new(height), block, signatures: signatures.collect() }
}

fn attesters(domain: Domain, ring: KeyRing) -> ledger::Attesters {
    ledger::Attesters::new(Verifier::new(domain, ring), vec![1; 4], Quorum::of(4))
}

#[test]
fn s5_certificates_that_prove_nothing() {
    let domain = Domain::new(ChainId::default(), Digest::ZERO, "ledger");
    let other = Domain::new(ChainId::default(), Digest::ZERO, "other");
    let (ring, keys) = KeyRing::simulated(Scheme::Cheap, 4, 1);
    let checker = Certificates::new(4, attesters(domain, ring));
    let mut chain = Chain::new(4);
    let one = header(1, Digest::ZERO, 1, 1);
    let hash = one.hash();
    chain.executed(A, &one, hash).unwrap();
    let check = |certificate| checker.certified(A, &certificate, &chain);
    assert_eq!(check(certificate(1, hash, &keys[..3], domain)), Ok(()));
    assert_eq!(broken(check(certificate(1, hash, &keys[..2], domain))), "S5");
    assert_eq!(broken(check(certificate(1, hash, &keys[..3], other))), "S5");
    assert_eq!(broken(check(certificate(1, Digest::new([3; 32]), &keys[..3], domain))), "S5");
    assert_eq!(broken(check(certificate(2, hash, &keys[..3], domain))), "S5");
}

#[test]
fn s5_remembered_attestations_need_no_second_check() {
    let domain = Domain::new(ChainId::default(), Digest::ZERO, "ledger");
    let (ring, keys) = KeyRing::simulated(Scheme::Cheap, 4, 1);
    let mut checker = Certificates::new(4, attesters(domain, ring));
    let mut chain = Chain::new(4);
    let one = header(1, Digest::ZERO, 1, 1);
    chain.executed(A, &one, one.hash()).unwrap();
    let good = certificate(1, one.hash(), &keys[..3], domain);
    let statement = Attestation { height: Height::new(1), block: one.hash() };
    for (&signer, &signature) in &good.signatures {
        checker.attested(&crypto::Signed { statement, signer, signature });
    }
    assert_eq!(checker.certified(B, &good, &chain), Ok(()));
    let few = certificate(1, one.hash(), &keys[..2], domain);
    assert_eq!(broken(checker.certified(B, &few, &chain)), "S5");
}

#[test]
fn s8_a_correct_replica_accused() {
    let mut checker = Accusations::new(vec![B]);
    let evidence = |offender| Evidence {
        offender,
        kind: "equivocation",
        view: View::ZERO,
        seq: Seq::ZERO,
        first: Vec::new(),
        second: Vec::new(),
    };
    assert_eq!(checker.accused(A, B, &evidence(B)), Ok(()));
    assert_eq!(checker.accused(A, B, &evidence(B)), Ok(()));
    assert_eq!(checker.all(), [(B, "equivocation")]);
    assert_eq!(broken(checker.accused(B, A, &evidence(A))), "S8");
}

#[test]
fn s9_a_promise_contradicted_however_late() {
    let mut checker = Amnesia::new(2);
    let promise =
        |place, value| Promise::Says { kind: 1, view: View::new(3), place, value, vote: true };
    assert_eq!(checker.let_out(A, promise(1, 7)), Ok(()));
    assert_eq!(checker.let_out(A, promise(1, 7)), Ok(()));
    assert_eq!(checker.let_out(B, promise(1, 8)), Ok(()));
    for place in 2..1_020 {
        assert_eq!(checker.let_out(A, promise(place, place)), Ok(()));
    }
    assert_eq!(broken(checker.let_out(A, promise(1, 8))), "S9");
}

#[test]
fn s9_a_vote_in_a_view_that_was_left() {
    let mut checker = Amnesia::new(1);
    let vote =
        |view, place| Promise::Says { kind: 2, view: View::new(view), place, value: 1, vote: true };
    assert_eq!(checker.let_out(A, vote(3, 1)), Ok(()));
    assert_eq!(checker.let_out(A, Promise::Leaves { view: View::new(4) }), Ok(()));
    assert_eq!(checker.let_out(A, vote(3, 1)), Ok(()), "repeating is no new vote");
    assert_eq!(checker.let_out(A, vote(4, 2)), Ok(()));
    assert_eq!(broken(checker.let_out(A, vote(3, 2))), "S9");
}

#[test]
fn s10_a_ticket_consumed_twice_or_refused_for_nothing() {
    let mut tickets = Tickets::default();
    for (verb, applied) in [(3, false), (1, true), (1, false), (2, true), (3, true), (3, false)] {
        assert_eq!(tickets.stepped(0, verb, applied), Ok(()), "{verb}");
    }
    assert_eq!(broken(tickets.stepped(0, 3, true)), "S10");
    assert_eq!(broken(tickets.stepped(1, 1, false)), "S10");
    assert_eq!(tickets.ended(), (1, 0));
}

#[test]
fn s12_a_core_that_begins_early_or_goes_on_late() {
    let height = Height::new;
    let mut epochs = Epochs::default();
    assert_eq!(epochs.ordered(A, 0, height(9)), Ok(()));
    assert_eq!(epochs.began(A, 1, height(10), height(9)), Ok(()));
    assert_eq!(epochs.ordered(A, 1, height(10)), Ok(()));
    assert_eq!(epochs.began(B, 1, height(10), height(12)), Ok(()));
    assert_eq!(broken(epochs.clone().began(B, 1, height(11), height(10))), "S12");
    assert_eq!(broken(epochs.clone().began(B, 2, height(20), height(18))), "S12");
    assert_eq!(broken(epochs.clone().ordered(B, 1, height(9))), "S12");
    assert_eq!(broken(epochs.clone().ordered(B, 0, height(10))), "S12");
    assert_eq!(epochs.ordered(B, 1, height(20)), Ok(()));
    assert_eq!(broken(epochs.began(B, 2, height(20), height(19))), "S12");
}

#[test]
fn s15_a_crossing_that_arrives_and_is_returned() {
    let chain = |byte: u8| ChainId(Digest::new([byte; 32]));
    let crossing = |number: u64| Crossing { from: chain(1), to: chain(2), number };
    let mut crossings = Crossings::default();
    (0..3).for_each(|number| crossings.begun(crossing(number)));
    assert_eq!(crossings.arrived(crossing(0)), Ok(()));
    assert_eq!(crossings.open(), Some(crossing(0)));
    assert_eq!(crossings.ended(crossing(0), true), Ok(()));
    assert_eq!(crossings.ended(crossing(1), false), Ok(()));
    assert_eq!(crossings.ended(crossing(1), false), Ok(()), "seen again");
    assert_eq!((crossings.counts(), crossings.open()), ((1, 1), Some(crossing(2))));
    assert_eq!(broken(crossings.clone().arrived(crossing(1))), "S15");
    assert_eq!(broken(crossings.clone().arrived(crossing(3))), "S15");
    assert_eq!(broken(crossings.clone().ended(crossing(0), false)), "S15");
    assert_eq!(broken(crossings.ended(crossing(2), true)), "S15");
}

#[test]
fn ids_are_in_order_and_each_names_one() {
    for (index, invariant) in ALL.iter().enumerate() {
        assert_eq!(invariant.id, format!("S{}", index + 1));
    }
}

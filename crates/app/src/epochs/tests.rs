use std::sync::Arc;

use codec::{Bytes, Decode, Encode};
use crypto::{PublicKey, SecretKey};
use ledger::{
    Account, Batch, Epoch, Member, Operation, Outcome, Proposal, Refusal, SealedTransaction,
    Transaction, Validator, WEIGHT_TOTAL_MAX,
};
use types::{ChainId, Digest, FaultModel, Height, NodeId, Time, View};

use super::{
    Change, EPOCH_CHANGE, EPOCHS, Fit, NOTICE_BLOCKS_MAX, Rules, Wish, count, epoch, epoch_at,
};
use crate::{Apps, Executor};

fn key(seed: u8) -> PublicKey {
    SecretKey::from_seed([seed; 32]).public()
}

fn validator(seed: u8) -> Validator {
    Validator { name: format!("n{seed}"), key: key(seed), network_key: key(100 + seed) }
}

/// A chain of `n` validators; votes are weighed under tendermint and counted elsewhere.
fn chain(n: u8, protocol: &str) -> Executor {
    let member =
        |seed: u8| Member { id: NodeId::new(seed.into()), validator: validator(seed), weight: 1 };
    let genesis = Epoch {
        number: 0,
        first: Height::new(1),
        protocol: protocol.to_owned(),
        since: 0,
        members: (0..n).map(member).collect(),
        next_id: n.into(),
    };
    let fit = |name: &str| Fit { name: name.to_owned(), weighs: name == "tendermint" };
    let protocols = ["pbft", "hotstuff", "tendermint"].map(fit).to_vec();
    let rules = Rules { genesis, faults: FaultModel::Byzantine, protocols };
    Executor::new(ChainId::default(), Apps::governed(rules))
}

fn submit(executor: &mut Executor, sender: PublicKey, payload: Vec<u8>) -> Outcome {
    let height = executor.height().get();
    let transaction = Transaction {
        chain: ChainId::default(),
        sender: Account(sender.to_bytes()),
        nonce: height + 1,
        operation: Operation { app: EPOCHS, verb: EPOCH_CHANGE },
        payload: Bytes(payload),
        fee: 0,
        expires: Time::from_us(u64::MAX),
        signature: crypto::Signature::NONE,
    };
    let tx = SealedTransaction::new(&transaction).unwrap();
    let batch = Arc::new(Batch::seal(NodeId::new(0), height, &[tx]).unwrap());
    let proposal = Proposal {
        view: View::ZERO,
        proposer: NodeId::new(0),
        time: Time::from_us(1),
        batches: vec![batch.digest()],
    };
    executor.execute(Some(proposal), Digest::ZERO, &[batch]).block.records[0].outcome
}

fn wish(executor: &mut Executor, seed: u8, after: u64, first: u64, change: &Change) -> Outcome {
    let wish = Wish { after, first: Height::new(first), change: change.clone() };
    submit(executor, key(seed), wish.to_bytes())
}

fn protocol(name: &str) -> Change {
    Change::Protocol(name.to_owned())
}

/// Lets three wish the same, and the chain grow to where it holds.
fn agree(executor: &mut Executor, wishers: [u8; 3], change: &Change) -> Epoch {
    let after = count(executor);
    let first = executor.height().get() + 20;
    for seed in wishers {
        assert_eq!(count(executor), after);
        assert_eq!(wish(executor, seed, after, first, change), Outcome::Applied, "{change}");
    }
    assert_eq!(count(executor), after + 1, "{change}");
    while executor.height() < Height::new(first) {
        executor.execute(None, Digest::ZERO, &[]);
    }
    epoch(executor, after + 1).unwrap()
}

fn refusal(executor: &mut Executor, change: &Change) -> Refusal {
    let (after, first) = (count(executor), executor.height().get() + 20);
    match wish(executor, 0, after, first, change) {
        Outcome::Refused(refusal) => refusal,
        Outcome::Applied => panic!("applied: {change}"),
    }
}

#[test]
fn a_quorum_that_wishes_the_same_begins_an_epoch_at_its_height() {
    let mut executor = chain(4, "pbft");
    let change = protocol("hotstuff");
    for seed in 0..3 {
        assert_eq!(count(&executor), 0);
        assert_eq!(wish(&mut executor, seed, 0, 20, &change), Outcome::Applied);
    }
    let begun = epoch(&executor, 1).unwrap();
    assert_eq!((begun.number, begun.first, begun.since), (1, Height::new(20), 0));
    assert_eq!(begun.protocol, "hotstuff");
    assert_eq!(epoch_at(&executor, Height::new(19)), None);
    assert_eq!(epoch_at(&executor, Height::new(20)), Some(begun.clone()));
    let late = wish(&mut executor, 3, 1, 30, &protocol("pbft"));
    assert_eq!(late, Outcome::Refused(Refusal::ChangeScheduled));
    while executor.height() < Height::new(20) {
        executor.execute(None, Digest::ZERO, &[]);
    }
    for seed in 1..4 {
        assert_eq!(wish(&mut executor, seed, 1, 40, &protocol("pbft")), Outcome::Applied);
    }
    assert_eq!(epoch_at(&executor, Height::new(39)), Some(begun));
    assert_eq!(epoch_at(&executor, Height::new(40)).map(|epoch| epoch.number), Some(2));
}

#[test]
fn a_validator_may_change_its_mind_and_counts_once() {
    let mut executor = chain(4, "pbft");
    let change = protocol("hotstuff");
    for first in [20, 20, 21] {
        wish(&mut executor, 0, 0, first, &change);
    }
    wish(&mut executor, 1, 0, 20, &change);
    wish(&mut executor, 2, 0, 20, &change);
    assert_eq!(count(&executor), 0, "the first has changed its mind");
    wish(&mut executor, 3, 0, 20, &change);
    assert_eq!(count(&executor), 1);
}

#[test]
fn members_join_rotate_and_leave() {
    let mut executor = chain(4, "pbft");
    let joined =
        agree(&mut executor, [0, 1, 2], &Change::Join { validator: validator(4), weight: 1 });
    let ids = |epoch: &Epoch| epoch.members.iter().map(|one| one.id.get()).collect::<Vec<_>>();
    assert_eq!((ids(&joined), joined.since, joined.next_id), (vec![0, 1, 2, 3, 4], 1, 5));
    let change = Change::Rotate { name: "n4".to_owned(), key: key(44) };
    // Five validators need four that wish the same.
    let first = executor.height().get() + 20;
    for seed in [0, 1, 2] {
        assert_eq!(wish(&mut executor, seed, 1, first, &change), Outcome::Applied);
    }
    assert_eq!(count(&executor), 1);
    assert_eq!(wish(&mut executor, 4, 1, first, &change), Outcome::Applied, "it is a member now");
    assert_eq!(epoch(&executor, 2).unwrap().members[4].validator.key, key(44));
    while executor.height() < Height::new(first) {
        executor.execute(None, Digest::ZERO, &[]);
    }
    let leave = Change::Leave { name: "n1".to_owned() };
    let first = executor.height().get() + 20;
    let old_key = wish(&mut executor, 4, 2, first, &leave);
    assert_eq!(old_key, Outcome::Refused(Refusal::NotValidator), "its old key counts no more");
    for seed in [0, 2, 3, 44] {
        assert_eq!(wish(&mut executor, seed, 2, first, &leave), Outcome::Applied);
    }
    let left = epoch(&executor, 3).unwrap();
    assert_eq!((ids(&left), left.next_id), (vec![0, 2, 3, 4], 5), "no id is given twice");
    assert_eq!(left.place_of(NodeId::new(4)), Some(NodeId::new(3)));
}

#[test]
fn weights_count_where_votes_are_weighed() {
    let mut executor = chain(7, "tendermint");
    let change = Change::Weigh { name: "n0".to_owned(), weight: 2 };
    for seed in 0..5 {
        wish(&mut executor, seed, 0, 20, &change);
    }
    let weighed = epoch(&executor, 1).unwrap();
    assert_eq!(weighed.weights(), [2, 1, 1, 1, 1, 1, 1]);
    assert_eq!(weighed.quorum(FaultModel::Byzantine).size(), 6);
}

#[test]
fn what_would_break_the_chain_is_refused() {
    let mut executor = chain(4, "pbft");
    let none = wish(&mut executor, 9, 0, 20, &protocol("hotstuff"));
    assert_eq!(none, Outcome::Refused(Refusal::NotValidator));
    for first in [0, 1, 9, NOTICE_BLOCKS_MAX * 2, u64::MAX] {
        let outcome = wish(&mut executor, 0, 0, first, &protocol("hotstuff"));
        assert_eq!(outcome, Outcome::Refused(Refusal::BadNotice), "{first}");
    }
    for after in [1, u64::MAX] {
        let outcome = wish(&mut executor, 0, after, 30, &protocol("hotstuff"));
        assert_eq!(outcome, Outcome::Refused(Refusal::StaleWish), "{after}");
    }
    let named = |name: &str| name.to_owned();
    let join = |validator: Validator, weight| Change::Join { validator, weight };
    // About every second encoding is no point of the curve.
    let not_a_point = (2_u8..).map(|byte| [byte; 32]).find_map(|bytes| {
        let key = PublicKey::from_bytes(&bytes).ok()?;
        PublicKey::new(bytes).is_err().then_some(key)
    });
    let not_a_point = not_a_point.unwrap();
    let cases = [
        (protocol("raft"), Refusal::ProtocolUnfit),
        (protocol(&"x".repeat(65)), Refusal::MalformedPayload),
        (protocol(""), Refusal::MalformedPayload),
        (join(validator(4), 0), Refusal::ZeroWeight),
        (join(validator(4), 2), Refusal::VotesCount),
        (join(validator(4), u64::MAX), Refusal::WeightOverflow),
        (join(validator(4), WEIGHT_TOTAL_MAX - 3), Refusal::WeightOverflow),
        (join(Validator { name: named("n1"), ..validator(4) }, 1), Refusal::DuplicateValidator),
        (join(Validator { key: key(1), ..validator(4) }, 1), Refusal::DuplicateValidator),
        (join(Validator { network_key: key(101), ..validator(4) }, 1), Refusal::DuplicateValidator),
        (join(Validator { key: not_a_point, ..validator(4) }, 1), Refusal::BadKey),
        (Change::Leave { name: named("n9") }, Refusal::UnknownValidator),
        (Change::Leave { name: named("n1") }, Refusal::TooFewValidators),
        (Change::Rotate { name: named("n9"), key: key(4) }, Refusal::UnknownValidator),
        (Change::Rotate { name: named("n1"), key: key(2) }, Refusal::DuplicateValidator),
        (Change::Rotate { name: named("n1"), key: key(1) }, Refusal::DuplicateValidator),
        (Change::Rotate { name: named("n1"), key: not_a_point }, Refusal::BadKey),
        (Change::Weigh { name: named("n1"), weight: 0 }, Refusal::ZeroWeight),
        (Change::Weigh { name: named("n1"), weight: 2 }, Refusal::VotesCount),
        (Change::Weigh { name: named("n9"), weight: 2 }, Refusal::UnknownValidator),
    ];
    for (change, expected) in cases {
        assert_eq!(refusal(&mut executor, &change), expected, "{change}");
    }
    for bytes in [vec![], vec![1, 2, 3], vec![0xff; 64]] {
        let outcome = submit(&mut executor, key(0), bytes);
        assert_eq!(outcome, Outcome::Refused(Refusal::MalformedPayload));
    }
    assert_eq!(count(&executor), 0);
}

/// A weight that one liar's vote would decide everything with, and a protocol that would forget the weights.
#[test]
fn a_weight_that_no_set_stands_is_refused() {
    let mut executor = chain(4, "tendermint");
    let heavy = Change::Weigh { name: "n1".to_owned(), weight: 2 };
    assert_eq!(refusal(&mut executor, &heavy), Refusal::TooFewValidators);
    let mut executor = chain(7, "tendermint");
    for seed in 0..5 {
        wish(&mut executor, seed, 0, 20, &heavy);
    }
    while executor.height() < Height::new(20) {
        executor.execute(None, Digest::ZERO, &[]);
    }
    assert_eq!(refusal(&mut executor, &protocol("pbft")), Refusal::VotesCount);
}

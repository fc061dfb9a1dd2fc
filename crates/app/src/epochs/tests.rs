use std::sync::Arc;

use codec::{Bytes, Encode};
use ledger::{
    Account, Batch, Operation, Outcome, Proposal, Refusal, SealedTransaction, Transaction,
};
use types::{ChainId, Digest, Height, NodeId, Time, View};

use super::{Change, EPOCH_CHANGE, EPOCHS, Epoch, NOTICE_BLOCKS_MAX, Rules, epoch_at, latest};
use crate::{Apps, Executor};

const fn account(validator: u8) -> Account {
    Account([validator; 32])
}

fn executor() -> Executor {
    let rules = Rules {
        validators: (0..4).map(account).collect(),
        quorum: 3,
        protocols: vec!["pbft".to_owned(), "hotstuff".to_owned()],
    };
    Executor::new(ChainId::default(), Apps::governed(rules))
}

fn wish(executor: &mut Executor, validator: u8, payload: Vec<u8>) -> Outcome {
    let height = executor.height().get();
    let transaction = Transaction {
        chain: ChainId::default(),
        sender: account(validator),
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

fn change(first: u64, protocol: &str) -> Vec<u8> {
    Change { first: Height::new(first), protocol: protocol.to_owned() }.to_bytes()
}

#[test]
fn a_quorum_that_wishes_the_same_begins_an_epoch_at_its_height() {
    let mut executor = executor();
    for validator in 0..3 {
        assert_eq!(latest(&executor), None);
        assert_eq!(wish(&mut executor, validator, change(20, "hotstuff")), Outcome::Applied);
    }
    let first = Height::new(20);
    let epoch = Epoch { number: 1, first, protocol: "hotstuff".to_owned() };
    assert_eq!(epoch_at(&executor, Height::new(19)), None);
    assert_eq!(epoch_at(&executor, first), Some(epoch.clone()));
    assert_eq!(latest(&executor), Some(epoch.clone()));
    let late = wish(&mut executor, 3, change(30, "pbft"));
    assert_eq!(late, Outcome::Refused(Refusal::ChangeScheduled));
    while executor.height() < first {
        executor.execute(None, Digest::ZERO, &[]);
    }
    for validator in 1..4 {
        assert_eq!(wish(&mut executor, validator, change(40, "pbft")), Outcome::Applied);
    }
    assert_eq!(epoch_at(&executor, Height::new(39)), Some(epoch));
    assert_eq!(epoch_at(&executor, Height::new(40)).map(|epoch| epoch.number), Some(2));
}

#[test]
fn a_validator_may_change_its_mind_and_counts_once() {
    let mut executor = executor();
    for first in [20, 20, 21] {
        wish(&mut executor, 0, change(first, "hotstuff"));
    }
    wish(&mut executor, 1, change(20, "hotstuff"));
    wish(&mut executor, 2, change(20, "hotstuff"));
    assert_eq!(latest(&executor), None, "the first has changed its mind");
    wish(&mut executor, 3, change(20, "hotstuff"));
    assert!(latest(&executor).is_some());
}

#[test]
fn what_would_break_the_chain_is_refused() {
    let mut executor = executor();
    let mut refusal = |validator, payload| match wish(&mut executor, validator, payload) {
        Outcome::Refused(refusal) => refusal,
        Outcome::Applied => panic!("applied"),
    };
    assert_eq!(refusal(9, change(20, "hotstuff")), Refusal::NotValidator);
    assert_eq!(refusal(0, change(20, "raft")), Refusal::ProtocolUnfit);
    for first in [0, 1, 10, NOTICE_BLOCKS_MAX * 2, u64::MAX] {
        assert_eq!(refusal(0, change(first, "hotstuff")), Refusal::BadNotice);
    }
    assert_eq!(refusal(0, change(20, &"x".repeat(33))), Refusal::MalformedPayload);
    assert_eq!(refusal(0, vec![1, 2, 3]), Refusal::MalformedPayload);
}

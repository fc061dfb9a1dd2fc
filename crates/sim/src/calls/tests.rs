use std::sync::Arc;

use app::contracts::entry_key;
use app::{Apps, Executor};
use crypto::Signature;
use ledger::{Batch, Proposal, SealedTransaction, Transaction};
use types::{ChainId, Digest, NodeId, Time, View};

use super::*;

#[test]
fn the_contract_is_what_its_source_says() {
    let source = include_str!("counter.wat");
    assert_eq!(wat::parse_str(source).unwrap(), COUNTER, "put these bytes there");
}

/// The states after so many wishes of one client.
fn after(wishes: u64) -> Executor {
    let mut executor = Executor::new(ChainId::default(), Apps::builtin());
    let (mut calls, mut prng) = (Calls::default(), Prng::new(1, 1));
    let sender = Account([1; 32]);
    let made = (0..wishes).map(|nonce| {
        let Wish { operation, payload, .. } = calls.next(sender, &mut prng);
        let (chain, signature) = (ChainId::default(), Signature::NONE);
        let (payload, expires) = (Bytes(payload), Time::from_us(u64::MAX));
        let transaction =
            Transaction { chain, sender, nonce, operation, payload, fee: 0, expires, signature };
        SealedTransaction::new(&transaction).unwrap()
    });
    let made: Vec<SealedTransaction> = made.collect();
    let me = NodeId::new(0);
    let batch = Arc::new(Batch::seal(me, 0, &made).unwrap());
    let batches = vec![batch.digest()];
    let proposal = Proposal { view: View::ZERO, proposer: me, time: Time::ZERO, batches };
    executor.execute(Some(proposal), Digest::ZERO, &[batch]);
    executor
}

/// The check can fail: a count that is no call's, and a call that is not counted.
#[test]
fn what_was_not_called_is_found() {
    let mut executor = after(40);
    let state = executor.state_mut(CONTRACTS).unwrap();
    assert!(check(state).is_ok());
    let applied: Vec<_> = runs(state).filter(|run| run.outcome.is_applied()).collect();
    assert!(applied.len() > 10 && runs(state).count() == 40);
    let key = entry_key(&applied[0].contract, b"n");
    let count = u64::from_le_bytes(state.get(&key).unwrap().try_into().unwrap());
    for wrong in [count - 1, count + 1] {
        state.set(key.clone(), wrong.to_le_bytes().to_vec());
        assert_eq!(check(state).unwrap_err().invariant, EXACTLY_ONCE);
    }
}

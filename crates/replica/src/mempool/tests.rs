use app::joint::{JOINT, KeyUse, use_key};
use app::{Apps, Executor};
use codec::{Bytes, Encode};
use crypto::Signature;
use ledger::{Account, Operation, Refusal, SealedTransaction, Transaction};
use types::{ChainId, Digest, Height, Time};

use super::{Limits, Mempool};

const LIMITS: Limits = Limits { txs_max: 5, bytes_max: 2_000, per_sender_max: 3 };

fn tx(sender: u8, nonce: u64, fee: u64, bytes: usize) -> SealedTransaction {
    until(sender, nonce, fee, bytes, 1)
}

fn until(sender: u8, nonce: u64, fee: u64, bytes: usize, expires_us: u64) -> SealedTransaction {
    let transaction = Transaction {
        chain: ChainId::default(),
        sender: Account([sender; 32]),
        nonce,
        operation: Operation { app: app::NOTES, verb: app::NOTE_PUT },
        payload: Bytes(vec![0; bytes]),
        fee,
        expires: Time::from_us(expires_us),
        signature: Signature::NONE,
    };
    SealedTransaction::new(&transaction).unwrap()
}

fn executor() -> Executor {
    Executor::new(ChainId::default(), Apps::builtin())
}

#[test]
fn the_pool_is_bounded_in_transactions_bytes_and_per_sender() {
    let (executor, mut pool) = (executor(), Mempool::new(LIMITS));
    for nonce in 0..3 {
        assert_eq!(pool.admit(tx(1, nonce, 0, 10), &executor), Ok(()));
    }
    assert_eq!(pool.admit(tx(1, 3, 9, 10), &executor), Err(Refusal::SenderLimit));
    assert_eq!(pool.admit(tx(1, 0, 0, 10), &executor), Err(Refusal::AlreadyPending));
    assert_eq!(pool.admit(tx(2, 0, 0, 10), &executor), Ok(()));
    assert_eq!(pool.admit(tx(3, 0, 0, 10), &executor), Ok(()));
    assert_eq!(pool.admit(tx(4, 0, 0, 10), &executor), Err(Refusal::PoolFull));
    let mut large = Mempool::new(LIMITS);
    assert_eq!(large.admit(tx(1, 0, 0, 1_000), &executor), Ok(()));
    assert_eq!(large.admit(tx(2, 0, 0, 1_000), &executor), Err(Refusal::PoolFull));
}

#[test]
fn a_dearer_transaction_takes_the_place_of_the_cheapest_and_is_served_first() {
    let (executor, mut pool) = (executor(), Mempool::new(LIMITS));
    for sender in 1..=5 {
        assert_eq!(pool.admit(tx(sender, 0, u64::from(sender), 10), &executor), Ok(()));
    }
    assert_eq!(
        pool.admit(tx(6, 0, 1, 10), &executor),
        Err(Refusal::PoolFull),
        "not dearer than the cheapest"
    );
    assert_eq!(pool.admit(tx(6, 0, 9, 10), &executor), Ok(()));
    let fees: Vec<u64> = pool.drain(10_000, 10, &executor).iter().map(|tx| tx.view().fee).collect();
    assert_eq!(fees, [9, 5, 4, 3, 2]);
    assert_eq!((pool.len(), pool.bytes()), (0, 0));
    assert_eq!(pool.admit(tx(1, 0, 1, 10), &executor), Ok(()), "the evicted one may come again");
}

#[test]
fn a_batch_is_cut_at_its_limits_and_repetitions_stay_known_until_execution() {
    let (executor, mut pool) = (executor(), Mempool::new(LIMITS));
    let first = tx(1, 0, 0, 100);
    let length = first.bytes().len();
    for transaction in [first.clone(), tx(2, 0, 0, 100), tx(3, 0, 0, 100)] {
        assert_eq!(pool.admit(transaction, &executor), Ok(()));
    }
    assert_eq!(pool.drain(14 + 2 * length, 10, &executor).len(), 2);
    assert_eq!(pool.admit(first.clone(), &executor), Err(Refusal::AlreadyPending));
    pool.forget([first.id()].iter());
    assert_eq!(pool.admit(first, &executor), Ok(()));
}

#[test]
fn wrong_chain_expiry_and_operation_are_refused_at_the_door() {
    let (executor, mut pool) = (executor(), Mempool::new(LIMITS));
    let change = |edit: fn(&mut Transaction)| {
        let mut transaction = tx(1, 0, 0, 1).view().to_owned();
        edit(&mut transaction);
        SealedTransaction::new(&transaction).unwrap()
    };
    let mut admit = |edit| pool.admit(change(edit), &executor);
    assert_eq!(admit(|tx| tx.chain = ChainId(Digest::new([1; 32]))), Err(Refusal::WrongChain));
    assert_eq!(admit(|tx| tx.expires = Time::ZERO), Err(Refusal::Expired));
    assert_eq!(admit(|tx| tx.operation.verb = 99), Err(Refusal::UnknownOperation));
    assert_eq!(admit(|tx| tx.operation.app = ledger::AppId(77)), Err(Refusal::UnknownOperation));
}

#[test]
fn what_offers_less_than_the_agreed_fee_is_stopped_at_the_door() {
    let (mut executor, mut pool) = (executor(), Mempool::new(LIMITS));
    let state = executor.state_mut(app::governance::GOVERNANCE).unwrap();
    app::governance::set(state, app::governance::Parameter::FeePerKib, 5);
    assert_eq!(pool.admit(tx(1, 0, 4, 10), &executor), Err(Refusal::FeeTooLow));
    assert_eq!(pool.admit(tx(1, 0, 5, 10), &executor), Ok(()));
}

#[test]
fn a_key_that_has_handed_over_is_stopped_at_the_door_behind_its_overlap() {
    let (mut executor, mut pool) = (executor(), Mempool::new(LIMITS));
    let (old, newest) = (Account([1; 32]), Account([9; 32]));
    for (until, verdict) in [(1, Ok(())), (0, Err(Refusal::KeyRetired))] {
        let used = KeyUse { account: old, until: Some(Height::new(until)), newest };
        let state = executor.state_mut(JOINT).unwrap();
        state.set(use_key(&old), used.to_bytes());
        assert_eq!(pool.admit(tx(1, until, 0, 10), &executor), verdict, "the next block is 1");
    }
    assert_eq!(pool.admit(tx(9, 0, 0, 10), &executor), Ok(()));
}

/// The pool of the federated seed dropped the oldest: of the fees 100, 1, 1 it kept 1, 1.
#[test]
fn defect_11_a_full_pool_drops_the_cheapest_and_never_a_dearer_one() {
    let limits = Limits { txs_max: 2, ..LIMITS };
    let (executor, mut pool) = (executor(), Mempool::new(limits));
    assert_eq!(pool.admit(tx(1, 0, 100, 10), &executor), Ok(()));
    assert_eq!(pool.admit(tx(2, 0, 1, 10), &executor), Ok(()));
    assert_eq!(pool.admit(tx(3, 0, 1, 10), &executor), Err(Refusal::PoolFull));
    assert_eq!(pool.admit(tx(4, 0, 2, 10), &executor), Ok(()));
    let fees: Vec<u64> = pool.drain(10_000, 10, &executor).iter().map(|tx| tx.view().fee).collect();
    assert_eq!(fees, [100, 2]);
}

#[test]
fn a_dearer_transaction_with_the_same_nonce_replaces_the_one_that_waits() {
    let (executor, mut pool) = (executor(), Mempool::new(LIMITS));
    for nonce in 0..3 {
        assert_eq!(pool.admit(tx(1, nonce, 5, 10), &executor), Ok(()));
    }
    assert_eq!(pool.admit(tx(1, 1, 5, 20), &executor), Err(Refusal::NonceUsed), "not dearer");
    assert_eq!(pool.admit(tx(1, 1, 6, 20), &executor), Ok(()), "at the sender's limit too");
    assert_eq!(pool.len(), 3);
    assert_eq!(pool.admit(tx(1, 1, 5, 10), &executor), Err(Refusal::NonceUsed), "it was replaced");
    let drained = pool.drain(10_000, 10, &executor);
    let drained: Vec<(u64, u64)> =
        drained.iter().map(|tx| (tx.view().nonce, tx.view().fee)).collect();
    assert_eq!(drained, [(1, 6), (0, 5), (2, 5)]);
    assert_eq!((pool.len(), pool.bytes()), (0, 0));
}

#[test]
fn a_transaction_that_finds_no_room_drives_nobody_out() {
    let (executor, mut pool) = (executor(), Mempool::new(LIMITS));
    for (sender, fee) in [(1, 1), (2, 9), (3, 9)] {
        assert_eq!(pool.admit(tx(sender, 0, fee, 400), &executor), Ok(()));
    }
    let before = (pool.len(), pool.bytes());
    assert_eq!(pool.admit(tx(4, 0, 5, 1_500), &executor), Err(Refusal::PoolFull));
    assert_eq!(
        pool.admit(tx(1, 0, 2, 1_500), &executor),
        Err(Refusal::PoolFull),
        "as a replacement"
    );
    assert_eq!((pool.len(), pool.bytes()), before);
    assert_eq!(pool.admit(tx(1, 0, 1, 400), &executor), Err(Refusal::AlreadyPending));
}

#[test]
fn what_expires_leaves_the_pool_and_may_be_renewed() {
    let (executor, mut pool) = (executor(), Mempool::new(LIMITS));
    for (sender, end) in [(1, 10), (2, 20), (3, 30)] {
        assert_eq!(pool.admit(until(sender, 0, 1, 10, end), &executor), Ok(()));
    }
    pool.expire(Time::from_us(9));
    assert_eq!(pool.len(), 3);
    pool.expire(Time::from_us(20));
    assert_eq!(pool.len(), 1);
    assert_eq!(pool.admit(until(1, 0, 1, 10, 40), &executor), Ok(()));
    pool.expire(Time::from_us(100));
    assert_eq!((pool.len(), pool.bytes()), (0, 0));
}

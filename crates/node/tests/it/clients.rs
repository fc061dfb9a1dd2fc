//! Hostile clients against four running validators (reliability.md 4.3, items 20 to 24): one verdict everywhere, and
//! everything at most once.

use std::time::Duration;

use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{
    Account, AppId, Operation, Outcome, Refusal, SealedTransaction, Transaction, sign_transaction,
};
use node::{Handle, WaitFor};
use types::{ChainId, Time};

use crate::support::{Network, quick};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn note(handle: &Handle, nonce: u64, text: &[u8]) -> Transaction {
    Transaction {
        chain: handle.genesis().chain_id(),
        sender: Account::default(),
        nonce,
        operation: Operation { app: AppId(2), verb: 1 },
        payload: Bytes(text.to_vec()),
        fee: 0,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    }
}

fn signed(mut tx: Transaction, seed: u8) -> SealedTransaction {
    sign_transaction(&mut tx, &key(seed));
    SealedTransaction::new(&tx).unwrap()
}

async fn committed(handle: &Handle, tx: &SealedTransaction) -> Outcome {
    let waited = handle.wait_for(tx.id(), WaitFor::Commit, Duration::from_secs(20)).await;
    waited.unwrap().outcome
}

/// Item 22: what is refused is refused for the same reason by every validator.
async fn one_verdict_everywhere(network: &Network) {
    let handle = network.handle(0);
    let good = || note(handle, 1, b"good");
    let mut forged = good();
    sign_transaction(&mut forged, &key(3));
    forged.fee += 1;
    let small_order = Transaction { sender: Account([0; 32]), ..good() };
    let unsealed = |tx: &Transaction| SealedTransaction::from_bytes(&tx.to_bytes()).unwrap();
    let unknown = Operation { app: AppId(2), verb: 77 };
    let cases = [
        (signed(Transaction { chain: ChainId::default(), ..good() }, 3), Refusal::WrongChain),
        (signed(Transaction { expires: Time::from_us(1), ..good() }, 3), Refusal::Expired),
        (signed(Transaction { operation: unknown, ..good() }, 3), Refusal::UnknownOperation),
        (unsealed(&forged), Refusal::BadSignature),
        (unsealed(&small_order), Refusal::BadSignature),
        (unsealed(&good()), Refusal::BadSignature),
    ];
    for (tx, refusal) in cases {
        for index in 0..4 {
            let verdict = network.handle(index).submit(vec![tx.clone()]).await.unwrap();
            assert_eq!(verdict, [Err(refusal)], "at n{index}");
        }
    }
}

/// Item 21: the same transaction again and again, at all validators, during and after: one execution.
async fn the_same_again_and_again(network: &Network) {
    let tx = signed(note(network.handle(0), 1, b"again"), 4);
    for round in 0..500 {
        let handle = network.handle(round % 4);
        for answer in handle.submit(vec![tx.clone(); 4]).await.unwrap() {
            let is_harmless =
                matches!(answer, Ok(()) | Err(Refusal::AlreadyPending | Refusal::NonceUsed));
            assert!(is_harmless, "{answer:?}");
        }
    }
    assert_eq!(committed(network.handle(0), &tx).await, Outcome::Applied);
    assert_eq!(executions(network, &tx).await, 1);
}

/// How often the chain has applied a transaction.
async fn executions(network: &Network, tx: &SealedTransaction) -> usize {
    let handle = network.handle(0);
    let height = handle.query(|view| view.status().height).await.unwrap();
    let mut count = 0;
    for height in 1..=height.get() {
        let block = handle.block(types::Height::new(height)).await.unwrap();
        let is_it =
            |record: &&ledger::TxRecord| record.id == tx.id() && record.outcome == Outcome::Applied;
        count += block.records.iter().filter(is_it).count();
    }
    count
}

/// Item 24: different requests under one nonce to different validators: one wins, the same everywhere.
async fn one_nonce_for_many(network: &Network) {
    for nonce in 10..16 {
        let text = |index: usize| format!("{nonce} at {index}").into_bytes();
        let rivals: Vec<SealedTransaction> =
            (0..4).map(|index| signed(note(network.handle(0), nonce, &text(index)), 5)).collect();
        let mut taken = Vec::new();
        for (index, tx) in rivals.iter().enumerate() {
            if network.handle(index).submit(vec![tx.clone()]).await.unwrap() == [Ok(())] {
                taken.push(tx);
            }
        }
        let mut applied = 0;
        for tx in taken {
            // Who comes second is refused by agreement, or never ordered once the nonce is known to be used.
            let waited =
                network.handle(0).wait_for(tx.id(), WaitFor::Commit, Duration::from_secs(3));
            if let Ok(result) = waited.await {
                match result.outcome {
                    Outcome::Applied => applied += 1,
                    Outcome::Refused(refusal) => assert_eq!(refusal, Refusal::NonceUsed),
                }
            }
        }
        assert_eq!(applied, 1, "nonce {nonce}");
    }
}

/// Item 20: one client floods with all it has; another one is served meanwhile, and the pool stays bounded.
async fn a_flood_from_one_client(network: &Network) {
    let settings = network.handle(0).settings();
    let limit = settings.mempool.per_sender_max;
    let mut refused = 0;
    for round in 0..4_u64 {
        let flood =
            (0..64_u64).map(|at| signed(note(network.handle(0), 1_000 + round * 64 + at, b"x"), 6));
        let answers = network.handle(0).submit(flood.collect()).await.unwrap();
        refused += answers.iter().filter(|answer| **answer == Err(Refusal::SenderLimit)).count();
    }
    assert!(refused > 0, "a client may have only {limit} waiting");
    let other = signed(note(network.handle(0), 1, b"other"), 7);
    assert_eq!(network.handle(0).submit(vec![other.clone()]).await.unwrap(), [Ok(())]);
    assert_eq!(committed(network.handle(0), &other).await, Outcome::Applied);
    let pool = network.handle(0).query(|view| view.status().pool_txs).await.unwrap();
    assert!(pool <= settings.mempool.transactions_max, "{pool}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_clients_have_one_verdict_everywhere_and_nothing_twice() {
    let mut plan = quick();
    plan.settings.push(("mempool.per_sender_max".to_owned(), "32".to_owned()));
    let network = Network::start(&plan).await;
    // Expiry is compared with the agreed time, which begins with the first block.
    network.issue(0, "first").await;
    network.converge(1).await;
    one_verdict_everywhere(&network).await;
    the_same_again_and_again(&network).await;
    one_nonce_for_many(&network).await;
    a_flood_from_one_client(&network).await;
    let height = network.handle(0).query(|view| view.status().height.get()).await.unwrap();
    network.converge(height).await;
    network.stop().await;
}

use codec::Bytes;
use crypto::{SecretKey, Signature};
use ledger::{AppId, Operation, Transaction, sign_transaction};
use types::{ChainId, Time};

use super::*;

fn transaction(nonce: u64, fee: u64) -> SealedTransaction {
    let mut transaction = Transaction {
        chain: ChainId::default(),
        sender: Account::default(),
        nonce,
        operation: Operation { app: AppId(2), verb: 1 },
        payload: Bytes(vec![0; 100]),
        fee,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    };
    sign_transaction(&mut transaction, &SecretKey::from_seed([3; 32]));
    SealedTransaction::new(&transaction).unwrap()
}

fn limits(transactions_max: usize) -> MempoolSettings {
    MempoolSettings { transactions_max, bytes_max: 1 << 20, per_sender_max: 10 }
}

#[test]
fn a_full_pool_refuses_before_anything_is_checked_except_what_pays() {
    let gauge = PoolGauge::default();
    gauge.set((2, 500));
    let all = [transaction(1, 0), transaction(2, 0), transaction(3, 7), transaction(4, 0)];
    let (fits, coming) = gauge.admit(&limits(3), &all);
    assert_eq!(fits, [true, false, true, false]);
    // What is on its way takes room, until it has arrived.
    let (fits, _) = gauge.admit(&limits(3), &all[..1]);
    assert_eq!(fits, [false]);
    drop(coming);
    let (fits, _) = gauge.admit(&limits(3), &all[..1]);
    assert_eq!(fits, [true]);
}

#[test]
fn forged_signatures_are_found_among_good_ones() {
    let checks = ClientChecks::new(true);
    let mut forged = transaction(2, 0).bytes().to_vec();
    let at = forged.len() - 70;
    forged[at] ^= 1;
    let forged = SealedTransaction::from_bytes(&forged).unwrap();
    let all = [transaction(1, 0), forged, transaction(3, 0)];
    assert_eq!(checks.check(&all), [true, false, true]);
    assert_eq!(checks.check(&all[2..]), [true]);
    assert_eq!(ClientChecks::new(false).check(&all), [true; 3]);
}

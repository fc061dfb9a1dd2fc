use ledger::Outcome;

use super::*;

fn id(number: u8) -> Digest {
    Digest::new([number; 32])
}

fn record(number: u8) -> TxRecord {
    TxRecord { id: id(number), outcome: Outcome::Applied }
}

#[tokio::test]
async fn a_request_is_told_when_its_transaction_is_executed_or_certified() {
    let waiters = Waiters::default();
    let executed = waiters.register(id(1), WaitFor::Executed).unwrap();
    let committed = waiters.register(id(2), WaitFor::Commit).unwrap();
    waiters.executed(Height::new(5), &[record(2), record(1)]);
    let result = executed.result().await.unwrap();
    assert_eq!((result.height, result.index, result.certified), (Height::new(5), 1, false));
    waiters.certified(Height::new(4));
    assert_eq!(waiters.0.lock().by_height.len(), 1);
    waiters.certified(Height::new(6));
    assert!(committed.result().await.unwrap().certified);
}

#[test]
fn a_dropped_request_leaves_nothing_behind() {
    let waiters = Waiters::default();
    drop(waiters.register(id(1), WaitFor::Commit));
    let parked = waiters.register(id(2), WaitFor::Commit).unwrap();
    waiters.executed(Height::new(1), &[record(2)]);
    drop(parked);
    let waiting = waiters.0.lock();
    assert!(waiting.by_id.is_empty() && waiting.by_height.is_empty());
    assert_eq!(waiters.0.count.load(Ordering::Acquire), 0);
}

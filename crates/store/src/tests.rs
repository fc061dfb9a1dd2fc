use std::path::Path;

use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature, Signatures};
use ledger::{
    Account, AppId, Change, Header, Operation, Outcome, Proposal, SealedTransaction, Transaction,
    TxRecord, VectorClock,
};
use types::{NodeId, Time, View};

use super::*;

mod corruption;
mod examine;
mod sign_state;
mod store;

pub(crate) fn options(folder: &Path) -> StoreOptions {
    StoreOptions {
        path: folder.join("db"),
        sign_state_folder: folder.to_owned(),
        chain: chain(1),
        trust_lost_state: false,
    }
}

pub(crate) fn chain(number: u8) -> types::ChainId {
    types::ChainId(types::Digest::new([number; 32]))
}

/// A transaction that nobody else made.
pub(crate) fn transaction(nonce: u64) -> SealedTransaction {
    let key = SecretKey::from_seed([7; 32]);
    SealedTransaction::new(&Transaction {
        chain: chain(1),
        sender: Account(key.public().to_bytes()),
        nonce,
        operation: Operation { app: AppId(2), verb: 1 },
        payload: Bytes(vec![1; 200]),
        fee: 0,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    })
    .unwrap()
}

pub(crate) fn batch(number: u64, txs: u64) -> std::sync::Arc<ledger::Batch> {
    let txs: Vec<_> = (0..txs).map(|index| transaction(number * 1_000 + index)).collect();
    std::sync::Arc::new(ledger::Batch::seal(NodeId::new(0), number, &txs).unwrap())
}

/// A block on `parent` that executes one batch and sets one key.
pub(crate) fn block(
    parent: Option<&ledger::StoredBlock>,
    batch: &ledger::Batch,
) -> std::sync::Arc<ledger::StoredBlock> {
    let height = parent.map_or(types::Height::ZERO, |block| block.header.height).next();
    let records: Vec<TxRecord> =
        batch.transactions().map(|(id, _)| TxRecord { id, outcome: Outcome::Applied }).collect();
    let proposal = Proposal {
        view: View::ZERO,
        proposer: NodeId::new(0),
        time: Time::from_us(height.get()),
        batches: vec![batch.digest()],
    };
    let header = Header {
        chain: chain(1),
        height,
        parent: parent.map_or(types::Digest::ZERO, |block| block.header.hash()),
        view: View::ZERO,
        proposer: Some(NodeId::new(0)),
        time: Time::from_us(height.get()),
        payload: crypto::hash("test", &proposal.to_bytes()),
        tx_count: u32::try_from(records.len()).unwrap(),
        tx_root: types::Digest::ZERO,
        state_roots: Vec::new(),
        clock: VectorClock::default(),
    };
    let change = |key: Vec<u8>, value: Vec<u8>| Change {
        app: AppId(1),
        key: Bytes(key),
        value: Some(Bytes(value)),
    };
    let number = height.get().to_be_bytes().to_vec();
    std::sync::Arc::new(ledger::StoredBlock {
        header,
        proposal: Some(proposal),
        executed: vec![batch.digest()],
        records,
        changes: vec![change(number.clone(), number.clone()), change(b"last".to_vec(), number)],
    })
}

pub(crate) fn certificate(block: &ledger::StoredBlock) -> ledger::BlockCertificate {
    ledger::BlockCertificate {
        height: block.header.height,
        block: block.header.hash(),
        signatures: Signatures::from([(NodeId::new(1), Signature::NONE)]),
    }
}

/// Commits `count` blocks of one batch of `txs` transactions each, a commit per block.
pub(crate) fn fill(
    store: &Store,
    count: u64,
    txs: u64,
) -> Vec<std::sync::Arc<ledger::StoredBlock>> {
    let mut blocks: Vec<std::sync::Arc<ledger::StoredBlock>> = Vec::new();
    for number in 0..count {
        let batch = batch(number, txs);
        let block = block(blocks.last().map(AsRef::as_ref), &batch);
        store.commit(&[Op::Batch(batch), Op::CoreAppend(number.to_le_bytes().to_vec())]).unwrap();
        store.commit(&[Op::Block(std::sync::Arc::clone(&block))]).unwrap();
        store.commit(&[Op::Certificate(certificate(&block))]).unwrap();
        blocks.push(block);
    }
    blocks
}

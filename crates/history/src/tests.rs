//! Every store does the same: one suite, run over each.

mod archive;
mod corruption;
mod flow;
mod liar;
mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
mod suite;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature, Signer};
use ledger::{
    Account, Attestation, Auditor, Batch, Block, BlockCertificate, Chain, ConsensusConfig,
    CryptoConfig, Genesis, History, HistoryError, Kind, Lineage, MemoryHistory, Offered, Outcome,
    Proposal, Seal, SealedTransaction, Transaction, Validator,
};
use store::ValidatorHistory;
use types::{FaultModel, Height, NodeId, Time, View};

use crate::{Archive, SEGMENT_BLOCKS, SqlHistory};

fn secret(at: u16) -> SecretKey {
    SecretKey::from_seed([u8::try_from(at).unwrap() + 1; 32])
}

fn genesis_of(network: &str) -> Genesis {
    let validators = (0..4).map(|at| Validator {
        name: format!("n{at}"),
        key: secret(at).public(),
        network_key: secret(at + 50).public(),
    });
    Genesis {
        network: network.to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: validators.collect(),
        client_signatures: false,
        apps: Vec::new(),
    }
}
fn genesis() -> Genesis {
    genesis_of("test")
}

fn certificate(genesis: &Genesis, block: &Block) -> BlockCertificate {
    let (height, hash) = (block.header.height, block.header.hash());
    let signatures = (0..3).map(|at| {
        let signer =
            Signer::new(NodeId::new(at), genesis.domain(Genesis::LEDGER), Arc::new(secret(at)));
        (NodeId::new(at), signer.sign(Attestation { height, block: hash }).signature)
    });
    BlockCertificate { height, block: hash, signatures: signatures.collect() }
}

/// A transaction of one of three senders to one of two topics, or an update of a node.
fn transaction(genesis: &Genesis, number: u64) -> SealedTransaction {
    let kind = if number.is_multiple_of(4) { Kind::NodeUpdate } else { Kind::Message };
    let topic = if number.is_multiple_of(2) { "orders" } else { "bills" };
    SealedTransaction::new(&Transaction {
        chain: genesis.chain_id(),
        sender: Account([u8::try_from(number % 3).unwrap(); 32]),
        nonce: number,
        operation: kind.operation(),
        payload: Bytes((topic.to_owned(), number).to_bytes()),
        fee: 1,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    })
    .unwrap()
}

/// A certified chain of so many blocks with so many transactions each; the last is a null request.
fn chain(genesis: &Genesis, blocks: u64, txs: u64) -> (Chain, Vec<Block>) {
    let config = ConsensusConfig::of("pbft").unwrap();
    let mut chain = Chain::new(genesis, config, CryptoConfig::of(genesis)).unwrap();
    let mut made = Vec::new();
    for height in 1..=blocks {
        let sealed: Vec<_> = (0..txs).map(|at| transaction(genesis, height * txs + at)).collect();
        let batch = Batch::seal(NodeId::new(0), height, &sealed).map(Arc::new);
        let batches: Vec<_> = batch.into_iter().collect();
        let proposal = Proposal {
            view: View::ZERO,
            proposer: NodeId::new(0),
            time: Time::from_us(height * 1_000_000),
            batches: batches.iter().map(|batch| batch.digest()).collect(),
        };
        let mut block = chain.draft(proposal, batches, |_| Outcome::Applied);
        block.seal = Seal::Certificate(certificate(genesis, &block));
        let now = Time::from_us(u64::MAX / 2);
        assert_eq!(chain.offer(block.clone(), now), Ok(Offered::Extended));
        made.push(block);
    }
    (chain, made)
}

/// A chain of more than a segment, made once.
static LONG: LazyLock<Vec<Block>> =
    LazyLock::new(|| chain(&genesis(), SEGMENT_BLOCKS as u64 + 5, 1).1);

/// A folder and how stores are made in it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn sqlite(&self) -> SqlHistory {
        SqlHistory::sqlite(&self.path("chain.sqlite"), Some(&genesis())).unwrap()
    }
    fn archive(&self) -> Archive {
        Archive::open(&self.path("archive"), Some(&genesis())).unwrap()
    }
}

#[test]
fn memory_is_a_history() {
    suite::run(&mut |genesis| Box::new(MemoryHistory::new(genesis.clone())), suite::ALL);
}
#[test]
fn sqlite_is_a_history() {
    let (place, mut number) = (Place::new(), 0);
    suite::run(
        &mut |genesis| {
            number += 1;
            let path = place.path(&format!("{number}.sqlite"));
            Box::new(SqlHistory::sqlite(&path, Some(genesis)).unwrap())
        },
        suite::ALL,
    );
}
#[test]
fn a_validators_store_is_a_history() {
    let (place, mut number) = (Place::new(), 0);
    suite::run(
        &mut |genesis| {
            number += 1;
            let path = place.path(&number.to_string());
            Box::new(ValidatorHistory::create(&path, genesis).unwrap())
        },
        suite::ALL,
    );
}
#[test]
fn an_archive_is_a_history_that_keeps_all() {
    let (place, mut number) = (Place::new(), 0);
    suite::run(
        &mut |genesis| {
            number += 1;
            let path = place.path(&number.to_string());
            Box::new(Archive::open(&path, Some(genesis)).unwrap())
        },
        suite::KEEPING,
    );
}

/// That the whole store is as it should be.
fn assert_sound(store: &(impl History + ?Sized)) {
    let mut auditor = Auditor::new(store.genesis().clone(), Lineage::default());
    let audit = auditor.audit(store, |_| ()).unwrap();
    assert_eq!(audit.faults, Vec::new());
    assert_eq!(audit.blocks, store.tip().unwrap().height.get());
}

fn height(number: u64) -> Height {
    Height::new(number)
}

fn refused<T: std::fmt::Debug>(result: Result<T, HistoryError>) -> HistoryError {
    result.expect_err("it should be refused")
}

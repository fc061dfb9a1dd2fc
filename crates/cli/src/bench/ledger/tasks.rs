//! What is measured: tasks of the ledger, each in CPU time on one thread.

use std::hint::black_box;
use std::sync::Arc;

use codec::Bytes;
use crypto::{PreparedKey, SecretKey, Signature, merkle, verify_batch};
use ledger::{
    Account, Batch, Block, Chain, ConsensusConfig, CryptoConfig, Genesis, Header, Kind, Offered,
    Outcome, Proposal, SealedTransaction, Transaction, TxRecord, Validator, VectorClock,
    sign_transaction, tx_signing_bytes,
};
use types::{ChainId, Digest, FaultModel, Height, NodeId, Prng, Time, View};

use crate::clock::cpu_s;

use super::{contracts, stores};

/// Every block's time is before this.
const NOW: Time = Time::from_us(u64::MAX / 2);
/// How long one round of a measurement goes on at least, in CPU seconds.
const ROUND_S: f64 = 0.2;
/// Blocks of the long chain.
const LONG: u64 = 1_000_000;

/// One number: its key, and what it counts.
pub(super) struct Number {
    pub(super) key: &'static str,
    pub(super) unit: &'static str,
    pub(super) value: f64,
    /// What the federated seed's Python library reached per CPU-second at the same task, where it has it.
    pub(super) python: Option<f64>,
}

pub(super) const fn number(
    key: &'static str,
    unit: &'static str,
    value: f64,
    python: Option<f64>,
) -> Number {
    Number { key, unit, value, python }
}

/// So many per CPU-second, where one takes `us` microseconds.
pub(super) fn rate(key: &'static str, us: f64, python: Option<f64>) -> Number {
    number(key, "per CPU s", 1e6 / us, python)
}

/// CPU microseconds that one call takes: the best of three rounds.
fn us_each(mut call: impl FnMut()) -> f64 {
    call();
    let mut round = || {
        let (start, mut calls) = (cpu_s(), 0);
        loop {
            call();
            calls += 1;
            let spent = cpu_s() - start;
            if spent >= ROUND_S {
                return spent * 1e6 / f64::from(calls);
            }
        }
    };
    (0..3).map(|_| round()).fold(f64::INFINITY, f64::min)
}

/// All of them.
pub(super) fn measure() -> Vec<Number> {
    let mut numbers = vec![create()];
    numbers.extend(signatures());
    numbers.push(block_of_100());
    numbers.extend(proofs());
    numbers.push(validation());
    numbers.extend(contracts::measure());
    numbers.extend(long_chain());
    numbers.extend(stores::measure());
    numbers
}

fn client(at: u8) -> SecretKey {
    SecretKey::from_seed([0x80 + at; 32])
}

/// An unsigned transaction with a payload of 100 bytes.
pub(super) fn transaction(chain: ChainId, sender: u8, nonce: u64) -> Transaction {
    Transaction {
        chain,
        sender: Account([sender; 32]),
        nonce,
        operation: Kind::NodeUpdate.operation(),
        payload: Bytes(vec![7; 100]),
        fee: 1,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    }
}

pub(super) fn sealed(transaction: &Transaction) -> SealedTransaction {
    SealedTransaction::new(transaction).unwrap_or_else(|error| unreachable!("well-formed: {error}"))
}

fn create() -> Number {
    let mut nonce = 0;
    let us = us_each(|| {
        for _ in 0..1_000 {
            nonce += 1;
            black_box(sealed(&transaction(ChainId::default(), 1, nonce)).id());
        }
    });
    rate("tx_create", us / 1e3, Some(187_800.0))
}

fn signatures() -> Vec<Number> {
    let key = client(1);
    let mut tx = transaction(ChainId::default(), 1, 1);
    let sign = us_each(|| sign_transaction(&mut tx, &key));
    let encoded = sealed(&tx);
    let (message, signature) = (tx_signing_bytes(encoded.bytes()), tx.signature);
    let Ok(prepared) = PreparedKey::new(tx.sender.0) else { return Vec::new() };
    let verify = us_each(|| assert!(prepared.verify(&message, &signature).is_ok()));
    let cold = us_each(|| {
        let key = PreparedKey::new(tx.sender.0);
        assert!(key.is_ok_and(|key| key.verify(&message, &signature).is_ok()));
    });
    let many: Vec<_> = (0..64)
        .map(|at| {
            let key = client(at);
            (key.public().prepare(), key.sign(&message))
        })
        .collect();
    let batch = us_each(|| {
        let items = many.iter().map(|(key, signature)| (key, message.as_slice(), signature));
        assert!(verify_batch(items));
    });
    vec![
        rate("sign", sign, Some(11_180.0)),
        rate("verify", verify, Some(10_640.0)),
        rate("verify_new_key", cold, Some(10_640.0)),
        rate("verify_batch_64", batch / 64.0, Some(10_640.0)),
    ]
}

pub(super) fn proposal(proposer: u16, seconds: u64, batches: &[Arc<Batch>]) -> Proposal {
    Proposal {
        view: View::ZERO,
        proposer: NodeId::new(proposer),
        time: Time::from_us(seconds * 1_000_000),
        batches: batches.iter().map(|batch| batch.digest()).collect(),
    }
}

pub(super) fn batches(number: u64, transactions: &[SealedTransaction]) -> Vec<Arc<Batch>> {
    Batch::seal(NodeId::new(0), number, transactions).map(Arc::new).into_iter().collect()
}

fn block_of_100() -> Number {
    let transactions: Vec<_> =
        (0..100).map(|nonce| sealed(&transaction(ChainId::default(), 1, nonce))).collect();
    let parent = Header {
        chain: ChainId::default(),
        height: Height::ZERO,
        parent: Digest::ZERO,
        view: View::ZERO,
        proposer: None,
        time: Time::ZERO,
        payload: Digest::ZERO,
        tx_count: 0,
        tx_root: Digest::ZERO,
        state_roots: Vec::new(),
        clock: VectorClock::new(),
    };
    let us = us_each(|| {
        let batches = batches(1, &transactions);
        let (proposal, outcomes) = (proposal(0, 1, &batches), vec![Outcome::Applied; 100]);
        let (chain, hash) = (ChainId::default(), Digest::ZERO);
        let block = Block::above(chain, &parent, hash, proposal, batches, outcomes, Vec::new());
        black_box(block.header.hash());
    });
    rate("block_100", us, Some(644.0))
}

fn proofs() -> Vec<Number> {
    let records: Vec<TxRecord> = (0..1_000_u64)
        .map(|nonce| TxRecord {
            id: sealed(&transaction(ChainId::default(), 1, nonce)).id(),
            outcome: Outcome::Applied,
        })
        .collect();
    let tree: merkle::Tree = records.iter().map(|record| record.leaf()).collect();
    let prove = us_each(|| {
        for index in 0..1_000 {
            black_box(tree.inclusion_path(index));
        }
    });
    let paths: Vec<_> = (0..1_000).map(|index| tree.inclusion_path(index)).collect();
    let root = Some(tree.root());
    let verify = us_each(|| {
        for ((record, path), index) in records.iter().zip(&paths).zip(0..) {
            assert_eq!(merkle::root_of_inclusion(record.leaf(), index, 1_000, path), root);
        }
    });
    vec![
        rate("merkle_prove_1000", prove / 1e3, Some(268_900.0)),
        rate("merkle_verify_1000", verify / 1e3, Some(159_800.0)),
    ]
}

pub(super) fn chain(client_signatures: bool) -> Chain {
    let genesis = genesis(client_signatures);
    let chain = ConsensusConfig::of("none")
        .and_then(|config| Chain::new(&genesis, config, CryptoConfig::of(&genesis)));
    chain.unwrap_or_else(|error| unreachable!("the usual rules are rules: {error}"))
}

pub(super) fn genesis(client_signatures: bool) -> Genesis {
    let validators = (1..=4_u8).map(|at| Validator {
        name: format!("n{at}"),
        key: SecretKey::from_seed([at; 32]).public(),
        network_key: SecretKey::from_seed([at + 50; 32]).public(),
    });
    Genesis {
        network: "bench".to_owned(),
        protocol: "none".to_owned(),
        fault_model: FaultModel::Crash,
        validators: validators.collect(),
        client_signatures,
        apps: Vec::new(),
    }
}

pub(super) fn next(chain: &Chain, transactions: &[SealedTransaction]) -> Block {
    let height = chain.height().get() + 1;
    let batches = batches(height, transactions);
    chain.draft(proposal(0, height, &batches), batches, |_| Outcome::Applied)
}

pub(super) fn offer(chain: &mut Chain, block: Block) {
    assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
}

fn validation() -> Number {
    let mut source = chain(true);
    let keys: Vec<SecretKey> = (0..10).map(client).collect();
    let mut blocks = Vec::new();
    for height in 0..1_000 {
        let signed = keys.iter().map(|key| {
            let mut tx = transaction(source.id(), 0, height);
            sign_transaction(&mut tx, key);
            sealed(&tx)
        });
        let block = next(&source, &signed.collect::<Vec<_>>());
        offer(&mut source, block.clone());
        blocks.push(block);
    }
    let times = (0..3).map(|_| {
        let (mut fresh, blocks) = (chain(true), blocks.clone());
        let start = cpu_s();
        blocks.into_iter().for_each(|block| offer(&mut fresh, block));
        cpu_s() - start
    });
    let best = times.fold(f64::INFINITY, f64::min);
    number("validate_1000x10_cpu_s", "CPU s", best, Some(1.16))
}

/// Microseconds to append a block of one transaction, the draft apart.
fn append_us(chain: &mut Chain) -> f64 {
    const BLOCKS: u32 = 2_000;
    let mut spent = 0.0;
    for _ in 0..BLOCKS {
        let height = chain.height().get();
        let block = next(chain, &[sealed(&transaction(chain.id(), 1, height))]);
        let start = cpu_s();
        offer(chain, block);
        spent += cpu_s() - start;
    }
    spent * 1e6 / f64::from(BLOCKS)
}

fn long_chain() -> Vec<Number> {
    let mut chain = chain(false);
    let fill = |chain: &mut Chain, to: u64| {
        while chain.height().get() < to {
            let height = chain.height().get();
            let block = next(chain, &[sealed(&transaction(chain.id(), 1, height))]);
            offer(chain, block);
        }
    };
    fill(&mut chain, 1_000);
    let short = append_us(&mut chain);
    fill(&mut chain, LONG);
    let long = append_us(&mut chain);
    let mut prng = Prng::new(1, 0);
    let wanted: Vec<(Digest, Digest)> = (0..100_000)
        .filter_map(|_| {
            let block = chain.block(Height::new(prng.between(1, LONG)))?;
            Some((block.header.hash(), *block.batches.first()?.ids().first()?))
        })
        .collect();
    let count = wanted.len() as f64;
    let by_hash = us_each(|| {
        wanted.iter().for_each(|(hash, _)| assert!(black_box(chain.block_by_hash(hash)).is_some()));
    });
    let transaction = us_each(|| {
        wanted.iter().for_each(|(_, id)| assert!(black_box(chain.place(id)).is_some()));
    });
    let proof = us_each(|| {
        let path = chain.prove_consistency(Height::new(600_000), Height::new(LONG));
        assert!(black_box(path).is_some());
    });
    vec![
        number("append_at_1k_us", "CPU us", short, None),
        number("append_at_1m_us", "CPU us", long, None),
        number("lookup_us", "CPU us", by_hash / count, Some(1_383.0)),
        number("lookup_tx_us", "CPU us", transaction / count, Some(44.6)),
        number("consistency_at_1m_us", "CPU us", proof, None),
    ]
}

//! What the ledger costs: transactions, signatures, blocks, proofs, validation, and a chain of a million blocks.
//!
//! `cargo run --release -p ledger --example ledger`, with `-- json` for a program that reads it. Beside each number
//! stands what the federated seed's Python library reached per CPU-second on the same tasks (Python 3.12, median of
//! runs), and the least that is wanted.

#![expect(clippy::float_arithmetic, clippy::print_stdout, reason = "it prints measurements")]

#[path = "../../crypto/examples/meter/mod.rs"]
mod meter;

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

use meter::{cpu_us, print_environment, us_each};

const NOW: Time = Time::from_us(u64::MAX / 2);

/// One number: its key, what it is, and what it stands beside.
struct Row {
    key: &'static str,
    unit: &'static str,
    measured: f64,
    python: Option<f64>,
    wanted: Option<f64>,
    is_less_better: bool,
}

fn per_second(key: &'static str, us: f64, python: Option<f64>, wanted: f64) -> Row {
    let (unit, measured) = ("per CPU-s", 1e6 / us);
    Row { key, unit, measured, python, wanted: Some(wanted), is_less_better: false }
}
const fn time(key: &'static str, unit: &'static str, measured: f64) -> Row {
    Row { key, unit, measured, python: None, wanted: None, is_less_better: true }
}

fn main() {
    let is_json = std::env::args().any(|argument| argument == "json");
    let mut rows = vec![create()];
    rows.extend(signatures());
    rows.push(block_of_100());
    rows.extend(proofs());
    rows.push(validation());
    rows.extend(long_chain());
    if is_json {
        let fields = rows.iter().map(|row| format!("  \"{}\": {:.3}", row.key, row.measured));
        println!("{{\n{}\n}}", fields.collect::<Vec<_>>().join(",\n"));
    } else {
        print_table(&rows);
    }
}

fn print_table(rows: &[Row]) {
    print_environment();
    println!("\n{:<24} {:>14} {:>14} {:>14}  {:<10}", "", "measured", "wanted", "Python", "unit");
    let number = |it: Option<f64>| it.map_or_else(String::new, |it| format!("{it:.2}"));
    for row in rows {
        let verdict = match row.wanted {
            Some(wanted) if row.is_less_better == (row.measured <= wanted) => "met",
            Some(_) => "MISSED",
            None => "",
        };
        println!(
            "{:<24} {:>14.2} {:>14} {:>14}  {:<10} {verdict}",
            row.key,
            row.measured,
            number(row.wanted),
            number(row.python),
            row.unit
        );
    }
}

fn client(at: u8) -> SecretKey {
    SecretKey::from_seed([0x80 + at; 32])
}

/// An unsigned transaction with a payload of 100 bytes.
fn transaction(chain: ChainId, sender: u8, nonce: u64) -> Transaction {
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

fn sealed(transaction: &Transaction) -> SealedTransaction {
    SealedTransaction::new(transaction).unwrap_or_else(|error| unreachable!("well-formed: {error}"))
}

fn create() -> Row {
    let mut nonce = 0;
    let us = us_each(|| {
        for _ in 0..1_000 {
            nonce += 1;
            black_box(sealed(&transaction(ChainId::default(), 1, nonce)).id());
        }
    });
    per_second("tx_create", us / 1e3, Some(187_800.0), 2_000_000.0)
}

fn signatures() -> Vec<Row> {
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
        per_second("sign", sign, Some(11_180.0), 60_000.0),
        per_second("verify", verify, Some(10_640.0), 28_000.0),
        per_second("verify_new_key", cold, Some(10_640.0), 28_000.0),
        per_second("verify_batch_64", batch / 64.0, Some(10_640.0), 28_000.0),
    ]
}

fn proposal(proposer: u16, seconds: u64, batches: &[Arc<Batch>]) -> Proposal {
    Proposal {
        view: View::ZERO,
        proposer: NodeId::new(proposer),
        time: Time::from_us(seconds * 1_000_000),
        batches: batches.iter().map(|batch| batch.digest()).collect(),
    }
}

fn batches(number: u64, transactions: &[SealedTransaction]) -> Vec<Arc<Batch>> {
    Batch::seal(NodeId::new(0), number, transactions).map(Arc::new).into_iter().collect()
}

fn block_of_100() -> Row {
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
    per_second("block_100", us, Some(644.0), 20_000.0)
}

fn proofs() -> Vec<Row> {
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
        per_second("merkle_prove_1000", prove / 1e3, Some(268_900.0), 5_000_000.0),
        per_second("merkle_verify_1000", verify / 1e3, Some(159_800.0), 600_000.0),
    ]
}

fn chain(client_signatures: bool) -> Chain {
    let validators = (1..=4_u8).map(|at| Validator {
        name: format!("n{at}"),
        key: SecretKey::from_seed([at; 32]).public(),
        network_key: SecretKey::from_seed([at + 50; 32]).public(),
    });
    let genesis = Genesis {
        network: "bench".to_owned(),
        protocol: "none".to_owned(),
        fault_model: FaultModel::Crash,
        validators: validators.collect(),
        client_signatures,
    };
    let chain = ConsensusConfig::of("none")
        .and_then(|config| Chain::new(&genesis, config, CryptoConfig::of(&genesis)));
    chain.unwrap_or_else(|error| unreachable!("the usual rules are rules: {error}"))
}

fn next(chain: &Chain, transactions: &[SealedTransaction]) -> Block {
    let height = chain.height().get() + 1;
    let batches = batches(height, transactions);
    chain.draft(proposal(0, height, &batches), batches, |_| Outcome::Applied)
}

fn offer(chain: &mut Chain, block: Block) {
    assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
}

fn validation() -> Row {
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
    let best = (0..3).map(|_| {
        let (mut fresh, blocks) = (chain(true), blocks.clone());
        let start = cpu_us();
        blocks.into_iter().for_each(|block| offer(&mut fresh, block));
        cpu_us() - start
    });
    let measured = best.fold(f64::INFINITY, f64::min) / 1e6;
    Row {
        python: Some(1.16),
        wanted: Some(0.5),
        ..time("validate_1000x10_cpu_s", "CPU-s", measured)
    }
}

/// Microseconds to append a block of one transaction, the draft apart.
fn append_us(chain: &mut Chain) -> f64 {
    const BLOCKS: u32 = 2_000;
    let mut spent = 0.0;
    for _ in 0..BLOCKS {
        let height = chain.height().get();
        let block = next(chain, &[sealed(&transaction(chain.id(), 1, height))]);
        let start = cpu_us();
        offer(chain, block);
        spent += cpu_us() - start;
    }
    spent / f64::from(BLOCKS)
}

fn long_chain() -> Vec<Row> {
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
    fill(&mut chain, 1_000_000);
    let long = append_us(&mut chain);
    let mut prng = Prng::new(1, 0);
    let wanted: Vec<(Digest, Digest)> = (0..100_000)
        .filter_map(|_| {
            let block = chain.block(Height::new(prng.between(1, 1_000_000)))?;
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
        let path = chain.prove_consistency(Height::new(600_000), Height::new(1_000_000));
        assert!(black_box(path).is_some());
    });
    vec![
        time("append_at_1k_us", "us", short),
        Row { python: Some(6_500.0), ..time("append_at_1m_us", "us", long) },
        Row {
            python: Some(1_383.0),
            wanted: Some(2.0),
            ..time("lookup_us", "us", by_hash / count)
        },
        Row {
            python: Some(44.6),
            wanted: Some(2.0),
            ..time("lookup_tx_us", "us", transaction / count)
        },
        time("consistency_at_1m_us", "us", proof),
    ]
}

//! A long chain in a store: filled, then walked from its beginning, with the memory that each takes.
//!
//! The blocks are made one by one, so that nothing but the store could hold them. Their certificates have no valid
//! signatures: a store keeps bytes, and who fills one from elsewhere checks them first.

use std::path::Path;
use std::process;
use std::time::Instant;

use crypto::Signature;
use ledger::{
    Block, BlockCertificate, Genesis, Header, History, HistoryError, Seal, VectorClock, Walk,
};
use serde_json::{Value, json};
use types::{ChainId, Digest, Height, NodeId, Time, View};

use super::tasks::{batches, genesis, proposal, sealed, transaction};
use crate::clock::{forget_peak, rss_peak_mib};
use crate::commands::store::make;
use crate::failure::{Explain, Failure, Result};
use crate::output::{Report, Table, note};
use crate::stats::round;

/// Blocks of one append: as an import has at most.
const BATCH: u64 = 1_000;
/// Where the store is first walked.
const FIRST_MARK: u64 = 10_000;

/// What one store took, up to one length.
struct Row {
    blocks: u64,
    append_s: f64,
    append_peak_mib: Option<f64>,
    walk_s: f64,
    walk_peak_mib: Option<f64>,
}

/// Fills stores with so many blocks and walks them.
pub(crate) fn run(blocks: u64, names: &[String]) -> Result<Report> {
    let folder = std::env::temp_dir().join(format!("unisono-walk-{}", process::id()));
    std::fs::create_dir_all(&folder).explain(|| format!("cannot make {}", folder.display()))?;
    let usual = || {
        let at = |name: &str| folder.join(name).display().to_string();
        vec![format!("sqlite:{}", at("chain.sqlite")), format!("validator:{}", at("db"))]
    };
    let names = if names.is_empty() { usual() } else { names.to_vec() };
    let measured =
        names.iter().map(|name| Ok((name, measure(blocks, name)?))).collect::<Result<Vec<_>>>();
    // What is left of it is the system's to clean.
    let _ = std::fs::remove_dir_all(&folder);
    let mut table = Table::new(["STORE", "BLOCKS", "APPEND/s", "PEAK MiB", "WALK/s", "PEAK MiB"]);
    let mut value = Vec::new();
    for (name, rows) in measured? {
        let kind = name.split(':').next().unwrap_or_default();
        for row in &rows {
            let peak =
                |mib: Option<f64>| mib.map_or_else(|| "?".to_owned(), |mib| format!("{mib:.0}"));
            table.row([
                kind.to_owned(),
                row.blocks.to_string(),
                format!("{:.0}", row.blocks as f64 / row.append_s),
                peak(row.append_peak_mib),
                format!("{:.0}", row.blocks as f64 / row.walk_s),
                peak(row.walk_peak_mib),
            ]);
            value.push(row.value(kind));
        }
    }
    let value = json!({ "stores": value, "environment": super::super::environment::describe() });
    Ok(Report::new(value, table.render()))
}

impl Row {
    fn value(&self, store: &str) -> Value {
        let mib = |mib: Option<f64>| mib.map(|mib| round(mib, 1));
        json!({
            "store": store, "blocks": self.blocks,
            "append_s": round(self.append_s, 2), "append_peak_mib": mib(self.append_peak_mib),
            "walk_s": round(self.walk_s, 2), "walk_peak_mib": mib(self.walk_peak_mib),
        })
    }
}

/// Makes the store; a validator's is made for blocks alone.
fn open(name: &str, genesis: &Genesis) -> Result<Box<dyn History>> {
    let Some(folder) = name.strip_prefix("validator:") else { return make(name, genesis) };
    let made = store::ValidatorHistory::create(Path::new(folder), genesis);
    Ok(Box::new(made.explain(|| format!("cannot make {name}"))?))
}

fn measure(blocks: u64, name: &str) -> Result<Vec<Row>> {
    let kind = name.split(':').next().unwrap_or_default();
    let genesis = genesis(false);
    let mut store = open(name, &genesis)?;
    let broken = |error: HistoryError| Failure::failed(format!("{kind}: {error}"));
    if store.tip().map_err(broken)?.height > Height::ZERO {
        return Err(Failure::usage(format!("the store of {kind} holds a chain already"))
            .next("name one that is new: this one would be filled with made blocks"));
    }
    let (mut chain, mut rows, mut append_s) = (Made::new(genesis.chain_id()), Vec::new(), 0.0);
    for mark in marks(blocks) {
        note(&format!("bench: {kind}, {mark} blocks"));
        let counts = forget_peak();
        let now = || rss_peak_mib(process::id()).filter(|_| counts);
        while chain.parent.height.get() < mark {
            let many = BATCH.min(mark - chain.parent.height.get());
            let batch: Vec<Block> = (0..many).map(|_| chain.next()).collect();
            let start = Instant::now();
            store.append(&batch).map_err(broken)?;
            append_s += start.elapsed().as_secs_f64();
        }
        let append_peak_mib = now();
        forget_peak();
        let (start, mut walked) = (Instant::now(), 0);
        for block in Walk::new(store.as_ref(), Height::new(1), Height::new(mark)) {
            walked += u64::from(block.map_err(broken)?.header.height.get() > 0);
        }
        let walk_s = start.elapsed().as_secs_f64();
        if walked != mark {
            return Err(Failure::failed(format!("{kind}: {walked} of {mark} blocks came back")));
        }
        rows.push(Row { blocks: mark, append_s, append_peak_mib, walk_s, walk_peak_mib: now() });
    }
    Ok(rows)
}

/// Ten thousand, ten times as many and so on, and the end.
fn marks(blocks: u64) -> Vec<u64> {
    let powers = std::iter::successors(Some(FIRST_MARK), |mark| mark.checked_mul(10));
    powers.take_while(|&mark| mark < blocks).chain([blocks]).collect()
}

/// Where a chain that nobody holds has come to.
struct Made {
    parent: Header,
    hash: Digest,
}

impl Made {
    fn new(chain: ChainId) -> Self {
        let parent = Header {
            chain,
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
        Self { parent, hash: Digest::ZERO }
    }

    /// The next block, of one transaction.
    fn next(&mut self) -> Block {
        let (chain, height) = (self.parent.chain, self.parent.height.get() + 1);
        let batches = batches(height, &[sealed(&transaction(chain, 1, height))]);
        let (proposal, outcomes) = (proposal(0, height, &batches), vec![ledger::Outcome::Applied]);
        let mut block =
            Block::above(chain, &self.parent, self.hash, proposal, batches, outcomes, Vec::new());
        self.hash = block.header.hash();
        self.parent = block.header.clone();
        let signatures = (0..3).map(|node| (NodeId::new(node), Signature([7; 64]))).collect();
        let (height, hash) = (block.header.height, self.hash);
        block.seal = Seal::Certificate(BlockCertificate { height, block: hash, signatures });
        block
    }
}

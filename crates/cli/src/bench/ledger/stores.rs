//! How fast blocks become durable in SQLite, beside what the disk allows.
//!
//! This is wall time, since a sync waits for the disk. The two take turns, so that both meet the same disk.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use codec::Encode;
use history::SqlHistory;
use ledger::{Block, History};

use super::tasks::{Number, chain, genesis, next, number, offer, sealed, transaction};
use crate::output::note;

/// Blocks of one append.
const BATCH: usize = 100;
/// Appends of one round.
const APPENDS: usize = 20;
/// Rounds of each of the two.
const ROUNDS: usize = 5;

/// Both rates and their ratio; nothing where the folder for temporary files cannot be written.
pub(super) fn measure() -> Vec<Number> {
    let folder = std::env::temp_dir().join(format!("unisono-bench-{}", std::process::id()));
    let numbers = std::fs::create_dir_all(&folder)
        .map_err(|error| error.to_string())
        .and_then(|()| in_folder(&folder));
    // What is left of it is the system's to clean.
    let _ = std::fs::remove_dir_all(&folder);
    numbers.unwrap_or_else(|error| {
        note(&format!("bench: no durable appends were measured: {error}"));
        Vec::new()
    })
}

/// A chain of one transaction to a block, in batches.
fn blocks() -> Vec<Vec<Block>> {
    let mut chain = chain(false);
    let mut batch = || {
        let block = |_| {
            let height = chain.height().get();
            let block = next(&chain, &[sealed(&transaction(chain.id(), 1, height))]);
            offer(&mut chain, block.clone());
            block
        };
        (0..BATCH).map(block).collect()
    };
    (0..ROUNDS * APPENDS).map(|_| batch()).collect()
}

fn in_folder(folder: &Path) -> Result<Vec<Number>, String> {
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let batches = blocks();
    let mut file = File::create(folder.join("raw")).map_err(|error| told(&error))?;
    let mut store = SqlHistory::sqlite(&folder.join("chain.sqlite"), Some(&genesis(false)))
        .map_err(|error| told(&error))?;
    let (mut raw_s, mut store_s) = (0.0, 0.0);
    for round in batches.chunks(APPENDS) {
        let encoded: Vec<Vec<u8>> = round.iter().map(|batch| batch.to_bytes()).collect();
        let start = Instant::now();
        for bytes in &encoded {
            let synced = file.write_all(bytes).and_then(|()| file.sync_data());
            synced.map_err(|error| told(&error))?;
        }
        raw_s += start.elapsed().as_secs_f64();
        let start = Instant::now();
        for batch in round {
            black_box(store.append(batch)).map_err(|error| told(&error))?;
        }
        store_s += start.elapsed().as_secs_f64();
    }
    let appends = (ROUNDS * APPENDS) as f64;
    Ok(vec![
        number("raw_fsync_batch_100_per_s", "per s", appends / raw_s, None),
        number("sqlite_append_batch_100_per_s", "per s", appends / store_s, None),
        number("sqlite_append_of_raw_fsync", "ratio", raw_s / store_s, None),
    ])
}

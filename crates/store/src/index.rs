//! Where a transaction was executed: sorted runs of short ids, merged in memory and written a run at a time.
//!
//! A row of the database per transaction would cost more than all else that is done to it. Instead the last
//! transactions stand in memory, and a full run is written as 256 pages by the id's first byte; what was not yet
//! written is read again from the blocks at the next start.

use types::{Digest, Height};

/// A run is written when so many transactions wait in memory.
pub(crate) const RUN_ENTRIES: usize = 65_536;
pub(crate) const ENTRY_BYTES: usize = 20;

/// The first eight bytes of an id (most significant first, so that pages sort), and where it was executed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Entry {
    pub(crate) prefix: u64,
    pub(crate) height: u64,
    pub(crate) index: u32,
}

/// The entries that no run holds yet: sorted pieces, each at least twice as long as the next.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    pieces: Vec<Vec<Entry>>,
    len: usize,
}

pub(crate) fn prefix(id: &Digest) -> u64 {
    id.short().swap_bytes()
}

impl Recent {
    /// Adds the transactions of a block.
    pub(crate) fn add(&mut self, height: Height, ids: impl Iterator<Item = Digest>) {
        let entry = |(index, id): (usize, Digest)| Entry {
            prefix: prefix(&id),
            height: height.get(),
            index: u32::try_from(index).unwrap_or(u32::MAX),
        };
        let mut piece: Vec<Entry> = ids.enumerate().map(entry).collect();
        if piece.is_empty() {
            return;
        }
        self.len += piece.len();
        piece.sort_unstable();
        while let Some(before) = self.pieces.pop_if(|before| before.len() < 2 * piece.len()) {
            let mut merged = before;
            merged.append(&mut piece);
            // Two sorted halves: a stable sort merges them in one pass.
            merged.sort();
            piece = merged;
        }
        self.pieces.push(piece);
    }

    /// How many entries wait.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// All that have this prefix.
    pub(crate) fn find(&self, prefix: u64) -> Vec<Entry> {
        self.pieces.iter().flat_map(|piece| matching(piece, prefix)).collect()
    }

    /// Takes everything as one sorted run.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        let mut run: Vec<Entry> = std::mem::take(&mut self.pieces).into_iter().flatten().collect();
        run.sort();
        self.len = 0;
        run
    }
}

fn matching(sorted: &[Entry], prefix: u64) -> Vec<Entry> {
    let from = sorted.partition_point(|entry| entry.prefix < prefix);
    sorted[from..].iter().take_while(|entry| entry.prefix == prefix).copied().collect()
}

/// The pages of a run: the first byte, and the encoded entries.
pub(crate) fn pages(run: &[Entry]) -> impl Iterator<Item = (u8, Vec<u8>)> + '_ {
    run.chunk_by(|a, b| page_of(a.prefix) == page_of(b.prefix)).map(|page| {
        let mut bytes = Vec::with_capacity(page.len() * ENTRY_BYTES);
        for entry in page {
            bytes.extend_from_slice(&entry.prefix.to_be_bytes());
            bytes.extend_from_slice(&entry.height.to_be_bytes());
            bytes.extend_from_slice(&entry.index.to_be_bytes());
        }
        (page_of(page[0].prefix), bytes)
    })
}

pub(crate) const fn page_of(prefix: u64) -> u8 {
    prefix.to_be_bytes()[0]
}

/// The entries of a page that have this prefix.
pub(crate) fn find_in_page(page: &[u8], prefix: u64) -> Vec<Entry> {
    let (entries, _) = page.as_chunks::<ENTRY_BYTES>();
    let from = entries.partition_point(|bytes| bytes[..8] < prefix.to_be_bytes()[..]);
    entries[from..].iter().map(decode).take_while(|entry| entry.prefix == prefix).collect()
}

fn decode(bytes: &[u8; ENTRY_BYTES]) -> Entry {
    let mut prefix = [0; 8];
    let mut height = [0; 8];
    let mut index = [0; 4];
    prefix.copy_from_slice(&bytes[..8]);
    height.copy_from_slice(&bytes[8..16]);
    index.copy_from_slice(&bytes[16..]);
    Entry {
        prefix: u64::from_be_bytes(prefix),
        height: u64::from_be_bytes(height),
        index: u32::from_be_bytes(index),
    }
}

//! Going through a long chain a page at a time.

use std::collections::VecDeque;

use codec::record;
use types::{Digest, Height};

use super::{History, HistoryError};
use crate::{Block, Lineage};

/// Most blocks of a page.
pub const PAGE_BLOCKS_MAX: usize = 256;
/// A page ends with the block that brings it to so many bytes.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;

/// Blocks as a validator hands them out to be kept elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlocksPage {
    /// The height of the last certified block.
    pub certified: Height,
    /// Its hash; zero where there is none.
    pub hash: Digest,
    /// How its validators follow from the genesis.
    pub lineage: Lineage,
    /// Certified blocks from the height that was asked for on.
    pub blocks: Vec<Block>,
}
record!(BlocksPage { certified: Height, hash: Digest, lineage: Lineage, blocks: Vec<Block> });

/// About how many bytes a block takes: those of its batches and outcomes, and its header's.
pub(super) fn size(block: &Block) -> usize {
    let batches: usize = block.batches.iter().map(|batch| batch.bytes().len()).sum();
    1_024 + batches + 34 * block.outcomes.len()
}

/// The blocks of a store from one height to another, a page at a time; it ends at the first that cannot be read.
#[derive(Debug)]
pub struct Walk<'a, H: ?Sized> {
    history: &'a H,
    page: VecDeque<Block>,
    next: Height,
    last: Height,
    held_blocks_max: usize,
    held_bytes_max: usize,
}

impl<'a, H: History + ?Sized> Walk<'a, H> {
    /// From a height to another, both included; it holds a page of [`PAGE_BLOCKS_MAX`] blocks at most.
    #[must_use]
    pub fn new(history: &'a H, from: Height, to: Height) -> Self {
        let (page, next) = (VecDeque::new(), from.max(Height::new(1)));
        Self { history, page, next, last: to, held_blocks_max: 0, held_bytes_max: 0 }
    }
    /// The most blocks that it has held at once, and the most bytes of blocks, about.
    #[must_use]
    pub const fn held_max(&self) -> (usize, usize) {
        (self.held_blocks_max, self.held_bytes_max)
    }
    fn turn(&mut self) -> Result<(), HistoryError> {
        let left = self.last.get().saturating_sub(self.next.get()).saturating_add(1);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(PAGE_BLOCKS_MAX);
        self.page = self.history.page(self.next, count, PAGE_BYTES_MAX)?.into();
        self.held_blocks_max = self.held_blocks_max.max(self.page.len());
        self.held_bytes_max = self.held_bytes_max.max(self.page.iter().map(size).sum());
        Ok(())
    }
}

impl<H: History + ?Sized> Iterator for Walk<'_, H> {
    type Item = Result<Block, HistoryError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty()
            && self.next <= self.last
            && let Err(error) = self.turn()
        {
            self.last = Height::ZERO;
            return Some(Err(error));
        }
        let block = self.page.pop_front()?;
        self.next = block.header.height.next();
        Some(Ok(block))
    }
}

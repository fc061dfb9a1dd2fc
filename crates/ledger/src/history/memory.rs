//! A store in memory.

use std::sync::Arc;

use crypto::merkle;
use types::{Digest, Height};

use super::{By, History, HistoryError, Outline, Piece, Tip};
use crate::chain::Index;
use crate::{Batch, Genesis, Lineage, Place};

/// A store that ends with its process.
#[derive(Clone, Debug)]
pub struct MemoryHistory {
    genesis: Genesis,
    outlines: Vec<Outline>,
    batches: Vec<Vec<Arc<Batch>>>,
    hash: Digest,
    pruned: Height,
    index: Index,
    log: merkle::Tree,
    lineage: Lineage,
}

impl MemoryHistory {
    /// An empty store of a chain.
    #[must_use]
    pub fn new(genesis: Genesis) -> Self {
        Self {
            genesis,
            outlines: Vec::new(),
            batches: Vec::new(),
            hash: Digest::ZERO,
            pruned: Height::ZERO,
            index: Index::default(),
            log: merkle::Tree::new(),
            lineage: Lineage::default(),
        }
    }
}

/// Where in a list the block at a height stands.
fn at(height: Height) -> Option<usize> {
    usize::try_from(height.get().checked_sub(1)?).ok()
}

impl History for MemoryHistory {
    fn genesis(&self) -> &Genesis {
        &self.genesis
    }
    fn tip(&self) -> Result<Tip, HistoryError> {
        let height = Height::new(self.outlines.len() as u64);
        Ok(Tip { height, hash: self.hash, pruned: self.pruned })
    }
    fn put(&mut self, _tip: &Tip, pieces: &[Piece]) -> Result<(), HistoryError> {
        for piece in pieces {
            self.index.add(piece.hash, piece.outline.header.height, &piece.batches);
            self.log.push(merkle::leaf(piece.hash.as_bytes()));
            self.outlines.push(piece.outline.clone());
            self.batches.push(piece.batches.clone());
            self.hash = piece.hash;
        }
        Ok(())
    }
    fn outline(&self, height: Height) -> Result<Option<Outline>, HistoryError> {
        Ok(at(height).and_then(|at| self.outlines.get(at)).cloned())
    }
    fn batches(&self, height: Height) -> Result<Option<Vec<Arc<Batch>>>, HistoryError> {
        let Some(batches) = at(height).and_then(|at| self.batches.get(at)) else {
            return Ok(None);
        };
        if height <= self.pruned {
            return Err(HistoryError::Pruned { height, up_to: self.pruned });
        }
        Ok(Some(batches.clone()))
    }
    fn height_of(&self, hash: &Digest) -> Result<Option<Height>, HistoryError> {
        Ok(self.index.height(hash))
    }
    fn place(&self, id: &Digest) -> Result<Option<Place>, HistoryError> {
        Ok(self.index.transaction(id))
    }
    fn places(
        &self,
        by: &By,
        after: Option<Place>,
        count_max: usize,
    ) -> Result<Vec<Place>, HistoryError> {
        let is_behind = |place: &Place| after.is_none_or(|after| *place > after);
        Ok(match by {
            By::Sender(sender) => {
                self.index.of_sender(*sender).filter(is_behind).take(count_max).collect()
            }
            By::Receiver(name) => {
                self.index.of_receiver(name).filter(is_behind).take(count_max).collect()
            }
            By::Operation(operation) => {
                self.index.of_operation(*operation).filter(is_behind).take(count_max).collect()
            }
        })
    }
    fn prune(&mut self, up_to: Height) -> Result<(), HistoryError> {
        let up_to = up_to.min(self.tip()?.height);
        let count = usize::try_from(up_to.get()).unwrap_or(usize::MAX);
        self.batches.iter_mut().take(count).for_each(Vec::clear);
        self.pruned = self.pruned.max(up_to);
        Ok(())
    }
    fn replace(&mut self, piece: &Piece) -> Result<(), HistoryError> {
        let height = piece.outline.header.height;
        let at = at(height).filter(|&at| at < self.outlines.len());
        let at = at.ok_or(HistoryError::missing(height))?;
        self.outlines[at] = piece.outline.clone();
        self.batches[at] = piece.batches.clone();
        Ok(())
    }
    fn lineage(&self) -> Result<Lineage, HistoryError> {
        Ok(self.lineage.clone())
    }
    fn set_lineage(&mut self, lineage: &Lineage) -> Result<(), HistoryError> {
        self.lineage = lineage.clone();
        Ok(())
    }
    fn node(&self, level: u32, index: u64) -> Result<Digest, HistoryError> {
        let end = index.saturating_add(1) << level;
        let node = usize::try_from(level).ok().zip(usize::try_from(index).ok());
        let node = node.and_then(|(level, index)| self.log.subtree(level, index));
        node.ok_or(HistoryError::missing(Height::new(end)))
    }
}

//! A chain's final blocks, kept to be read: what every store of them does, whatever it is made of.
//!
//! A store holds for each block an [`Outline`] (header, outcomes, seal: all that a proof needs) and, until it is pruned,
//! its batches. The outline stays, so a receipt can be made of every transaction for ever.

use std::sync::Arc;

use crypto::merkle;
use types::{Digest, Height};

use crate::{
    Account, Batch, Block, ChainHead, Genesis, Lineage, Operation, Place, Receipt, TxView,
    kinds::receiver,
};

mod auditor;
mod error;
mod log;
mod memory;
mod outline;
mod walk;

pub use auditor::{Audit, Auditor, Fault};
pub use error::HistoryError;
pub use log::Frontier;
pub use memory::MemoryHistory;
pub use outline::Outline;
pub use walk::{BlocksPage, PAGE_BLOCKS_MAX, PAGE_BYTES_MAX, Walk};

/// How far a store goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tip {
    /// The height of the last block; zero where there is none.
    pub height: Height,
    /// The hash of the last block; zero where there is none.
    pub hash: Digest,
    /// Up to this height the batches are no longer kept.
    pub pruned: Height,
}

impl Tip {
    /// That of an empty store.
    pub const EMPTY: Self = Self { height: Height::ZERO, hash: Digest::ZERO, pruned: Height::ZERO };
}

/// Which transactions are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum By {
    /// Those of a sender.
    Sender(Account),
    /// Those addressed to a name or an account.
    Receiver(Vec<u8>),
    /// Those of an operation.
    Operation(Operation),
}

impl By {
    /// Whether a transaction is one of them.
    #[must_use]
    pub fn is_met(&self, tx: &TxView<'_>) -> bool {
        match self {
            Self::Sender(sender) => tx.sender == *sender,
            Self::Receiver(name) => receiver(tx) == Some(name.as_slice()),
            Self::Operation(operation) => tx.operation == *operation,
        }
    }
}

/// A block as a store takes it, checked to fit together.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The block's hash.
    pub hash: Digest,
    /// What is kept for ever.
    pub outline: Outline,
    /// What is kept until it is pruned.
    pub batches: Vec<Arc<Batch>>,
}

impl Piece {
    /// Checks a block against itself and takes it apart.
    ///
    /// # Errors
    /// Where it contradicts itself.
    pub fn of(block: &Block) -> Result<Self, HistoryError> {
        let (hash, outline) = (block.header.hash(), Outline::of(block));
        let unsound =
            |why: &str| HistoryError::Unsound { height: block.header.height, why: why.to_owned() };
        outline.check().map_err(unsound)?;
        let batches = block.batches.clone();
        let has_all = outline.records.len() == block.tx_count();
        has_all.then_some(Self { hash, outline, batches }).ok_or_else(|| {
            unsound("it says of more or fewer transactions than it holds what became of them")
        })
    }
    /// The transactions with their places.
    pub fn transactions(&self) -> impl Iterator<Item = (Place, Digest, TxView<'_>)> {
        let height = self.outline.header.height;
        let all = self.batches.iter().flat_map(|batch| batch.transactions());
        all.zip(0..).map(move |((id, tx), index)| (Place { height, index }, id, tx))
    }
}

/// A store of a chain's final blocks.
///
/// Implementors write what is not provided; `append` has checked what `put` is given.
pub trait History {
    /// The chain's genesis.
    fn genesis(&self) -> &Genesis;
    /// How far it goes.
    ///
    /// # Errors
    /// Where it does not answer or is damaged, as all that follows.
    fn tip(&self) -> Result<Tip, HistoryError>;
    /// Keeps blocks above `tip`, all or none, and returns once they are durable.
    ///
    /// # Errors
    /// Also where somebody else has added to it meanwhile.
    fn put(&mut self, tip: &Tip, pieces: &[Piece]) -> Result<(), HistoryError>;
    /// The outline of the block at a height.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn outline(&self, height: Height) -> Result<Option<Outline>, HistoryError>;
    /// The batches of the block at a height; `None` where the block is not kept.
    ///
    /// # Errors
    /// Also where they are pruned.
    fn batches(&self, height: Height) -> Result<Option<Vec<Arc<Batch>>>, HistoryError>;
    /// The height of the block with a hash.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn height_of(&self, hash: &Digest) -> Result<Option<Height>, HistoryError>;
    /// Where a transaction first stands.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn place(&self, id: &Digest) -> Result<Option<Place>, HistoryError>;
    /// Where certain transactions stand, ascending, behind `after`, at most `count_max`.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn places(
        &self,
        by: &By,
        after: Option<Place>,
        count_max: usize,
    ) -> Result<Vec<Place>, HistoryError>;
    /// Lets the batches up to a height go. Outlines stay, and with them every proof.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn prune(&mut self, up_to: Height) -> Result<(), HistoryError>;
    /// Puts a whole block in the place of a damaged one.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn replace(&mut self, piece: &Piece) -> Result<(), HistoryError>;
    /// How the validators of the last block follow from the genesis.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn lineage(&self) -> Result<Lineage, HistoryError>;
    /// Keeps a longer proof of that.
    ///
    /// # Errors
    /// Where it cannot be written.
    fn set_lineage(&mut self, lineage: &Lineage) -> Result<(), HistoryError>;

    /// A node of the tree over all block hashes: the root over the 2^`level` blocks that end at height
    /// (`index` + 1) 2^`level`, which must all be kept.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn node(&self, level: u32, index: u64) -> Result<Digest, HistoryError> {
        let Some(below) = level.checked_sub(1) else {
            let height = Height::new(index.saturating_add(1));
            let outline = self.outline(height)?.ok_or(HistoryError::missing(height))?;
            return Ok(merkle::leaf(outline.header.hash().as_bytes()));
        };
        let (left, right) = (self.node(below, 2 * index)?, self.node(below, 2 * index + 1)?);
        Ok(merkle::node(&left, &right))
    }
    /// Checks what the store keeps beside a block to answer sooner: its hash, how many transactions it holds, and where
    /// that is known the `nodes` of the tree over all hashes that it completes, from the pair up.
    ///
    /// # Errors
    /// Where something else is kept.
    fn check_index(
        &self,
        _outline: &Outline,
        _hash: Digest,
        _nodes: Option<&[Digest]>,
    ) -> Result<(), HistoryError> {
        Ok(())
    }
    /// Keeps the blocks that are not kept yet, in order, all or none. A block that is kept already changes nothing.
    ///
    /// # Errors
    /// [`HistoryError::Fork`] where another block stands at its height or below it: an alarm, since what is kept is
    /// final. Also where a block contradicts itself or one is left out.
    fn append(&mut self, blocks: &[Block]) -> Result<Tip, HistoryError> {
        let tip = self.tip()?;
        let chain = self.genesis().chain_id();
        let (mut at, mut pieces) = (tip, Vec::with_capacity(blocks.len()));
        for block in blocks {
            let (height, hash) = (block.header.height, block.header.hash());
            if block.header.chain != chain {
                return Err(HistoryError::WrongChain { found: block.header.chain, wanted: chain });
            }
            if height <= at.height {
                self.must_be(height, hash)?;
                continue;
            }
            if height != at.height.next() {
                return Err(HistoryError::NotNext { offered: height, tip: at.height });
            }
            if block.header.parent != at.hash {
                let (kept, offered) = (at.hash, block.header.parent);
                return Err(HistoryError::Fork { height: at.height, kept, offered });
            }
            pieces.push(Piece::of(block)?);
            at = Tip { height, hash, pruned: tip.pruned };
        }
        if !pieces.is_empty() {
            self.put(&tip, &pieces)?;
        }
        Ok(at)
    }
    /// Checks that the block at a height is this one.
    ///
    /// # Errors
    /// [`HistoryError::Fork`] where it is another.
    fn must_be(&self, height: Height, offered: Digest) -> Result<(), HistoryError> {
        let kept = self.outline(height)?.ok_or(HistoryError::missing(height))?.header.hash();
        if kept == offered { Ok(()) } else { Err(HistoryError::Fork { height, kept, offered }) }
    }
    /// The whole block at a height; `None` where it is not kept.
    ///
    /// # Errors
    /// Also where its batches are pruned.
    fn block(&self, height: Height) -> Result<Option<Block>, HistoryError> {
        let Some(outline) = self.outline(height)? else { return Ok(None) };
        let batches = self.batches(height)?.ok_or(HistoryError::missing(height))?;
        outline.with(batches).map(Some).map_err(|why| HistoryError::corrupt(height, why))
    }
    /// Whole blocks from a height on: one at least where there is one, and no more than `count_max` blocks or about
    /// `bytes_max` bytes.
    ///
    /// # Errors
    /// Also where batches are pruned.
    fn page(
        &self,
        from: Height,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<Block>, HistoryError> {
        let (mut blocks, mut bytes, mut at) = (Vec::new(), 0, from.max(Height::new(1)));
        while blocks.len() < count_max && bytes < bytes_max {
            let Some(block) = self.block(at)? else { break };
            bytes += walk::size(&block);
            blocks.push(block);
            at = at.next();
        }
        Ok(blocks)
    }
    /// A receipt for a transaction, where a certificate seals its block.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn receipt(&self, id: &Digest) -> Result<Option<Receipt>, HistoryError> {
        let Some(place) = self.place(id)? else { return Ok(None) };
        let Some(outline) = self.outline(place.height)? else { return Ok(None) };
        let lineage = self.lineage()?.until(place.height);
        Ok(outline.receipt(place.index, lineage))
    }
    /// The chain's head as it was at a height.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn head_at(&self, height: Height) -> Result<ChainHead, HistoryError> {
        let (chain, size) = (self.genesis().chain_id(), height.get());
        let root = log::root(size, &|level, index| self.node(level, index))?;
        Ok(ChainHead { chain, size, root })
    }
    /// The path from a block to the head at `size`.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn prove_block(&self, height: Height, size: Height) -> Result<Vec<Digest>, HistoryError> {
        let index = height.get().saturating_sub(1);
        log::inclusion(index, size.get(), &|level, index| self.node(level, index))
    }
    /// The path that shows that the chain up to `old` is a prefix of the chain up to `new`.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn prove_consistency(&self, old: Height, new: Height) -> Result<Vec<Digest>, HistoryError> {
        log::consistency(old.get(), new.get(), &|level, index| self.node(level, index))
    }
}

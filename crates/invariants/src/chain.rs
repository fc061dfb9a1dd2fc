use ledger::Header;
use types::{Digest, Height, NodeId};

use crate::{AGREEMENT, DURABILITY, MONOTONE, STATE_ROOTS, TOTAL_ORDER, Violation};

/// Checks S1, S3, S6, S7 and S11 over the blocks that correct replicas execute.
#[derive(Clone, Debug)]
pub struct Chain {
    blocks: Vec<Block>,
    heights: Vec<Height>,
    acknowledged: Height,
}

/// What is remembered of a block: enough to say how another one differs.
#[derive(Clone, Copy, Debug)]
struct Block {
    hash: Digest,
    tx_root: Digest,
    first: NodeId,
}

impl Chain {
    /// An empty chain, seen by `n` replicas.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { blocks: Vec::new(), heights: vec![Height::ZERO; n], acknowledged: Height::ZERO }
    }

    /// A correct replica executes a block; true where it is the first one to do so at this height.
    ///
    /// # Errors
    /// Where the block is not the chain's, or does not follow the replica's last one.
    pub fn executed(
        &mut self,
        by: NodeId,
        header: &Header,
        hash: Digest,
    ) -> Result<bool, Violation> {
        let height = header.height;
        let last = &mut self.heights[by.index()];
        if height != last.next() {
            return Err(TOTAL_ORDER.violated(format!("{by} executes block {height} after {last}")));
        }
        *last = height;
        if let Some(block) = self.blocks.get(index_of(height)) {
            return block.compare(by, header, hash).map(|()| false);
        }
        let before = header.height.previous().and_then(|height| self.hash_at(height));
        if before.unwrap_or(Digest::ZERO) != header.parent {
            return Err(TOTAL_ORDER.violated(format!(
                "{by} executes block {height} with parent {:?}, but the block before is {before:?}",
                header.parent
            )));
        }
        if header.hash() != hash {
            return Err(
                AGREEMENT.violated(format!("{by} gives block {height} a hash that is not its own"))
            );
        }
        self.blocks.push(Block { hash, tx_root: header.tx_root, first: by });
        Ok(true)
    }

    /// A correct replica comes back with the blocks up to `height`; `durable` is what its disk had promised.
    ///
    /// # Errors
    /// Where it has lost some.
    pub fn restarted(
        &mut self,
        by: NodeId,
        height: Height,
        durable: Height,
    ) -> Result<(), Violation> {
        self.heights[by.index()] = height;
        if height < durable {
            return Err(MONOTONE.violated(format!(
                "{by} comes back at height {height}, but its disk holds {durable}"
            )));
        }
        Ok(())
    }

    /// A client was told that the block at `height` is committed.
    pub fn acknowledged(&mut self, height: Height) {
        self.acknowledged = self.acknowledged.max(height);
    }

    /// At the end, when every correct replica had time to catch up: all of them must hold what was acknowledged.
    ///
    /// # Errors
    /// Where one does not.
    pub fn check_durability(&self, correct: impl Iterator<Item = NodeId>) -> Result<(), Violation> {
        for node in correct {
            let height = self.heights[node.index()];
            if height < self.acknowledged {
                return Err(DURABILITY.violated(format!(
                    "{node} ends at {height}, but clients were told that {} is committed",
                    self.acknowledged
                )));
            }
        }
        Ok(())
    }

    /// The hash of the block at a height, where a correct replica has executed one.
    #[must_use]
    pub fn hash_at(&self, height: Height) -> Option<Digest> {
        self.blocks.get(index_of(height)).map(|block| block.hash)
    }
    /// The highest block that any correct replica has executed.
    #[must_use]
    pub fn height(&self) -> Height {
        Height::new(self.blocks.len() as u64)
    }
    /// The last block that one replica has executed.
    #[must_use]
    pub fn height_of(&self, node: NodeId) -> Height {
        self.heights[node.index()]
    }
}

fn index_of(height: Height) -> usize {
    height.get().checked_sub(1).and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX)
}

impl Block {
    fn compare(&self, by: NodeId, header: &Header, hash: Digest) -> Result<(), Violation> {
        if self.hash == hash {
            return Ok(());
        }
        let (height, first) = (header.height, self.first);
        let same_content = self.tx_root == header.tx_root;
        let which = if same_content { STATE_ROOTS } else { AGREEMENT };
        Err(which.violated(format!(
            "{by} executes block {hash:?} at {height}, {first} executed {:?}",
            self.hash
        )))
    }
}

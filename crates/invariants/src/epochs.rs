use std::collections::BTreeMap;

use types::{Height, NodeId};

use crate::{EPOCHS, Violation};

/// Checks S12, over what correct replicas begin and order.
#[derive(Clone, Default, Debug)]
pub struct Epochs {
    /// The first block of each epoch that somebody has begun.
    first: BTreeMap<u64, Height>,
    /// The highest block that the core of each epoch has ordered anywhere.
    last: BTreeMap<u64, Height>,
}

impl Epochs {
    /// A replica that has executed the chain up to `height` begins an epoch.
    ///
    /// # Errors
    /// Where another knows a different first block, blocks are missing before it, or the core before has gone beyond.
    pub fn began(
        &mut self,
        by: NodeId,
        epoch: u64,
        first: Height,
        height: Height,
    ) -> Result<(), Violation> {
        let known = *self.first.entry(epoch).or_insert(first);
        if known != first {
            let detail = format!("{by} begins epoch {epoch} at {first}, another at {known}");
            return Err(EPOCHS.violated(detail));
        }
        if height.next() < first {
            let detail = format!("{by} begins epoch {epoch}, whose first is {first}, at {height}");
            return Err(EPOCHS.violated(detail));
        }
        self.overlap(epoch)
    }

    /// A replica executes a block that its core of an epoch has ordered.
    ///
    /// # Errors
    /// Where the block is none of that epoch.
    pub fn ordered(&mut self, by: NodeId, epoch: u64, height: Height) -> Result<(), Violation> {
        let first = self.first.get(&epoch).copied().unwrap_or(Height::ZERO);
        if height < first {
            let detail = format!("{by} lets epoch {epoch} order {height}, its first is {first}");
            return Err(EPOCHS.violated(detail));
        }
        let last = self.last.entry(epoch).or_default();
        *last = height.max(*last);
        self.overlap(epoch.saturating_add(1))
    }

    fn overlap(&self, epoch: u64) -> Result<(), Violation> {
        let before = epoch.checked_sub(1).and_then(|before| self.last.get(&before));
        match (before, self.first.get(&epoch)) {
            (Some(last), Some(first)) if last >= first => {
                let detail = format!("{last} was ordered before epoch {epoch}, which has {first}");
                Err(EPOCHS.violated(detail))
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }
}

//! Blocks that came before their parents.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use types::{Digest, NodeId};

use crate::Config;
use crate::block::Block;

/// Most of them kept for one sender; the oldest goes.
pub(crate) const ORPHANS_PER_SENDER_MAX: usize = 64;

/// The blocks, by sender, oldest first, so that a liar's flood displaces only its own.
#[derive(Debug)]
pub(crate) struct Orphans {
    by_sender: Vec<VecDeque<Digest>>,
    blocks: BTreeMap<Digest, Arc<Block>>,
    by_parent: BTreeMap<Digest, Vec<Digest>>,
}

impl Orphans {
    pub(crate) fn new(n: usize) -> Self {
        let by_sender = (0..n).map(|_| VecDeque::new()).collect();
        Self { by_sender, blocks: BTreeMap::new(), by_parent: BTreeMap::new() }
    }
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Keeps a block.
    pub(crate) fn insert(&mut self, id: Digest, block: &Arc<Block>, from: NodeId, config: &Config) {
        if self.blocks.contains_key(&id) {
            return;
        }
        let Some(own) = self.by_sender.get_mut(from.index()) else { return };
        own.push_back(id);
        let is_full = own.len() > ORPHANS_PER_SENDER_MAX && !broken!(config, OrphansUnbounded);
        let oldest = is_full.then(|| own.pop_front()).flatten();
        self.by_parent.entry(block.header.parent).or_default().push(id);
        self.blocks.insert(id, Arc::clone(block));
        if let Some(oldest) = oldest {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, id: &Digest) {
        let Some(block) = self.blocks.remove(id) else { return };
        let parent = block.header.parent;
        if let Some(siblings) = self.by_parent.get_mut(&parent) {
            siblings.retain(|sibling| sibling != id);
            if siblings.is_empty() {
                self.by_parent.remove(&parent);
            }
        }
    }

    /// Takes out the children of a block.
    pub(crate) fn take_children(&mut self, parent: &Digest) -> Vec<(Digest, Arc<Block>)> {
        let Some(children) = self.by_parent.remove(parent) else { return Vec::new() };
        for own in &mut self.by_sender {
            own.retain(|id| !children.contains(id));
        }
        let take = |id: Digest| self.blocks.remove(&id).map(|block| (id, block));
        children.into_iter().filter_map(take).collect()
    }
}

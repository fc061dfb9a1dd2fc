//! The tree of blocks: the decided ones that are kept, and what stands above them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crypto::Signature;
use types::{Seq, View};

use crate::block::{Block, Link, Proposal};

/// Most blocks besides those of the decided chain before dead branches are looked for.
const BRANCHES_MAX: usize = 256;

#[derive(Debug)]
struct Node {
    proposal: Arc<Proposal>,
    /// Whether it stands in the log.
    is_written: bool,
    /// The last regime in which the application was shown its payload.
    shown: View,
}

/// Blocks by view and digest.
#[derive(Debug)]
pub(crate) struct Tree {
    blocks: BTreeMap<Link, Node>,
    /// The decided chain as far as it is kept, oldest first.
    kept: VecDeque<(Link, Seq)>,
}

impl Tree {
    pub(crate) fn new(n: usize) -> Self {
        let block = Block::genesis(n);
        let genesis = Proposal { block, signature: Signature([0; 64]), tc: None };
        let genesis = Node { proposal: Arc::new(genesis), is_written: true, shown: View::ZERO };
        let blocks = BTreeMap::from([(Link::default(), genesis)]);
        Self { blocks, kept: VecDeque::new() }
    }

    pub(crate) fn get(&self, link: Link) -> Option<&Arc<Proposal>> {
        self.blocks.get(&link).map(|node| &node.proposal)
    }
    pub(crate) fn insert(&mut self, proposal: &Arc<Proposal>) {
        let node = || Node { proposal: Arc::clone(proposal), is_written: false, shown: View::ZERO };
        self.blocks.entry(proposal.link()).or_insert_with(node);
    }
    /// Notes that the application is shown a block in a regime; false where it was before.
    pub(crate) fn show(&mut self, link: Link, regime: View) -> bool {
        let node = self.blocks.get_mut(&link);
        node.is_some_and(|node| std::mem::replace(&mut node.shown, regime) != regime)
    }
    /// Notes that a block stands in the log; whether it did before.
    pub(crate) fn write(&mut self, link: Link) -> bool {
        let node = self.blocks.get_mut(&link);
        node.is_none_or(|node| std::mem::replace(&mut node.is_written, true))
    }
    /// Notes that every block stands in the log.
    pub(crate) fn write_all(&mut self) {
        self.blocks.values_mut().for_each(|node| node.is_written = true);
    }
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }
    /// All blocks of a view.
    pub(crate) fn of_view(&self, view: View) -> impl Iterator<Item = &Arc<Proposal>> {
        let from = Link { view, ..Link::default() };
        self.blocks
            .range(from..)
            .take_while(move |(link, _)| link.view == view)
            .map(|(_, node)| &node.proposal)
    }
    /// All blocks but the genesis, by view.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Proposal>> {
        self.blocks.values().map(|node| &node.proposal).filter(|p| p.block.view > View::ZERO)
    }

    /// Takes a block into the decided chain.
    pub(crate) fn keep(&mut self, link: Link, seq: Seq) {
        self.kept.push_back((link, seq));
    }

    /// Drops what is executed and more than `window` blocks back, and dead branches where there are many.
    pub(crate) fn prune(&mut self, window: usize, executed: Seq, head: Link) {
        let mut moved = false;
        while self.kept.len() > window.max(1)
            && self.kept.front().is_some_and(|&(_, seq)| seq <= executed)
        {
            self.kept.pop_front();
            moved = true;
        }
        let Some(&(oldest, _)) = self.kept.front() else { return };
        if moved {
            while self.blocks.first_key_value().is_some_and(|(link, _)| link.view < oldest.view) {
                self.blocks.pop_first();
            }
        }
        if self.blocks.len() > self.kept.len() + BRANCHES_MAX {
            let kept = &self.kept;
            let is_kept = |link: &Link| kept.binary_search_by_key(link, |&(link, _)| link).is_ok();
            self.blocks.retain(|link, _| link.view > head.view || is_kept(link));
        }
    }
}

//! The blocks above the lowest one kept: the chain with the most work, and what competes with it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use types::{Digest, Duration, Height, Seq, Time};

use crate::Config;
use crate::block::Block;
use crate::rules::Context;
use crate::u256::U256;

/// Most blocks kept beside the chain.
pub(crate) const SIDE_MAX: usize = 1_024;
/// Most of them that are dropped at once, so that looking for the least is rare.
const SIDE_EVICTED_MAX: usize = 64;

/// What the application says of a payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It has not been asked.
    Unknown,
    /// It has been asked.
    Asked,
    /// An honest miner could have built it.
    Valid,
}

/// A block whose header is valid.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) block: Arc<Block>,
    /// The work in this block alone.
    pub(crate) unit: U256,
    /// The work in it and all blocks below, down to the lowest one kept.
    pub(crate) work: U256,
    pub(crate) context: Context,
    pub(crate) verdict: Verdict,
    /// The order in which blocks came.
    pub(crate) arrival: u64,
}

/// The lowest block that somebody keeps, and what the rules need to know of those below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    /// The block.
    pub block: Arc<Block>,
    /// The times of the last blocks up to it.
    pub times: Vec<Time>,
    /// By how much the median time had moved, as it counts for targets.
    pub active: Duration,
    /// The same at the end of the period before.
    pub since: Duration,
}
codec::record!(Base { block: Arc<Block>, times: Vec<Time>, active: Duration, since: Duration });

/// The blocks.
#[derive(Debug)]
pub(crate) struct Tree {
    entries: BTreeMap<Digest, Entry>,
    /// The chain, from the lowest block kept to the head.
    main: VecDeque<Digest>,
    low: Height,
    arrivals: u64,
}

impl Tree {
    pub(crate) fn new(base: &Base, id: Digest) -> Self {
        let unit = base.block.header.target.work();
        let entry = Entry {
            block: Arc::clone(&base.block),
            unit,
            work: unit,
            context: Context::new(&base.times, base.active, base.since),
            verdict: Verdict::Valid,
            arrival: 0,
        };
        Self {
            low: base.block.header.height,
            entries: BTreeMap::from([(id, entry)]),
            main: VecDeque::from([id]),
            arrivals: 0,
        }
    }

    pub(crate) fn get(&self, id: &Digest) -> Option<&Entry> {
        self.entries.get(id)
    }
    pub(crate) fn get_mut(&mut self, id: &Digest) -> Option<&mut Entry> {
        self.entries.get_mut(id)
    }
    /// The name of the chain's last block.
    pub(crate) fn head_id(&self) -> Digest {
        self.main.back().copied().unwrap_or(Digest::ZERO)
    }
    /// The chain's last block.
    ///
    /// # Panics
    /// Where the tree has lost its own chain, which is a bug of ours.
    #[expect(clippy::expect_used, reason = "the chain is never empty, and its blocks are entries")]
    pub(crate) fn head(&self) -> &Entry {
        self.entries.get(&self.head_id()).expect("the chain's blocks are kept")
    }
    pub(crate) const fn low(&self) -> Height {
        self.low
    }
    pub(crate) fn height(&self) -> Height {
        self.low.plus((self.main.len() as u64).saturating_sub(1))
    }
    /// The chain's block at a height.
    pub(crate) fn id_at(&self, height: Height) -> Option<Digest> {
        let offset = height.get().checked_sub(self.low.get())?;
        self.main.get(usize::try_from(offset).ok()?).copied()
    }
    pub(crate) fn at(&self, height: Height) -> Option<&Entry> {
        self.entries.get(&self.id_at(height)?)
    }
    pub(crate) fn is_main(&self, id: &Digest) -> bool {
        let height = self.entries.get(id).map(|entry| entry.block.header.height);
        height.is_some_and(|height| self.id_at(height) == Some(*id))
    }
    /// The chain's blocks above a height.
    pub(crate) fn above(&self, height: Height) -> impl Iterator<Item = &Entry> {
        let skipped = height.next().above(self.low);
        let ids = self.main.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX));
        ids.filter_map(|id| self.entries.get(id))
    }
    /// The chain's blocks with payloads behind a place, lowest first.
    pub(crate) fn behind(&self, seq: Seq) -> Vec<&Entry> {
        let entries = self.main.iter().rev().filter_map(|id| self.entries.get(id));
        let mut behind: Vec<&Entry> =
            entries.take_while(|entry| entry.block.header.seq > seq).collect();
        behind.reverse();
        behind
    }
    /// All blocks, in the chain and beside it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
    fn side_len(&self) -> usize {
        self.entries.len() - self.main.len()
    }

    /// Puts a block above its parent; false where that is missing.
    pub(crate) fn insert(&mut self, id: Digest, block: &Arc<Block>, config: &Config) -> bool {
        let header = &block.header;
        let Some(parent) = self.entries.get(&header.parent) else { return false };
        let has_same_target = header.target == parent.block.header.target;
        let unit = if has_same_target { parent.unit } else { header.target.work() };
        self.arrivals += 1;
        let entry = Entry {
            block: Arc::clone(block),
            unit,
            work: parent.work.saturating_add(unit),
            context: parent.context.next(header, config),
            verdict: if block.payload.is_some() { Verdict::Unknown } else { Verdict::Valid },
            arrival: self.arrivals,
        };
        self.entries.insert(id, entry);
        true
    }

    /// The blocks from above the chain up to `id`, from below, and the height at which they leave the chain; `None`
    /// where they do not lead there.
    pub(crate) fn branch(&self, id: Digest) -> Option<(Height, Vec<Digest>)> {
        let (mut at, mut path) = (id, Vec::new());
        while !self.is_main(&at) {
            path.push(at);
            at = self.entries.get(&at)?.block.header.parent;
        }
        path.reverse();
        Some((self.entries.get(&at)?.block.header.height, path))
    }

    /// Makes a branch the chain's upper part.
    pub(crate) fn switch(&mut self, fork: Height, path: Vec<Digest>) {
        let kept = usize::try_from(fork.next().above(self.low)).unwrap_or(usize::MAX);
        self.main.truncate(kept.max(1));
        self.main.extend(path);
    }

    /// Removes a block that is not in the chain, and everything above it.
    pub(crate) fn remove_branch(&mut self, id: Digest) -> Vec<Digest> {
        if self.is_main(&id) || self.entries.remove(&id).is_none() {
            return Vec::new();
        }
        let mut removed = vec![id];
        removed.extend(self.remove_unsupported());
        removed
    }

    /// Removes every block beside the chain whose parent is gone.
    fn remove_unsupported(&mut self) -> Vec<Digest> {
        let mut side: Vec<(Height, Digest)> = self
            .entries
            .iter()
            .filter(|(id, _)| !self.is_main(id))
            .map(|(id, entry)| (entry.block.header.height, *id))
            .collect();
        side.sort_unstable();
        let mut removed = Vec::new();
        for (_, id) in side {
            let parent = self.entries.get(&id).map(|entry| entry.block.header.parent);
            if parent.is_some_and(|parent| !self.entries.contains_key(&parent)) {
                self.entries.remove(&id);
                removed.push(id);
            }
        }
        removed
    }

    /// Keeps at most [`SIDE_MAX`] blocks beside the chain: where there are more, the ends of the branches with the
    /// least work go, of equals those that came last, a share of all at once.
    pub(crate) fn evict(&mut self, config: &Config) -> Vec<Digest> {
        if self.side_len() <= SIDE_MAX || broken!(config, SideBranchesUnbounded) {
            return Vec::new();
        }
        let side = || self.entries.iter().filter(|(id, _)| !self.is_main(id));
        let parents: BTreeSet<Digest> = side().map(|(_, e)| e.block.header.parent).collect();
        let mut ends: Vec<(U256, u64, Digest)> = side()
            .filter(|(id, _)| !parents.contains(*id))
            .map(|(id, entry)| (entry.work, u64::MAX - entry.arrival, *id))
            .collect();
        ends.sort_unstable();
        let gone: Vec<Digest> =
            ends.into_iter().take(SIDE_EVICTED_MAX).map(|(_, _, id)| id).collect();
        for id in &gone {
            self.entries.remove(id);
        }
        gone
    }

    /// Forgets everything below a block of the chain, and what does not stand on it.
    pub(crate) fn rebase(&mut self, low: Height) {
        while self.low < low && self.main.len() > 1 {
            if let Some(id) = self.main.pop_front() {
                self.entries.remove(&id);
            }
            self.low = self.low.next();
        }
        self.remove_unsupported();
    }

    /// The lowest block kept, as others may take it over.
    pub(crate) fn base(&self) -> Option<Base> {
        let entry = self.at(self.low)?;
        Some(Base {
            block: Arc::clone(&entry.block),
            times: entry.context.times().to_vec(),
            active: entry.context.active,
            since: entry.context.since,
        })
    }
}

//! The blocks above the root: a tree in which parents stand before their children, and the order of its heads.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use types::{Digest, NodeId, Time, View};

use crate::message::{Anchor, Block};
use crate::signers::Signers;

/// What the application says of a block's payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It has not answered yet.
    Asked,
    /// It is at hand and valid, there is none, or a quorum built on it.
    Valid,
    /// No honest sealer could have proposed it.
    Refused,
}

/// A block and what follows from its ancestors.
#[derive(Debug)]
pub(crate) struct Entry {
    /// `None` for the root.
    pub(crate) block: Option<Arc<Block>>,
    pub(crate) name: Digest,
    pub(crate) parent: usize,
    pub(crate) height: u64,
    pub(crate) time: Time,
    pub(crate) view: View,
    pub(crate) sealer: NodeId,
    /// From the header: where the sealer sealed off this branch.
    pub(crate) strayed: u64,
    /// The sum of difficulties.
    pub(crate) weight: u64,
    /// Breaks ties: lower is better.
    pub(crate) recency: u64,
    /// Blocks with a payload up to here: the place of the last one.
    pub(crate) payloads: u64,
    /// The highest confirmed height up to here (L21).
    pub(crate) confirmed: u64,
    /// The highest final height up to here (L22).
    pub(crate) settled: u64,
    /// Who may seal above it.
    pub(crate) signers: Arc<Signers>,
    pub(crate) verdict: Verdict,
    /// Whether it and all of its ancestors are valid.
    pub(crate) usable: bool,
}

/// How good a head is (L20).
pub(crate) type Rank = (u64, u64, Reverse<u64>, Reverse<u64>, Reverse<Digest>);

/// The tree. An entry's index holds until [`Tree::retain`].
#[derive(Debug)]
pub(crate) struct Tree {
    entries: Vec<Entry>,
    index: BTreeMap<Digest, usize>,
    /// The sealers of the root and of the blocks below it, newest first.
    before: Vec<NodeId>,
}

/// The root's place.
pub(crate) const ROOT: usize = 0;

impl Tree {
    pub(crate) fn new(root: &Anchor) -> Self {
        let entry = Entry {
            block: None,
            name: root.name,
            parent: ROOT,
            height: root.height.get(),
            time: root.time,
            view: root.view,
            sealer: root.before.first().copied().unwrap_or_default(),
            strayed: u64::MAX,
            weight: root.weight,
            recency: 0,
            payloads: root.payloads.get(),
            confirmed: root.height.get(),
            settled: root.height.get(),
            signers: Arc::new(root.signers.clone()),
            verdict: Verdict::Valid,
            usable: true,
        };
        let index = BTreeMap::from([(entry.name, ROOT)]);
        Self { entries: vec![entry], index, before: root.before.clone() }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
    pub(crate) fn at(&self, index: usize) -> &Entry {
        &self.entries[index]
    }
    pub(crate) fn root(&self) -> &Entry {
        &self.entries[ROOT]
    }
    pub(crate) fn find(&self, name: &Digest) -> Option<usize> {
        self.index.get(name).copied()
    }
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Puts in a block whose parent is here.
    pub(crate) fn insert(&mut self, mut entry: Entry) -> usize {
        let at = self.entries.len();
        entry.usable = entry.verdict == Verdict::Valid && self.entries[entry.parent].usable;
        self.index.insert(entry.name, at);
        self.entries.push(entry);
        at
    }

    /// An entry and its ancestors above the root, from the top.
    pub(crate) fn chain(&self, from: usize) -> impl Iterator<Item = &Entry> {
        let mut at = from;
        std::iter::from_fn(move || {
            if at == ROOT {
                return None;
            }
            let entry = &self.entries[at];
            at = entry.parent;
            Some(entry)
        })
    }
    /// The sealers of an entry and of the blocks below it, newest first.
    pub(crate) fn sealers(&self, from: usize) -> impl Iterator<Item = NodeId> {
        self.chain(from).map(|entry| entry.sealer).chain(self.before.iter().copied())
    }
    /// The ancestor at a height; the entry itself where it is not above it.
    pub(crate) fn ancestor(&self, from: usize, height: u64) -> usize {
        let mut at = from;
        while at != ROOT && self.entries[at].height > height {
            at = self.entries[at].parent;
        }
        at
    }
    pub(crate) fn descends(&self, from: usize, ancestor: usize) -> bool {
        self.ancestor(from, self.entries[ancestor].height) == ancestor
    }
    /// The highest block that two branches share.
    pub(crate) fn fork(&self, one: usize, other: usize) -> usize {
        let (mut a, mut b) = (one, other);
        while a != b {
            // Parents stand before their children, so the later entry is no ancestor of the earlier.
            if a > b {
                a = self.entries[a].parent;
            } else {
                b = self.entries[b].parent;
            }
        }
        a
    }

    /// The order of heads (L20).
    pub(crate) fn rank(&self, at: usize, is_lock_counted: bool) -> Rank {
        let entry = &self.entries[at];
        let confirmed = if is_lock_counted { entry.confirmed } else { 0 };
        let (height, recency) = (Reverse(entry.height), Reverse(entry.recency));
        (confirmed, entry.weight, height, recency, Reverse(entry.name))
    }

    /// Notes what is known of a payload; an answer changes nothing that is valid already.
    pub(crate) fn judge(&mut self, at: usize, verdict: Verdict) {
        let entry = &mut self.entries[at];
        if entry.verdict != Verdict::Valid {
            entry.verdict = verdict;
        }
    }
    /// Finds out anew which entries from here on are usable.
    pub(crate) fn refresh(&mut self, from: usize) {
        for at in from.max(1)..self.entries.len() {
            let entry = &self.entries[at];
            let usable = entry.verdict == Verdict::Valid && self.entries[entry.parent].usable;
            self.entries[at].usable = usable;
        }
    }

    /// Makes an ancestor of `tip` the root and keeps only what descends from it.
    pub(crate) fn prune(&mut self, root: usize, before_max: usize) {
        let before: Vec<NodeId> = self.sealers(root).take(before_max).collect();
        let mut kept = vec![false; self.entries.len()];
        kept[root] = true;
        for at in root + 1..self.entries.len() {
            kept[at] = kept[self.entries[at].parent];
        }
        self.before = before;
        self.retain(&kept);
        let entry = &mut self.entries[ROOT];
        (entry.block, entry.parent, entry.strayed) = (None, ROOT, u64::MAX);
    }

    /// Drops the worst leaves but `head`, a sixteenth of the tree at most.
    pub(crate) fn drop_leaves(&mut self, head: usize) {
        let mut is_parent = vec![false; self.entries.len()];
        self.entries.iter().for_each(|entry| is_parent[entry.parent] = true);
        let mut leaves: Vec<usize> =
            (1..self.entries.len()).filter(|&at| !is_parent[at] && at != head).collect();
        leaves.sort_by_cached_key(|&at| self.rank(at, true));
        let mut kept = vec![true; self.entries.len()];
        leaves.truncate(self.entries.len() / 16 + 1);
        leaves.into_iter().for_each(|at| kept[at] = false);
        self.retain(&kept);
    }

    fn retain(&mut self, kept: &[bool]) {
        let mut moved = vec![ROOT; self.entries.len()];
        let stay = kept.iter().enumerate().filter(|(_, kept)| **kept);
        for (next, (at, _)) in stay.enumerate() {
            moved[at] = next;
        }
        let entries = std::mem::take(&mut self.entries).into_iter().zip(kept);
        self.entries = entries.filter(|(_, kept)| **kept).map(|(entry, _)| entry).collect();
        self.index.clear();
        for (at, entry) in self.entries.iter_mut().enumerate() {
            entry.parent = moved[entry.parent];
            self.index.insert(entry.name, at);
        }
    }
}

//! The quorum sets that statements refer to, and what follows from them.

use std::collections::BTreeMap;

use types::{Digest, NodeId};

use crate::config::Config;
use crate::nodes::Nodes;
use crate::quorum_set::{QuorumSet, Slices};

/// Stands for the quorum set of a replica that is satisfied by itself: what EXTERNALIZE says.
pub(crate) const ALONE: u16 = u16::MAX;
/// Most quorum sets that one replica may bring besides those of the configuration.
const LEARNT_MAX: u8 = 8;

/// All quorum sets known here, by small numbers.
#[derive(Debug)]
pub(crate) struct Sets {
    known: Vec<(QuorumSet, Slices)>,
    by_digest: BTreeMap<Digest, u16>,
    mine: u16,
    my_digest: Digest,
    me: NodeId,
    learnt: Vec<u8>,
    config: Config,
}

impl Sets {
    pub(crate) fn new(config: &Config, me: NodeId) -> Self {
        let own = config.quorum_sets.get(me.index()).cloned();
        let own = own.unwrap_or_else(|| QuorumSet::flat(config.n));
        let mut sets = Self {
            known: Vec::new(),
            by_digest: BTreeMap::new(),
            mine: 0,
            my_digest: own.digest(),
            me,
            learnt: vec![0; config.n],
            config: config.clone(),
        };
        sets.mine = sets.add(own);
        for set in &config.quorum_sets {
            sets.add(set.clone());
        }
        sets
    }

    fn add(&mut self, set: QuorumSet) -> u16 {
        let digest = set.digest();
        if let Some(&index) = self.by_digest.get(&digest) {
            return index;
        }
        let index = u16::try_from(self.known.len()).unwrap_or(ALONE - 1);
        let slices = Slices::new(&set);
        self.known.push((set, slices));
        self.by_digest.insert(digest, index);
        index
    }

    /// Takes a set that `author` named in a statement; false where it brought too many.
    pub(crate) fn learn(&mut self, author: NodeId, set: QuorumSet) -> bool {
        let Some(count) = self.learnt.get_mut(author.index()) else { return false };
        if *count >= LEARNT_MAX || self.known.len() >= usize::from(ALONE - 1) {
            return false;
        }
        *count += 1;
        self.add(set);
        true
    }

    pub(crate) const fn my_digest(&self) -> Digest {
        self.my_digest
    }
    pub(crate) fn find(&self, digest: &Digest) -> Option<u16> {
        if *digest == self.my_digest {
            return Some(self.mine);
        }
        self.by_digest.get(digest).copied()
    }
    pub(crate) fn get(&self, digest: &Digest) -> Option<&QuorumSet> {
        let index = self.by_digest.get(digest)?;
        self.known.get(usize::from(*index)).map(|(set, _)| set)
    }
    /// One's own.
    pub(crate) fn mine(&self) -> &Slices {
        &self.known[usize::from(self.mine)].1
    }

    /// Whether these replicas meet every slice of one's own.
    pub(crate) fn blocks(&self, nodes: &Nodes) -> bool {
        self.mine().blocked_by(nodes)
    }

    /// Whether `nodes` holds a quorum of which one's own slice is a part; `sets` says which quorum set each replica
    /// named in the statement that put it there (L2).
    pub(crate) fn is_quorum(&self, mut nodes: Nodes, sets: &[u16]) -> bool {
        if !self.mine().satisfied_by(&nodes) {
            return false;
        }
        if broken!(self.config, QuorumNeedsMe) && !nodes.contains(self.me) {
            return false;
        }
        if broken!(self.config, QuorumByOwnSlice) {
            return true;
        }
        loop {
            let kept = self.those_satisfied(&nodes, sets);
            if kept == nodes {
                return true;
            }
            if !self.mine().satisfied_by(&kept) {
                return false;
            }
            nodes = kept;
        }
    }

    fn those_satisfied(&self, nodes: &Nodes, sets: &[u16]) -> Nodes {
        let mut kept = *nodes;
        let mut last = (ALONE, true);
        for node in nodes.iter() {
            let mut set = sets.get(node.index()).copied().unwrap_or(ALONE);
            if broken!(self.config, OneSetForAll) {
                set = self.mine;
            }
            if set != last.0 {
                let slices = self.known.get(usize::from(set)).map(|(_, slices)| slices);
                last = (set, slices.is_none_or(|slices| slices.satisfied_by(nodes)));
            }
            if !last.1 {
                kept.remove(node);
            }
        }
        kept
    }

    /// Federated voting's first step: a set that blocks us accepts, or a quorum votes or accepts (L3).
    pub(crate) fn accepts(&self, voted: &Nodes, accepted: &Nodes, sets: &[u16]) -> bool {
        let is_blocked = self.blocks(accepted) && !broken!(self.config, NoVBlocking);
        is_blocked || self.is_quorum(voted.or(accepted), sets)
    }
}

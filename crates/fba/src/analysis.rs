//! What a configuration stands: who can stop it, and whose lies could split it.

use std::fmt;

use types::NodeId;
use types::limits::NODES_MAX;

use crate::config::{Config, names};
use crate::intersection::{Intersection, check_slices, greatest_quorum};
use crate::nodes::Nodes;
use crate::quorum_set::Slices;

/// Most sets that one search looks at.
const SETS_MAX: u64 = 100_000;
/// Most sets of the smallest size that are listed.
const LISTED_MAX: usize = 64;

/// The smallest sets that can harm a network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Analysis {
    /// The smallest sets without which no quorum is left: if they stop, everything stops. Empty where the search
    /// was given up.
    pub blocking: Vec<Vec<NodeId>>,
    /// The smallest sets whose lies make two quorums of the others disjoint. Empty where the search was given up.
    pub splitting: Vec<Vec<NodeId>>,
    /// What an operator should know.
    pub warnings: Vec<Warning>,
}

/// What an operator should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Warning {
    /// One organisation (an inner quorum set), or one replica, can stop everything.
    Stops {
        /// Its members.
        group: Vec<NodeId>,
    },
    /// When these stop, others can go on no more, and must stop as well.
    Cascade {
        /// Who stops first.
        group: Vec<NodeId>,
        /// Who stops with them.
        others: Vec<NodeId>,
    },
    /// The lies of one organisation, or of one replica, can fork the network.
    Splits {
        /// Its members.
        group: Vec<NodeId>,
    },
}

impl Analysis {
    /// Looks at a configuration that [`Config::validate`] accepts.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let slices: Vec<Slices> =
            config.quorum_sets.iter().take(NODES_MAX).map(Slices::new).collect();
        let all = greatest_quorum(&slices, Nodes::all(slices.len()));
        let is_blocking = |gone: &Nodes| greatest_quorum(&slices, all.without(gone)).is_empty();
        let is_splitting = |liars: &Nodes| splits(&slices, &all, liars);
        let mut warnings = Vec::new();
        if !broken!(config, BlockingUnreported) {
            for group in groups(&slices, &all) {
                warnings.extend(warnings_about(&slices, &all, &group));
            }
        }
        Self {
            blocking: smallest(&all, is_blocking),
            splitting: smallest(&all, is_splitting),
            warnings,
        }
    }
}

/// Whether the others have disjoint quorums once `liars` agree to everything.
fn splits(slices: &[Slices], all: &Nodes, liars: &Nodes) -> bool {
    let deleted: Vec<Slices> = slices.iter().map(|slices| slices.deleting(liars)).collect();
    matches!(check_slices(&deleted, all.without(liars)), Intersection::Disjoint { .. })
}

/// Every organisation that somebody names, and every replica, without repeats.
fn groups(slices: &[Slices], all: &Nodes) -> Vec<Nodes> {
    let mut groups: Vec<Nodes> = all.iter().map(|node| [node].into_iter().collect()).collect();
    for set in slices {
        for group in set.groups().map(|group| group.and(all)) {
            if !group.is_empty() && !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    groups
}

fn warnings_about(slices: &[Slices], all: &Nodes, group: &Nodes) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let rest = all.without(group);
    let left = greatest_quorum(slices, rest);
    if left.is_empty() {
        warnings.push(Warning::Stops { group: group.to_vec() });
    } else if left != rest {
        let others = rest.without(&left).to_vec();
        warnings.push(Warning::Cascade { group: group.to_vec(), others });
    }
    if splits(slices, all, group) {
        warnings.push(Warning::Splits { group: group.to_vec() });
    }
    warnings
}

/// All sets of the smallest size that have a property; none where more sets would have to be looked at than allowed.
fn smallest(all: &Nodes, has: impl Fn(&Nodes) -> bool) -> Vec<Vec<NodeId>> {
    let nodes = all.to_vec();
    let mut looked_at = 0;
    for size in 1..=nodes.len() {
        let mut found = Vec::new();
        let mut picked: Vec<usize> = (0..size).collect();
        loop {
            looked_at += 1;
            if looked_at > SETS_MAX {
                return Vec::new();
            }
            let set: Nodes = picked.iter().filter_map(|&at| nodes.get(at)).copied().collect();
            if found.len() < LISTED_MAX && has(&set) {
                found.push(set.to_vec());
            }
            if !advance(&mut picked, nodes.len()) {
                break;
            }
        }
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The next combination in order; false after the last.
fn advance(picked: &mut [usize], n: usize) -> bool {
    let size = picked.len();
    let Some(at) = (0..size).rev().find(|&at| picked[at] < n - size + at) else { return false };
    picked[at] += 1;
    for next in at + 1..size {
        picked[next] = picked[next - 1] + 1;
    }
    true
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stops { group } => write!(f, "{} alone can stop everybody", names(group)),
            Self::Cascade { group, others } => {
                write!(f, "when {} stop, {} must stop too", names(group), names(others))
            }
            Self::Splits { group } => {
                write!(f, "the lies of {} alone can fork the network", names(group))
            }
        }
    }
}

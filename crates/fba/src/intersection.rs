//! Whether every two quorums share a replica: asked before a network starts, since no protocol can repair it later.

use types::NodeId;
use types::limits::NODES_MAX;

use crate::nodes::Nodes;
use crate::quorum_set::{QuorumSet, Slices};

/// Up to this many replicas the search always comes to an end; beyond, it is given up after a bound on its steps.
pub const NODES_EXACT: usize = 20;

/// Most sets that the search looks at beyond [`NODES_EXACT`] replicas.
const STEPS_MAX: u64 = 1 << 21;

/// What the search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Intersection {
    /// There is a quorum, and every two of them share a replica.
    Enjoyed,
    /// There is no quorum at all, which is another fault than disjoint ones.
    NoQuorum,
    /// Two quorums without a common member.
    Disjoint {
        /// One of them.
        first: Vec<NodeId>,
        /// The other.
        second: Vec<NodeId>,
    },
    /// Given up: more than [`NODES_EXACT`] replicas, with quorum sets too irregular for the bound.
    Undecided {
        /// How many sets were looked at.
        looked_at: u64,
    },
}

/// Looks for two disjoint quorums (L1). The replicas' quorum sets come in their order.
///
/// A smallest quorum lies within one strongly connected part of who names whom. Where two parts hold quorums, these are
/// disjoint; within one part, branches decide replica by replica whether it belongs to a quorum, and are cut as soon
/// as they can hold none, or only quorums of more than half the part, whose partner is found in another branch.
#[must_use]
pub fn check_intersection(quorum_sets: &[QuorumSet]) -> Intersection {
    let slices: Vec<Slices> = quorum_sets.iter().take(NODES_MAX).map(Slices::new).collect();
    check_slices(&slices, Nodes::all(slices.len()))
}

/// The same among `nodes`, whoever else is named being gone.
pub(crate) fn check_slices(slices: &[Slices], nodes: Nodes) -> Intersection {
    let whole = greatest_quorum(slices, nodes);
    if whole.is_empty() {
        return Intersection::NoQuorum;
    }
    let mut part_with_quorum: Option<Nodes> = None;
    for part in parts(slices, &whole) {
        let quorum = greatest_quorum(slices, part);
        if quorum.is_empty() {
            continue;
        }
        if let Some(first) = part_with_quorum {
            return disjoint(&greatest_quorum(slices, first), &quorum);
        }
        part_with_quorum = Some(part);
    }
    let Some(part) = part_with_quorum else { return Intersection::NoQuorum };
    if let Some(threshold) = common_threshold(slices, &part) {
        return by_counting(&part, threshold);
    }
    let is_small = part.len() <= NODES_EXACT;
    let steps_max = if is_small { u64::MAX } else { STEPS_MAX };
    let mut search = Search { slices, part, steps: 0, steps_max };
    match search.branch(Nodes::NONE, part) {
        Ok(Some(pair)) => disjoint(&pair.0, &pair.1),
        Ok(None) => Intersection::Enjoyed,
        Err(GivenUp) => Intersection::Undecided { looked_at: search.steps },
    }
}

fn disjoint(first: &Nodes, second: &Nodes) -> Intersection {
    Intersection::Disjoint { first: first.to_vec(), second: second.to_vec() }
}

/// The largest quorum within `nodes`, empty where there is none: every other one within them is a part of it.
pub(crate) fn greatest_quorum(slices: &[Slices], mut nodes: Nodes) -> Nodes {
    loop {
        let mut kept = nodes;
        for node in nodes.iter() {
            if !slices.get(node.index()).is_some_and(|slices| slices.satisfied_by(&kept)) {
                kept.remove(node);
            }
        }
        if kept == nodes {
            return kept;
        }
        nodes = kept;
    }
}

/// The threshold where everybody in `part` has the same flat set over exactly this part.
fn common_threshold(slices: &[Slices], part: &Nodes) -> Option<u32> {
    let mut all = part.iter().filter_map(|node| slices.get(node.index()));
    let threshold = all.next()?.threshold();
    let is_flat = |slices: &Slices| {
        slices.threshold() == threshold
            && slices.groups().next().is_none()
            && slices.everybody() == *part
    };
    let mut members = part.iter().filter_map(|node| slices.get(node.index()));
    members.all(is_flat).then_some(threshold)
}

fn by_counting(part: &Nodes, threshold: u32) -> Intersection {
    let (threshold, members) = (threshold as usize, part.to_vec());
    if threshold.saturating_mul(2) > members.len() {
        return Intersection::Enjoyed;
    }
    let second = members.iter().skip(threshold).take(threshold).copied().collect();
    Intersection::Disjoint { first: members.into_iter().take(threshold).collect(), second }
}

/// The strongly connected parts of `nodes` under "has in its quorum set".
fn parts(slices: &[Slices], nodes: &Nodes) -> Vec<Nodes> {
    let named: Vec<Nodes> = slices.iter().map(|slices| slices.everybody().and(nodes)).collect();
    let mut naming = vec![Nodes::NONE; slices.len()];
    for node in nodes.iter() {
        for other in named.get(node.index()).copied().unwrap_or_default().iter() {
            if let Some(back) = naming.get_mut(other.index()) {
                back.insert(node);
            }
        }
    }
    let mut left = *nodes;
    let mut parts = Vec::new();
    while let Some(start) = left.first() {
        let part = reach(start, &named, &left).and(&reach(start, &naming, &left));
        left = left.without(&part);
        parts.push(part);
    }
    parts
}

fn reach(start: NodeId, edges: &[Nodes], within: &Nodes) -> Nodes {
    let mut seen: Nodes = [start].into_iter().collect();
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        let next = edges.get(node.index()).copied().unwrap_or_default().and(within);
        for other in next.without(&seen).iter() {
            seen.insert(other);
            open.push(other);
        }
    }
    seen
}

struct Search<'a> {
    slices: &'a [Slices],
    part: Nodes,
    steps: u64,
    steps_max: u64,
}

/// The search was given up.
struct GivenUp;

type Pair = Option<Box<(Nodes, Nodes)>>;

impl Search<'_> {
    /// Looks for a quorum that holds `taken`, beyond it only replicas of `open`, and leaves another quorum outside.
    fn branch(&mut self, taken: Nodes, open: Nodes) -> Result<Pair, GivenUp> {
        self.steps += 1;
        if self.steps > self.steps_max {
            return Err(GivenUp);
        }
        // Of two disjoint quorums one has at most half of the members.
        if taken.len() > self.part.len() / 2 {
            return Ok(None);
        }
        let inside = greatest_quorum(self.slices, taken);
        if !inside.is_empty() {
            let outside = greatest_quorum(self.slices, self.part.without(&inside));
            return Ok((!outside.is_empty()).then(|| Box::new((inside, outside))));
        }
        let around = greatest_quorum(self.slices, taken.or(&open));
        if around.is_empty() || !taken.is_within(&around) {
            return Ok(None);
        }
        let Some(next) = self.most_named(&around.without(&taken), &around) else {
            return Ok(None);
        };
        let mut rest = around.without(&taken);
        rest.remove(next);
        // Whatever avoids `taken` entirely must itself be possible outside of it.
        if greatest_quorum(self.slices, self.part.without(&taken)).is_empty() {
            return Ok(None);
        }
        if let Some(pair) = self.branch(taken, rest)? {
            return Ok(Some(pair));
        }
        let mut with = taken;
        with.insert(next);
        self.branch(with, rest)
    }

    /// The replica that most others name: to decide about it settles most.
    fn most_named(&self, among: &Nodes, by: &Nodes) -> Option<NodeId> {
        let named: Vec<Nodes> = by
            .iter()
            .filter_map(|node| self.slices.get(node.index()))
            .map(Slices::everybody)
            .collect();
        let count = |node: NodeId| named.iter().filter(|named| named.contains(node)).count();
        among.iter().max_by_key(|&node| (count(node), std::cmp::Reverse(node)))
    }
}

//! Who leads a round of nomination: everybody works it out alone, from its own quorum set.

use codec::Encode;
use types::{NodeId, Seq};

use crate::nodes::Nodes;
use crate::quorum_set::Slices;

const NEIGHBOUR: u8 = 1;
const PRIORITY: u8 = 2;

/// The leader that a round adds (L8): among the neighbours, which are drawn by how many of one's slices they are in,
/// the one with the highest priority. A replica is always a neighbour of itself.
pub(crate) fn leader(seq: Seq, round: u64, me: NodeId, mine: &Slices) -> NodeId {
    let mut members = mine.everybody();
    members.insert(me);
    let is_neighbour = |node: &NodeId| {
        *node == me || draw(seq, round, NEIGHBOUR, *node) >> 32 < mine.weight(*node)
    };
    let neighbours = members.iter().filter(is_neighbour);
    neighbours.max_by_key(|&node| (draw(seq, round, PRIORITY, node), node)).unwrap_or(me)
}

fn draw(seq: Seq, round: u64, purpose: u8, node: NodeId) -> u64 {
    let mut bytes = Vec::with_capacity(19);
    seq.encode(&mut bytes);
    round.encode(&mut bytes);
    purpose.encode(&mut bytes);
    node.encode(&mut bytes);
    crypto::hash("unisono-fba-leader", &bytes).short()
}

/// The leaders of the first `round` rounds, and the round that was reached: one that adds nobody is passed over.
pub(crate) fn grow(
    leaders: &mut Nodes,
    seq: Seq,
    round: u64,
    me: NodeId,
    mine: &Slices,
) -> (u64, NodeId) {
    let everybody = mine.everybody();
    let mut round = round;
    loop {
        let next = leader(seq, round, me, mine);
        let is_new = leaders.insert(next);
        if is_new || everybody.is_within(leaders) || round.is_multiple_of(ROUNDS_PASSED_MAX) {
            return (round, next);
        }
        round = round.saturating_add(1);
    }
}

/// After at most this many rounds in a row that add nobody, one is waited out all the same.
const ROUNDS_PASSED_MAX: u64 = 64;

//! Whose turn it is: a function of the certificate that opened the view, and of nothing else, so that everybody whom
//! the same certificate brought there agrees.

use types::{NodeId, Quorum, View};

use crate::Config;
use crate::block::{Block, Header};

/// The leader of a view that a timeout certificate opened: the replicas take turns by view.
pub(crate) fn by_turn(view: View, config: &Config) -> NodeId {
    scheduled(view, config)
        .unwrap_or_else(|| NodeId::new((view.get() % config.n.max(1) as u64) as u16))
}

/// Who leads one of the first views, where a test says so.
fn scheduled(view: View, config: &Config) -> Option<NodeId> {
    usize::try_from(view.get()).ok().and_then(|view| config.leaders.get(view)).copied()
}

/// The leader of the view that the certificate of a block opens: the next one behind the block's proposer who is not
/// suspended (L5).
pub(crate) fn after(block: &Block, config: &Config) -> NodeId {
    let n = config.n.max(1);
    if let Some(leader) = scheduled(block.view.next(), config) {
        return leader;
    }
    if broken!(config, SuspendedLead) {
        return by_turn(block.view.next(), config);
    }
    let turn = |steps: usize| {
        NodeId::new(u16::try_from((block.proposer.index() + steps) % n).unwrap_or_default())
    };
    (1..=n).map(turn).find(|node| !block.suspended.contains(node)).unwrap_or_else(|| turn(1))
}

/// What a block in `view` by `proposer` on top of `parent` must say (L6).
pub(crate) fn header(
    parent: &Block,
    view: View,
    proposer: NodeId,
    has_payload: bool,
    config: &Config,
) -> Header {
    let is_direct = parent.view.next() == view;
    Header {
        view,
        regime: if is_direct || broken!(config, RegimeNeverEnds) { parent.regime } else { view },
        seq: if has_payload { parent.seq.next() } else { parent.seq },
        proposer,
        suspended: suspended(parent, view, proposer, config),
    }
}

/// Who is passed over from a block on: the leaders of the views between it and its parent, and those before, the
/// newest f of them, but never its own proposer.
fn suspended(parent: &Block, view: View, proposer: NodeId, config: &Config) -> Vec<NodeId> {
    if parent.view.next() == view && !parent.suspended.contains(&proposer) {
        return parent.suspended.clone();
    }
    let failed = view.above(parent.view.next());
    let turns = failed.saturating_sub(1).min(config.n as u64);
    let first = (failed > 0).then(|| after(parent, config));
    let by_turns = (1..=turns).rev().filter_map(|back| view.get().checked_sub(back));
    let failed = first.into_iter().chain(by_turns.map(|view| by_turn(View::new(view), config)));
    let mut all: Vec<NodeId> = Vec::new();
    for node in parent.suspended.iter().copied().chain(failed) {
        all.retain(|&other| other != node);
        all.push(node);
    }
    all.retain(|&node| node != proposer);
    let excess = all.len().saturating_sub(Quorum::of(config.n).f());
    all.drain(..excess);
    all
}

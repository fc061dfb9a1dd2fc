//! Who counts, and what a majority is (section 6; thesis, chapter 4).

use std::collections::BTreeSet;

use types::{NodeId, Seq};

/// The members of a configuration; joint where `outgoing` is not empty.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Members {
    /// Those whose majority counts.
    pub voters: BTreeSet<NodeId>,
    /// The voters of the configuration before, as long as their majority counts too.
    pub outgoing: BTreeSet<NodeId>,
    /// Those who receive the log and count for nothing.
    pub learners: BTreeSet<NodeId>,
}
codec::record!(Members {
    voters: BTreeSet<NodeId>, outgoing: BTreeSet<NodeId>, learners: BTreeSet<NodeId>
});

/// What votes come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Enough said yes.
    Won,
    /// Enough said no that the others cannot make up for it.
    Lost,
    /// It depends on those who have not answered.
    Pending,
}

impl Members {
    /// All of `n` replicas as voters.
    #[must_use]
    pub fn of(n: usize) -> Self {
        Self { voters: NodeId::all(n).collect(), ..Self::default() }
    }
    /// Whether two majorities count.
    #[must_use]
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }
    /// Whether this replica's vote counts.
    #[must_use]
    pub fn is_voter(&self, id: NodeId) -> bool {
        self.voters.contains(&id) || self.outgoing.contains(&id)
    }
    /// Whether this replica is to receive the log.
    #[must_use]
    pub fn contains(&self, id: NodeId) -> bool {
        self.is_voter(id) || self.learners.contains(&id)
    }
    /// Everybody, each once, in ascending order.
    #[must_use]
    pub fn all(&self) -> BTreeSet<NodeId> {
        self.voters.iter().chain(&self.outgoing).chain(&self.learners).copied().collect()
    }
    /// What an election comes to.
    #[must_use]
    pub fn tally(&self, vote: impl Fn(NodeId) -> Option<bool>) -> Outcome {
        match (tally(&self.voters, &vote), tally(&self.outgoing, &vote)) {
            (Outcome::Won, Outcome::Won) => Outcome::Won,
            (Outcome::Lost, _) | (_, Outcome::Lost) => Outcome::Lost,
            (Outcome::Pending | Outcome::Won, Outcome::Pending)
            | (Outcome::Pending, Outcome::Won) => Outcome::Pending,
        }
    }
    /// Whether those whom `has` names are a majority of each set that counts.
    #[must_use]
    pub fn is_majority(&self, has: impl Fn(NodeId) -> bool) -> bool {
        self.tally(|id| Some(has(id))) == Outcome::Won
    }
    /// The highest place that a majority of each set that counts has reached; `scratch` is only room to work in.
    #[must_use]
    pub fn reached(&self, place: impl Fn(NodeId) -> Seq, scratch: &mut Vec<Seq>) -> Seq {
        reached(&self.voters, &place, scratch).min(reached(&self.outgoing, &place, scratch))
    }
}

/// Nobody at all agrees to everything, so that a configuration that is not joint needs no case of its own.
fn tally(set: &BTreeSet<NodeId>, vote: &impl Fn(NodeId) -> Option<bool>) -> Outcome {
    let majority = set.len() / 2 + 1;
    let (mut yes, mut open) = (0, 0);
    for &id in set {
        match vote(id) {
            Some(true) => yes += 1,
            Some(false) => {}
            None => open += 1,
        }
    }
    if set.is_empty() || yes >= majority {
        Outcome::Won
    } else if yes + open >= majority {
        Outcome::Pending
    } else {
        Outcome::Lost
    }
}

fn reached(set: &BTreeSet<NodeId>, place: &impl Fn(NodeId) -> Seq, scratch: &mut Vec<Seq>) -> Seq {
    scratch.clear();
    scratch.extend(set.iter().map(|&id| place(id)));
    let minority = scratch.len().saturating_sub(1) / 2;
    if scratch.is_empty() {
        return Seq::new(u64::MAX);
    }
    *scratch.select_nth_unstable(minority).1
}

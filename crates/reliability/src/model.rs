//! One attempt at agreement, phase by phase.

mod protocol;
mod thresholds;

use crate::{Error, NODES_MAX, Odds};

pub use protocol::Protocol;
pub use thresholds::{Threshold, Thresholds};

/// What the members of a round do next. Whoever misses it is a member no longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// A leader speaks to all: members stay who hear it. It must itself be a member.
    Broadcast {
        /// The leader.
        from: usize,
    },
    /// All members answer a leader, who must be a member and hear enough of them, or the round is over.
    Collect {
        /// The leader.
        at: usize,
        /// How many others it must hear.
        quorum: usize,
        /// Members stay only if the leader heard them.
        thins: bool,
    },
    /// Members speak to each other: members stay who hear enough others.
    Exchange {
        /// The replica that proposed.
        proposer: usize,
        /// Whether it speaks too.
        proposer_sends: bool,
        /// How many others the proposer must hear.
        proposer_needs: usize,
        /// How many others everybody else must hear.
        others_need: usize,
        /// Whoever fell out in the phase before hears this too, and needs one more, for want of its own vote.
        open: bool,
    },
}

/// What a model is made from.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The protocol.
    pub protocol: Protocol,
    /// How many nodes there are.
    pub nodes: usize,
    /// How many of them may fail; the most that the protocol stands where none is given.
    pub faults: Option<usize>,
    /// How many messages each phase needs.
    pub thresholds: Thresholds,
    /// Who proposes.
    pub leader: usize,
    /// How many nodes never say anything: the last ones, the leader apart.
    pub silent: usize,
    /// How likely each node is up for the whole round; empty where all are.
    pub availability: Vec<f64>,
}

impl Setup {
    /// All nodes up and honest, node 0 proposes, thresholds as usual.
    #[must_use]
    pub const fn new(protocol: Protocol, nodes: usize) -> Self {
        Self {
            protocol,
            nodes,
            faults: None,
            thresholds: Thresholds::Usual,
            leader: 0,
            silent: 0,
            availability: Vec::new(),
        }
    }
}

/// One attempt at agreement among `n` nodes. It succeeds if `need` of them end it as members.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    pub(crate) n: usize,
    pub(crate) f: usize,
    pub(crate) need: usize,
    pub(crate) leader: usize,
    pub(crate) phases: Vec<Phase>,
    pub(crate) up: Vec<Odds>,
}

impl Model {
    /// The model of a setup.
    ///
    /// # Errors
    /// Where the setup is impossible.
    pub fn new(setup: &Setup) -> Result<Self, Error> {
        let n = setup.nodes;
        if n == 0 || n > NODES_MAX {
            return Err(Error::Nodes { given: n, max: NODES_MAX });
        }
        let max = setup.protocol.faults_max(n);
        let f = setup.faults.unwrap_or(max);
        if f > max {
            return Err(Error::Faults { given: f, max, nodes: n });
        }
        if setup.leader >= n {
            return Err(Error::Leader { given: setup.leader, nodes: n });
        }
        if setup.silent >= n {
            return Err(Error::Silent { given: setup.silent, nodes: n });
        }
        let phases = setup.protocol.phases(n, f, setup.leader, setup.thresholds)?;
        Ok(Self { n, f, need: n - f, leader: setup.leader, phases, up: up(setup)? })
    }

    /// How many nodes there are.
    #[must_use]
    pub const fn n(&self) -> usize {
        self.n
    }
    /// How many of them may fail.
    #[must_use]
    pub const fn f(&self) -> usize {
        self.f
    }
    /// How many must agree for the round to count as a success.
    #[must_use]
    pub const fn need(&self) -> usize {
        self.need
    }
    /// What happens, in order.
    #[must_use]
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }
    /// Whether those who fell out of a phase may still come to a decision.
    pub(crate) fn is_open(&self) -> bool {
        self.phases.iter().any(|phase| matches!(phase, Phase::Exchange { open: true, .. }))
    }
    /// Nodes that have a part of their own.
    pub(crate) fn leaders(&self) -> Vec<usize> {
        let mut leaders = vec![self.leader];
        leaders.extend(self.phases.iter().map(|phase| match *phase {
            Phase::Broadcast { from } => from,
            Phase::Collect { at, .. } => at,
            Phase::Exchange { proposer, .. } => proposer,
        }));
        leaders.sort_unstable();
        leaders.dedup();
        leaders
    }
    /// How likely a node is up.
    pub(crate) fn up(&self, node: usize) -> Odds {
        self.up.get(node).copied().unwrap_or(Odds::SURE)
    }
}

fn up(setup: &Setup) -> Result<Vec<Odds>, Error> {
    let (given, nodes) = (setup.availability.len(), setup.nodes);
    if given == 0 && setup.silent == 0 {
        return Ok(Vec::new());
    }
    if given != 0 && given != nodes {
        return Err(Error::Size { what: "the list of availabilities", given, nodes });
    }
    let mut up = Vec::with_capacity(nodes);
    for node in 0..nodes {
        let p = setup.availability.get(node).copied().unwrap_or(1.0);
        up.push(Odds::new(p, &format!("node {node} being up"))?);
    }
    let last = (0..nodes).rev().filter(|&node| node != setup.leader).take(setup.silent);
    last.for_each(|node| up[node] = Odds::NEVER);
    Ok(up)
}

#[cfg(test)]
mod tests;

//! The phases of each protocol.

use super::{Phase, Threshold, Thresholds};
use crate::Error;

/// A protocol that has a model. `docs/theory` says what each of them leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// Pre-prepare, prepare, commit (Castro and Liskov).
    Pbft,
    /// Append, acknowledge, commit (Ongaro and Ousterhout).
    Raft,
    /// Two certificates in a row (Jolteon, HotStuff-2).
    HotStuff,
    /// Three certificates in a row (HotStuff, PODC '19).
    HotStuff3,
    /// Propose, prevote, precommit (Buchman, Kwon, Milosevic).
    Tendermint,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Pbft, Self::Raft, Self::HotStuff, Self::HotStuff3, Self::Tendermint];

    /// Its name, which is that of its core.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pbft => "pbft",
            Self::Raft => "raft",
            Self::HotStuff => "hotstuff",
            Self::HotStuff3 => "hotstuff-3",
            Self::Tendermint => "tendermint",
        }
    }
    /// The protocol with this name.
    ///
    /// # Errors
    /// Where none has it.
    pub fn named(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|protocol| protocol.name() == name);
        found.ok_or_else(|| Error::Protocol { given: name.to_owned() })
    }
    /// The most of `n` nodes that may fail: a minority in Raft, less than a third elsewhere.
    #[must_use]
    pub const fn faults_max(self, n: usize) -> usize {
        match self {
            Self::Raft => n.saturating_sub(1) / 2,
            Self::Pbft | Self::HotStuff | Self::HotStuff3 | Self::Tendermint => {
                n.saturating_sub(1) / 3
            }
        }
    }

    pub(super) fn phases(
        self,
        n: usize,
        f: usize,
        leader: usize,
        thresholds: Thresholds,
    ) -> Result<Vec<Phase>, Error> {
        let round = Round { n, f, leader };
        match self {
            Self::Pbft => round.pbft(thresholds),
            Self::Tendermint => round.tendermint(thresholds),
            Self::Raft => Ok(round.raft(is_core(self, thresholds)?)),
            Self::HotStuff => Ok(round.hotstuff(2, is_core(self, thresholds)?)),
            Self::HotStuff3 => Ok(round.hotstuff(3, is_core(self, thresholds)?)),
        }
    }
}

/// Protocols in which nobody but the leader counts votes have no two thresholds to choose.
fn is_core(protocol: Protocol, thresholds: Thresholds) -> Result<bool, Error> {
    match thresholds {
        Thresholds::Usual => Ok(false),
        Thresholds::Core => Ok(true),
        Thresholds::Counted { .. } => Err(Error::Thresholds {
            given: thresholds.to_string(),
            why: format!("{} has none to choose; leave them out, or say `core`", protocol.name()),
        }),
    }
}

struct Round {
    n: usize,
    f: usize,
    leader: usize,
}

impl Round {
    /// The least number of replicas any two sets of which share an honest one (`types::Quorum`).
    const fn quorum(&self) -> usize {
        (self.n + self.f + 1).div_ceil(2)
    }

    /// The primary sends no prepare. What a core counts: its own prepare too, which the primary has not, and its own
    /// commit.
    fn pbft(&self, thresholds: Thresholds) -> Result<Vec<Phase>, Error> {
        let (primary, backups, commit) = match thresholds {
            Thresholds::Usual => {
                let two_f = Threshold::USUAL.of(self.f, self.n)?;
                (two_f, two_f, two_f)
            }
            Thresholds::Counted { prepare, commit } => {
                let prepare = prepare.of(self.f, self.n)?;
                (prepare, prepare, commit.of(self.f, self.n)?)
            }
            Thresholds::Core => {
                let others = self.quorum().saturating_sub(1);
                (others, others.saturating_sub(1), others)
            }
        };
        Ok(vec![
            Phase::Broadcast { from: self.leader },
            self.exchange(false, (primary, backups), false),
            self.exchange(true, (commit, commit), false),
        ])
    }

    /// Everybody prevotes and precommits, the proposer too; more than two thirds are n - f.
    fn tendermint(&self, thresholds: Thresholds) -> Result<Vec<Phase>, Error> {
        let others = (self.n - self.f).saturating_sub(1);
        let (prevote, precommit) = match thresholds {
            Thresholds::Usual | Thresholds::Core => (others, others),
            Thresholds::Counted { prepare, commit } => {
                (prepare.of(self.f, self.n)?, commit.of(self.f, self.n)?)
            }
        };
        let open = thresholds == Thresholds::Core;
        Ok(vec![
            Phase::Broadcast { from: self.leader },
            self.exchange(true, (prevote, prevote), false),
            self.exchange(true, (precommit, precommit), open),
        ])
    }

    /// A leader that knows a majority to have the entry tells the others; this core's leader tells those that
    /// acknowledged it.
    fn raft(&self, core: bool) -> Vec<Phase> {
        let (from, at) = (self.leader, self.leader);
        vec![
            Phase::Broadcast { from },
            Phase::Collect { at, quorum: self.n / 2, thins: core },
            Phase::Broadcast { from },
        ]
    }

    /// A proposal, and each certificate of it collected and shown to all. In basic HotStuff one leader does it all; in
    /// this core, as in chained HotStuff, votes go to the next one.
    fn hotstuff(&self, certificates: usize, core: bool) -> Vec<Phase> {
        let quorum = if core { self.quorum() } else { self.n - self.f };
        let mut phases = vec![Phase::Broadcast { from: self.leader }];
        for turn in 1..=certificates {
            let next = if core { (self.leader + turn) % self.n } else { self.leader };
            let quorum = quorum.saturating_sub(1);
            phases.push(Phase::Collect { at: next, quorum, thins: false });
            phases.push(Phase::Broadcast { from: next });
        }
        phases
    }

    const fn exchange(
        &self,
        proposer_sends: bool,
        (proposer_needs, others_need): (usize, usize),
        open: bool,
    ) -> Phase {
        Phase::Exchange { proposer: self.leader, proposer_sends, proposer_needs, others_need, open }
    }
}

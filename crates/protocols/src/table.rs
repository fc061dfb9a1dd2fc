//! The properties of the protocols, for people: printed by `unisono protocols` and in the README.

use types::FaultModel;

/// What a protocol assumes of the time that messages take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Synchrony {
    /// Nothing for safety; for progress, that from some moment on they arrive within a bound that nobody knows.
    Partial,
    /// Nothing for safety; for progress, that from some moment on they arrive well within a period that all know.
    Period,
    /// That they arrive within a known bound: without it, what is decided may be contradicted.
    Synchronous,
    /// Nothing.
    None,
}

impl Synchrony {
    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Period => "partial, in periods",
            Self::Synchronous => "synchronous",
            Self::None => "none",
        }
    }
}

/// What a protocol promises and costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Properties {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Which faults it stands, for the certificates of its blocks.
    pub fault_model: FaultModel,
    /// The same in words.
    pub faults: &'static str,
    /// When what it decides is final.
    pub finality: &'static str,
    /// How many replicas it needs for `f` faulty ones.
    pub n_for_f: &'static str,
    /// What it assumes of time.
    pub synchrony: Synchrony,
    /// The phases of a decision.
    pub phases: &'static str,
    /// Messages of one decision without faults.
    pub messages: &'static str,
    /// Where it was published.
    pub paper: &'static str,
    /// How far it is here.
    pub status: &'static str,
}

/// All protocols, in the order in which they are shown.
pub const PROTOCOLS: &[Properties] = &[
    Properties {
        name: "pbft",
        title: "PBFT",
        fault_model: FaultModel::Byzantine,
        faults: "f Byzantine",
        finality: "at once",
        n_for_f: "3f + 1",
        synchrony: Synchrony::Partial,
        phases: "pre-prepare, prepare, commit",
        messages: "2n(n - 1)",
        paper: "Castro and Liskov, OSDI 1999",
        status: "simulator and network",
    },
    Properties {
        name: "hotstuff",
        title: "HotStuff, two phases",
        fault_model: FaultModel::Byzantine,
        faults: "f Byzantine",
        finality: "at once",
        n_for_f: "3f + 1",
        synchrony: Synchrony::Partial,
        phases: "propose, vote, twice",
        messages: "2(n - 1) a view",
        paper: "Gelashvili et al. (Jolteon), FC 2022",
        status: "simulator and network",
    },
    Properties {
        name: "hotstuff-3",
        title: "HotStuff, three phases",
        fault_model: FaultModel::Byzantine,
        faults: "f Byzantine",
        finality: "at once",
        n_for_f: "3f + 1",
        synchrony: Synchrony::Partial,
        phases: "propose, vote, thrice",
        messages: "2(n - 1) a view",
        paper: "Yin et al., PODC 2019",
        status: "simulator and network",
    },
    Properties {
        name: "tendermint",
        title: "Tendermint",
        fault_model: FaultModel::Byzantine,
        faults: "f Byzantine, by voting power",
        finality: "at once",
        n_for_f: "3f + 1",
        synchrony: Synchrony::Partial,
        phases: "propose, prevote, precommit",
        messages: "(2n + 1)(n - 1)",
        paper: "Buchman, Kwon and Milosevic, 2018",
        status: "simulator and network",
    },
    Properties {
        name: "raft",
        title: "Raft",
        fault_model: FaultModel::Crash,
        faults: "f crashes, no lies",
        finality: "at once",
        n_for_f: "2f + 1",
        synchrony: Synchrony::Partial,
        phases: "append, acknowledge",
        messages: "3(n - 1)",
        paper: "Ongaro and Ousterhout, ATC 2014",
        status: "simulator and network",
    },
    Properties {
        name: "poa",
        title: "Proof of authority, Clique",
        fault_model: FaultModel::Byzantine,
        faults: "f Byzantine sealers",
        finality: "by later sealers",
        n_for_f: "3f + 1",
        synchrony: Synchrony::Period,
        phases: "seal",
        messages: "n - 1 a block",
        paper: "EIP-225, 2017",
        status: "simulator and network",
    },
    Properties {
        name: "aura",
        title: "Proof of authority, Aura",
        fault_model: FaultModel::Byzantine,
        faults: "f Byzantine sealers",
        finality: "by later sealers",
        n_for_f: "3f + 1",
        synchrony: Synchrony::Period,
        phases: "seal",
        messages: "n - 1 a block",
        paper: "Aura (Parity), 2017",
        status: "simulator and network",
    },
    Properties {
        name: "pos",
        title: "Proof of stake",
        fault_model: FaultModel::Byzantine,
        faults: "less than a third of the stake",
        finality: "by two epochs of votes",
        n_for_f: "3f + 1",
        synchrony: Synchrony::Partial,
        phases: "propose, attest, justify, finalise",
        messages: "n - 1 a block, n(n - 1) an epoch",
        paper: "Buterin and Griffith (Casper), 2017",
        status: "simulator and network",
    },
    Properties {
        name: "pow",
        title: "Proof of work",
        fault_model: FaultModel::Byzantine,
        faults: "less than half of the work, messages in time",
        finality: "by depth, never certain",
        n_for_f: "2f + 1",
        synchrony: Synchrony::Synchronous,
        phases: "mine",
        messages: "n - 1 a block",
        paper: "Nakamoto, 2008",
        status: "simulator and network",
    },
    Properties {
        name: "fba",
        title: "Stellar consensus",
        fault_model: FaultModel::Byzantine,
        faults: "as its quorum sets allow",
        finality: "at once",
        n_for_f: "by quorum sets",
        synchrony: Synchrony::Partial,
        phases: "nominate, prepare, confirm, externalize",
        messages: "7n(n - 1)",
        paper: "Mazieres, 2015",
        status: "simulator and network",
    },
    Properties {
        name: "central",
        title: "One trusted sequencer (unsafe)",
        fault_model: FaultModel::Crash,
        faults: "none of the sequencer, any of the others",
        finality: "at once, on its word",
        n_for_f: "f + 1",
        synchrony: Synchrony::None,
        phases: "order, acknowledge",
        messages: "2(n - 1)",
        paper: "the baseline of a central server",
        status: "simulator and network",
    },
    Properties {
        name: "none",
        title: "No consensus (unsafe)",
        fault_model: FaultModel::Crash,
        faults: "none: replicas diverge",
        finality: "never",
        n_for_f: "-",
        synchrony: Synchrony::None,
        phases: "none",
        messages: "0",
        paper: "the baseline of doing nothing",
        status: "simulator",
    },
];

//! The properties of the protocols, for people: printed by `unisono protocols` and in the README.

use types::FaultModel;

/// What a protocol promises and costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Properties {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Which faults it stands.
    pub fault_model: FaultModel,
    /// How many replicas it needs for `f` faulty ones.
    pub n_for_f: &'static str,
    /// What it assumes of time.
    pub synchrony: &'static str,
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
pub const PROTOCOLS: &[Properties] = &[Properties {
    name: "pbft",
    title: "PBFT",
    fault_model: FaultModel::Byzantine,
    n_for_f: "3f + 1",
    synchrony: "partial",
    phases: "pre-prepare, prepare, commit",
    messages: "2n(n - 1)",
    paper: "Castro and Liskov, OSDI 1999",
    status: "simulator and network",
}];

//! After a fork: who must have lied, from what two honest replicas of any core have kept.

use std::fmt;

use protocol::{Decision, Evidence, Inspect};
use types::FaultModel;

use crate::{Any, ConfigError, Record, properties};

/// What one honest replica can show.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    /// What it decided, as far as it is known. Their commits help where they are at hand, and may be missing.
    pub decisions: Vec<Decision>,
    /// The records of its log.
    pub records: Vec<Record>,
}

/// Why a core names nobody, whatever has happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForensicsError {
    /// No protocol has this name.
    Unknown(ConfigError),
    /// Nothing in its log convicts anybody.
    NoForensics {
        /// The protocol.
        name: &'static str,
        /// What it stands.
        fault_model: FaultModel,
    },
}

impl fmt::Display for ForensicsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(error) => error.fmt(f),
            Self::NoForensics { name, fault_model: FaultModel::Byzantine } => {
                write!(
                    f,
                    "`{name}` compares no logs: what its core can prove, it accuses when it sees it"
                )
            }
            Self::NoForensics { name, fault_model: FaultModel::Crash } => {
                write!(f, "`{name}` stands no liars: nothing in its logs convicts anybody")
            }
        }
    }
}
impl std::error::Error for ForensicsError {}

/// Names liars after two honest replicas of the core called `name` decided differently. Each comes with two
/// statements that no honest replica makes both, and that hold for the verifier.
///
/// Empty where the testimonies do not disagree, or where the logs no longer hold what would prove it.
///
/// # Errors
/// Where the core has no forensics, or there is no such core.
pub fn forensics(
    name: &str,
    [a, b]: [&Testimony; 2],
    verifier: &crypto::Verifier,
) -> Result<Vec<Evidence>, ForensicsError> {
    let Some(properties) = properties(name) else {
        return Err(ForensicsError::Unknown(ConfigError::Unknown { name: name.to_owned() }));
    };
    let mut found = match name {
        "pbft" => pbft::forensics(&of_pbft(a), &of_pbft(b)),
        "hotstuff" | "hotstuff-3" => hotstuff::forensics(&[of_hotstuff(a), of_hotstuff(b)]),
        "tendermint" => tendermint::forensics(&of_tendermint(a), &of_tendermint(b)),
        "pos" => pos::forensics(&of_pos(a), &of_pos(b)),
        _ => {
            let fault_model = properties.fault_model;
            return Err(ForensicsError::NoForensics { name: properties.name, fault_model });
        }
    };
    found.retain(|evidence| Any::verify_evidence(evidence, verifier));
    Ok(found)
}

macro_rules! records_of {
    ($testimony:expr, $variant:ident) => {
        $testimony
            .records
            .iter()
            .filter_map(|record| match record {
                Record::$variant(record) => Some(record.clone()),
                #[allow(clippy::wildcard_enum_match_arm, reason = "other cores' records")]
                _ => None,
            })
            .collect()
    };
}

fn of_pbft(testimony: &Testimony) -> pbft::Testimony {
    let decisions = testimony.decisions.clone();
    pbft::Testimony { decisions, records: records_of!(testimony, Pbft) }
}
fn of_hotstuff(testimony: &Testimony) -> hotstuff::Testimony {
    let decisions = testimony.decisions.clone();
    hotstuff::Testimony { decisions, records: records_of!(testimony, HotStuff) }
}
fn of_tendermint(testimony: &Testimony) -> tendermint::Testimony {
    let decisions = testimony.decisions.clone();
    tendermint::Testimony { decisions, records: records_of!(testimony, Tendermint) }
}
fn of_pos(testimony: &Testimony) -> Vec<pos::Record> {
    records_of!(testimony, Pos)
}

//! The agreed parameters: what proposals may change, and what reads them everywhere.

use codec::{Decode, DecodeError, Encode, Reader};
use ledger::StateTree;

use super::GOVERNANCE;
use crate::Others;
use crate::argument::{keep, kept};

macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $label:literal, $default:literal, $range:expr;)+) => {
        /// A number that all validators agree on and a proposal may change. Numbers and labels are stable.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u16)]
        pub enum Parameter {
            $($(#[$doc])* $name = $number,)+
        }
        impl Parameter {
            /// All of them, by their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// Its name for people and programs.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
            /// Its value until a proposal changes it.
            #[must_use]
            pub const fn default_value(self) -> u64 {
                match self {
                    $(Self::$name => $default,)+
                }
            }
            /// The values that it may have.
            #[must_use]
            pub const fn range(self) -> std::ops::RangeInclusive<u64> {
                match self {
                    $(Self::$name => $range,)+
                }
            }
            /// Whether it may have a value.
            #[must_use]
            pub fn allows(self, value: u64) -> bool {
                self.range().contains(&value)
            }
        }
    };
}

/// Dearest fee that can be agreed on, so that no proposal can shut the chain.
pub const FEE_MAX: u64 = 1_000_000_000;

parameters! {
    /// The least fee of any transaction.
    FeeMin = 1, "fee.min", 0, 0..=FEE_MAX;
    /// What a transaction must offer besides for each started KiB of payload.
    FeePerKib = 2, "fee.per_kib", 0, 0..=FEE_MAX;
    /// The least stake of a hub, in stake units.
    StakeMin = 3, "registry.stake_min", 1, 1..=u64::MAX / 2;
    /// How much of all bonded stake must take part in a vote, in basis points.
    QuorumBp = 4, "governance.quorum_bp", 1_000, 1..=10_000;
    /// How much of the stake for or against must be for, in basis points.
    ApprovalBp = 5, "governance.approval_bp", 6_700, 5_001..=10_000;
    /// The fewest blocks between a proposal and its deadline.
    VotingBlocksMin = 6, "governance.voting_blocks_min", 10, 1..=super::VOTING_BLOCKS_MAX;
    /// The most unfinished messages of a topic, whatever its owner allows.
    QueueDepthMax = 7, "queue.depth_max", 10_000, 1..=65_536;
    /// What a message must offer for each started KiB, times the factors of its priority and guarantee.
    QueueFeePerKib = 8, "queue.fee_per_kib", 0, 0..=FEE_MAX;
    /// The least time between two payloads of a proposer, in milliseconds; zero leaves it to each validator. Far below
    /// the time after which a silent proposer is replaced.
    BlockIntervalMs = 9, "block.interval_ms", 0, 0..=500;
    /// What a call of a contract costs for each started million of fuel, in stake units.
    FuelPrice = 10, "contract.fuel_price", 1, 0..=FEE_MAX;
    /// The least bonded stake of a validator's hub, where the registry decides who validates; zero leaves it to the
    /// validators.
    ValidatorsStakeMin = 11, "validators.stake_min", 0, 0..=u64::MAX / 2;
    /// The most hubs that the registry seats as validators.
    ValidatorsCountMax = 12, "validators.count_max", 64, 4..=types::limits::NODES_MAX as u64;
    /// Where the registry decides, sets change at multiples of this height.
    ValidatorsEpochBlocks = 13, "validators.epoch_blocks", 1_000, 16..=100_000;
}

impl Parameter {
    /// The parameter with this name.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|parameter| parameter.label() == label)
    }
}

/// The agreed value of a parameter, in governance's own state.
#[must_use]
pub fn value(state: &StateTree, parameter: Parameter) -> u64 {
    kept(state, &key(parameter)).unwrap_or_else(|| parameter.default_value())
}

/// The agreed value of a parameter, as another application sees it.
pub(crate) fn parameter(others: Others<'_>, parameter: Parameter) -> u64 {
    others
        .get(GOVERNANCE)
        .map_or_else(|| parameter.default_value(), |state| value(state, parameter))
}

/// Sets a parameter, as an enacted proposal does.
pub fn set(state: &mut StateTree, parameter: Parameter, value: u64) {
    keep(state, key(parameter), &value);
}

/// The key of a parameter's entry, for a proof of its value; there is none as long as nobody has changed it.
#[must_use]
pub fn key(parameter: Parameter) -> Vec<u8> {
    [b"parameter/".as_slice(), &(parameter as u16).to_be_bytes()].concat()
}

/// What a transaction must offer to be executed at all.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct FeeRule {
    min: u64,
    per_kib: u64,
}

impl FeeRule {
    /// The rule of a state of governance.
    #[must_use]
    pub fn of(state: Option<&StateTree>) -> Self {
        let state = state.filter(|state| !state.is_empty());
        state.map_or_else(Self::default, |state| Self {
            min: value(state, Parameter::FeeMin),
            per_kib: value(state, Parameter::FeePerKib),
        })
    }
    /// The least fee of a transaction with a payload of so many bytes.
    #[must_use]
    pub const fn least(self, payload_bytes: usize) -> u64 {
        self.min.saturating_add(self.per_kib.saturating_mul(payload_bytes.div_ceil(1024) as u64))
    }
}

impl Encode for Parameter {
    fn encode(&self, out: &mut Vec<u8>) {
        (*self as u16).encode(out);
    }
}
impl Decode for Parameter {
    const BYTES_MIN: usize = 2;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let number = u16::decode(reader)?;
        let known = Self::ALL.iter().copied().find(|parameter| *parameter as u16 == number);
        known.ok_or(DecodeError::NotCanonical { what: "a parameter has a known number" })
    }
}

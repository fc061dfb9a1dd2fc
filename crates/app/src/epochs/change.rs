//! What can be changed in an epoch, and what must not be.

use std::fmt;

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::PublicKey;
use ledger::{Epoch, Member, Refusal, Validator, WEIGHT_TOTAL_MAX};
use types::limits::NODES_MAX;
use types::{FaultModel, Height, NodeId};

use super::Rules;

/// Longest name of a protocol or a validator, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// A change from one epoch to the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Another protocol orders the blocks.
    Protocol(String),
    /// A validator joins.
    Join {
        /// Its name and keys.
        validator: Validator,
        /// Its weight; 1 wherever votes are counted.
        weight: u64,
    },
    /// A validator leaves.
    Leave {
        /// Its name.
        name: String,
    },
    /// A validator votes with another key.
    Rotate {
        /// Its name.
        name: String,
        /// The new key; that of its network identity stays.
        key: PublicKey,
    },
    /// A validator's vote weighs otherwise.
    Weigh {
        /// Its name.
        name: String,
        /// The new weight.
        weight: u64,
    },
}

impl Change {
    /// The epoch that it makes of the last one.
    pub(super) fn apply_to(
        &self,
        last: &Epoch,
        first: Height,
        rules: &Rules,
    ) -> Result<Epoch, Refusal> {
        let number = last.number.saturating_add(1);
        let mut next = Epoch { number, first, ..last.clone() };
        match self {
            Self::Protocol(protocol) => next.protocol.clone_from(protocol),
            Self::Join { validator, weight } => join(&mut next, validator, *weight)?,
            Self::Leave { name } => {
                let place = place_of(&next, name)?;
                next.members.remove(place);
            }
            Self::Rotate { name, key } => {
                if next.members.iter().any(|member| member.validator.key == *key) {
                    return Err(Refusal::DuplicateValidator);
                }
                check_key(*key)?;
                let place = place_of(&next, name)?;
                next.members[place].validator.key = *key;
            }
            Self::Weigh { name, weight } => {
                let place = place_of(&next, name)?;
                next.members[place].weight = *weight;
            }
        }
        if !matches!(self, Self::Protocol(_)) {
            next.since = number;
        }
        check_weights(&next, rules)?;
        self.check_faults(last, &next, rules.faults)?;
        Ok(next)
    }

    /// Refuses what leaves a set that does not stand one faulty member, where it did before or somebody goes.
    fn check_faults(&self, last: &Epoch, next: &Epoch, faults: FaultModel) -> Result<(), Refusal> {
        let stood = stands_one(last, faults) || matches!(self, Self::Leave { .. });
        if stood && !stands_one(next, faults) { Err(Refusal::TooFewValidators) } else { Ok(()) }
    }

    /// Whether its texts are short enough to be kept.
    pub(super) fn is_short(&self) -> bool {
        let text = match self {
            Self::Protocol(name)
            | Self::Leave { name }
            | Self::Rotate { name, .. }
            | Self::Weigh { name, .. } => name,
            Self::Join { validator, .. } => &validator.name,
        };
        (1..=NAME_BYTES_MAX).contains(&text.len())
    }
}

fn place_of(epoch: &Epoch, name: &str) -> Result<usize, Refusal> {
    let found = epoch.members.iter().position(|member| member.validator.name == name);
    found.ok_or(Refusal::UnknownValidator)
}

/// Refuses a key that nothing can be checked with: its member would never vote.
fn check_key(key: PublicKey) -> Result<(), Refusal> {
    PublicKey::new(key.to_bytes()).map(drop).map_err(|_| Refusal::BadKey)
}

pub(super) fn join(next: &mut Epoch, validator: &Validator, weight: u64) -> Result<(), Refusal> {
    let same = |member: &Member| {
        let other = &member.validator;
        other.name == validator.name
            || other.key == validator.key
            || other.network_key == validator.network_key
    };
    if next.members.iter().any(same) {
        return Err(Refusal::DuplicateValidator);
    }
    check_key(validator.key)?;
    // The last number stands for whoever is no validator.
    if next.members.len() >= NODES_MAX || next.next_id == u16::MAX {
        return Err(Refusal::TooManyValidators);
    }
    let id = NodeId::new(next.next_id);
    next.next_id += 1;
    next.members.push(Member { id, validator: validator.clone(), weight });
    Ok(())
}

/// Refuses weights that no quorum could be counted with.
pub(super) fn check_weights(next: &Epoch, rules: &Rules) -> Result<(), Refusal> {
    let fit = rules.protocols.iter().find(|fit| fit.name == next.protocol);
    let fit = fit.ok_or(Refusal::ProtocolUnfit)?;
    if next.members.iter().any(|member| member.weight == 0) {
        return Err(Refusal::ZeroWeight);
    }
    let total = next.members.iter().try_fold(0_u64, |sum, member| sum.checked_add(member.weight));
    if total.is_none_or(|total| total > WEIGHT_TOTAL_MAX) {
        return Err(Refusal::WeightOverflow);
    }
    if !fit.weighs && next.members.iter().any(|member| member.weight != 1) {
        return Err(Refusal::VotesCount);
    }
    Ok(())
}

/// Whether any one member may be faulty: whoever is left is a quorum.
pub(super) fn stands_one(epoch: &Epoch, faults: FaultModel) -> bool {
    let heaviest = epoch.members.iter().map(|member| member.weight).max();
    let heaviest = heaviest.and_then(|weight| usize::try_from(weight).ok());
    heaviest.is_some_and(|heaviest| epoch.quorum(faults).f() >= heaviest)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(protocol) => f.write_str(protocol),
            Self::Join { validator, weight } => {
                write!(f, "{} joins with weight {weight}", validator.name)
            }
            Self::Leave { name } => write!(f, "{name} leaves"),
            Self::Rotate { name, .. } => write!(f, "{name} votes with another key"),
            Self::Weigh { name, weight } => write!(f, "{name} weighs {weight}"),
        }
    }
}

impl Encode for Change {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Protocol(protocol) => {
                out.push(0);
                protocol.encode(out);
            }
            Self::Join { validator, weight } => {
                out.push(1);
                validator.encode(out);
                weight.encode(out);
            }
            Self::Leave { name } => {
                out.push(2);
                name.encode(out);
            }
            Self::Rotate { name, key } => {
                out.push(3);
                name.encode(out);
                key.encode(out);
            }
            Self::Weigh { name, weight } => {
                out.push(4);
                name.encode(out);
                weight.encode(out);
            }
        }
    }
}

impl Decode for Change {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.byte()? {
            0 => Self::Protocol(String::decode(reader)?),
            1 => Self::Join { validator: Validator::decode(reader)?, weight: u64::decode(reader)? },
            2 => Self::Leave { name: String::decode(reader)? },
            3 => Self::Rotate { name: String::decode(reader)?, key: PublicKey::decode(reader)? },
            4 => Self::Weigh { name: String::decode(reader)?, weight: u64::decode(reader)? },
            tag => return Err(DecodeError::UnknownTag { of: "Change", tag }),
        })
    }
}

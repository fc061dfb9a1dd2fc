//! The registry drives the validator set: where governance has switched it on, anybody may ask that the next epoch seat
//! the hubs with the most bonded stake, and let go whoever has left or fallen below.

use ledger::{Epoch, Member, Refusal, StateTree, Validator};
use types::{FaultModel, Height};

use super::change::{check_weights, join, stands_one};
use super::{NOTICE_BLOCKS_MIN, Rules};
use crate::Others;
use crate::governance::{GOVERNANCE, Parameter, value};
use crate::registry::{REGISTRY, candidates};

/// What governance has agreed on about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drive {
    /// The least bonded stake of a validator's hub, in stake units; zero where the registry does not decide.
    pub stake_min: u64,
    /// The most hubs that are seated.
    pub count_max: u64,
    /// Sets change at multiples of this height.
    pub epoch_blocks: u64,
}

impl Drive {
    /// The rule in a state of governance.
    #[must_use]
    pub fn of(governance: &StateTree) -> Self {
        Self {
            stake_min: value(governance, Parameter::ValidatorsStakeMin),
            count_max: value(governance, Parameter::ValidatorsCountMax),
            epoch_blocks: value(governance, Parameter::ValidatorsEpochBlocks),
        }
    }
    /// Whether the registry decides who validates.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.stake_min > 0
    }
    /// The first boundary that is far enough above a height to be told of before it comes.
    #[must_use]
    pub fn boundary(self, height: Height) -> Height {
        let soonest = height.plus(NOTICE_BLOCKS_MIN).get();
        Height::new(soonest.div_ceil(self.epoch_blocks.max(1)).saturating_mul(self.epoch_blocks))
    }
    /// Who should validate: hubs that want to, have keys and enough stake, the largest stake first. A key that two hubs
    /// name is the one's with the larger stake.
    #[must_use]
    pub fn wanted(self, registry: &StateTree) -> Vec<Validator> {
        let mut wanted: Vec<Validator> = Vec::new();
        for (validator, stake) in candidates(registry, usize::MAX) {
            let is_full = wanted.len() as u64 >= self.count_max;
            if is_full || stake < self.stake_min {
                break;
            }
            if !wanted.iter().any(|other| other.key == validator.key) {
                wanted.push(validator);
            }
        }
        wanted
    }
}

/// The epoch that the registry makes of the last one.
pub(super) fn follow(
    last: &Epoch,
    height: Height,
    rules: &Rules,
    others: Others<'_>,
) -> Result<Epoch, Refusal> {
    let drive = others.get(GOVERNANCE).map(Drive::of).filter(|drive| drive.is_on());
    let drive = drive.ok_or(Refusal::RegistryNotDriving)?;
    if last.first > height {
        return Err(Refusal::ChangeScheduled);
    }
    let wanted = others.get(REGISTRY).map(|registry| drive.wanted(registry)).unwrap_or_default();
    let number = last.number.saturating_add(1);
    let (first, since) = (drive.boundary(height), number);
    let mut next = Epoch { number, first, since, ..last.clone() };
    let hindered = seat(&wanted, last, &mut next, rules.faults);
    let is_wanted = |member: &Member| wanted.iter().any(|one| one.key == member.validator.key);
    release(&is_wanted, last, &mut next, rules.faults);
    if next.members == last.members {
        let is_as_wanted = last.members.iter().all(is_wanted) && wanted.len() == last.members.len();
        let unsafe_or = hindered.unwrap_or(Refusal::TooFewValidators);
        return Err(if is_as_wanted { Refusal::SetUnchanged } else { unsafe_or });
    }
    check_weights(&next, rules)?;
    Ok(next)
}

/// Seats whom the set lacks, in their order, as long as those who stay are a quorum of the new set: it works although no
/// newcomer has started yet. Whose name is still another's has to wait; says why the last of these had to.
fn seat(
    wanted: &[Validator],
    last: &Epoch,
    next: &mut Epoch,
    faults: FaultModel,
) -> Option<Refusal> {
    let mut hindered = None;
    for validator in wanted {
        let mut larger = next.clone();
        let is_new = next.members.iter().all(|member| member.validator.key != validator.key);
        if !is_new {
            continue;
        }
        if let Err(refusal) = join(&mut larger, validator, 1) {
            hindered = Some(refusal);
            continue;
        }
        if !can_work(&larger, last, faults) {
            break;
        }
        *next = larger;
    }
    hindered
}

/// Lets go whom nobody wants, as long as those who stay are a quorum of what is left and that stands one faulty member.
fn release(
    is_wanted: &impl Fn(&Member) -> bool,
    last: &Epoch,
    next: &mut Epoch,
    faults: FaultModel,
) {
    for member in last.members.iter().filter(|member| !is_wanted(member)) {
        let mut smaller = next.clone();
        smaller.members.retain(|other| other.id != member.id);
        if stands_one(&smaller, faults) && can_work(&smaller, last, faults) {
            *next = smaller;
        }
    }
}

/// Whether those members of a set that were in office before are a quorum of it.
fn can_work(next: &Epoch, last: &Epoch, faults: FaultModel) -> bool {
    let stayed =
        next.members.iter().filter(|member| last.members.iter().any(|other| other.id == member.id));
    let weight = stayed.fold(0_u64, |sum, member| sum.saturating_add(member.weight));
    next.quorum(faults).is_met(usize::try_from(weight).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests;

use codec::record;
use ledger::{Account, Refusal, StateTree};
use types::Height;

use super::{purse, purse_key};
use crate::argument::keep;

/// Stake is released so many blocks after it was unbonded: long enough to hold it liable for what it did.
pub const UNBOND_BLOCKS: u64 = 1_000;
/// Most releases that an account waits for at once.
pub const RELEASES_MAX: usize = 8;

/// Stake on its way from bonded to free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Release {
    /// The height from which on it may be withdrawn.
    pub due: Height,
    /// How much, in stake units.
    pub stake: u64,
}
record!(Release { due: Height, stake: u64 });

/// All stake of an account, in stake units.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Purse {
    /// At the account's disposal.
    pub free: u64,
    /// Bonded for its hub; weighs in votes.
    pub bonded: u64,
    /// On its way back, oldest first.
    pub releases: Vec<Release>,
}
record!(Purse { free: u64, bonded: u64, releases: Vec<Release> });

impl Purse {
    /// All of it. No sum can overflow: all purses together hold the supply.
    #[must_use]
    pub fn total(&self) -> u64 {
        let released = self.releases.iter().map(|release| release.stake);
        released.fold(self.free.saturating_add(self.bonded), u64::saturating_add)
    }

    pub(super) fn spend(&mut self, stake: u64) -> Result<(), Refusal> {
        self.free = self.free.checked_sub(stake).ok_or(Refusal::StakeShort)?;
        Ok(())
    }

    pub(super) fn earn(&mut self, stake: u64) -> Result<(), Refusal> {
        self.free = self.free.checked_add(stake).ok_or(Refusal::StakeOverflow)?;
        Ok(())
    }

    pub(super) fn bond(&mut self, stake: u64) -> Result<(), Refusal> {
        self.spend(stake)?;
        self.bonded = self.bonded.checked_add(stake).ok_or(Refusal::StakeOverflow)?;
        Ok(())
    }

    pub(super) fn unbond(&mut self, stake: u64, height: Height) -> Result<(), Refusal> {
        if self.releases.len() >= RELEASES_MAX {
            return Err(Refusal::TooManyReleases);
        }
        self.bonded = self.bonded.checked_sub(stake).ok_or(Refusal::StakeShort)?;
        self.releases.push(Release { due: height.plus(UNBOND_BLOCKS), stake });
        Ok(())
    }

    /// Frees what is due.
    pub(super) fn withdraw(&mut self, height: Height) -> Result<u64, Refusal> {
        let is_due = |release: &&Release| release.due <= height;
        let due: u64 = self.releases.iter().filter(is_due).map(|release| release.stake).sum();
        if due == 0 {
            return Err(Refusal::StakeNotDue);
        }
        self.releases.retain(|release| release.due > height);
        self.earn(due)?;
        Ok(due)
    }
}

/// Changes an account's purse, or refuses and leaves it alone. An empty purse takes no room.
pub(super) fn change_purse<T>(
    state: &mut StateTree,
    account: &Account,
    change: impl FnOnce(&mut Purse) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut changed = purse(state, account);
    let result = change(&mut changed)?;
    if changed.total() == 0 {
        state.remove(&purse_key(account));
    } else {
        keep(state, purse_key(account), &changed);
    }
    Ok(result)
}

use std::collections::BTreeSet;
use std::fmt;

use types::limits::NODES_MAX;
use types::{Digest, Duration, NodeId, Seq};

#[cfg(any(test, feature = "mutants"))]
use crate::Mutant;
use crate::Protection;
use crate::message::Checkpoint;

/// What stands behind a validator. Its weight is the sum; delegated stake is at risk like the validator's own.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Stake {
    /// The validator's own.
    pub own: u64,
    /// What others have delegated to it, by account.
    pub delegated: Vec<(Digest, u64)>,
}

impl Stake {
    /// Own stake alone.
    #[must_use]
    pub const fn own(own: u64) -> Self {
        Self { own, delegated: Vec::new() }
    }
    /// The sum; `None` where it does not fit.
    #[must_use]
    pub fn weight(&self) -> Option<u64> {
        self.delegated.iter().try_fold(self.own, |sum, (_, stake)| sum.checked_add(*stake))
    }
}

/// A validator's stake from an epoch on; no stake at all is how one leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StakeChange {
    /// The first epoch in which it counts.
    pub epoch: u64,
    /// Whose.
    pub validator: NodeId,
    /// How much.
    pub stake: Stake,
}

/// What one replica is told before it starts. Start from [`Config::new`]; all replicas must agree on everything but
/// `anchor`, `protection`, `quiet_epochs` and `voting`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The validators' stakes from the beginning, by their names.
    pub stakes: Vec<Stake>,
    /// Later stakes, by ascending epoch.
    pub changes: Vec<StakeChange>,
    /// Chooses proposers and committees; fixed before anybody can profit from it.
    pub seed: Digest,
    /// The place that the chain begins above: zero, or where another protocol or another set has ended.
    pub base: Seq,
    /// How long a slot is: well over twice what a message takes.
    pub slot: Duration,
    /// Slots in an epoch.
    pub slots_per_epoch: u64,
    /// Most blocks between the last final one and the head; proposers wait there.
    pub window: u64,
    /// How long stake stays at risk: older votes, links and offences say nothing any more.
    pub unbonding_epochs: u64,
    /// A final checkpoint that the operator vouches for; where a replica starts that was away for too long.
    pub anchor: Option<Checkpoint>,
    /// What this validator has signed elsewhere, imported.
    pub protection: Protection,
    /// How many epochs a replica signs nothing in after it has started: one keeps a signer that came back from an old
    /// backup from repeating itself; none trusts the log alone.
    pub quiet_epochs: u64,
    /// False for a replica that lost its sign-state: it follows, and signs nothing.
    pub voting: bool,
    /// The deliberate bug of this replica.
    #[cfg(any(test, feature = "mutants"))]
    pub mutant: Option<Mutant>,
}

/// Why a configuration is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigError {
    /// No validator, or more than `NODES_MAX`.
    Validators {
        /// How many.
        count: usize,
    },
    /// A validator without stake at the beginning.
    NoStake {
        /// Who.
        validator: NodeId,
    },
    /// Own and delegated stake do not fit into 64 bits.
    Overflow {
        /// Whose.
        validator: NodeId,
    },
    /// An account delegates twice to one validator.
    RepeatedDelegation {
        /// To whom.
        validator: NodeId,
    },
    /// A change for a validator that the set does not have.
    Unknown {
        /// Who.
        validator: NodeId,
    },
    /// Changes that do not ascend by epoch, or two for one validator in one epoch.
    ChangesOutOfOrder,
    /// An epoch in which nobody has stake.
    EmptyEpoch {
        /// Which.
        epoch: u64,
    },
    /// No time in a slot, no slot in an epoch, no room for a block, or no time at risk.
    NoRoom,
}

/// Every validator's stake in [`Config::new`].
const STAKE_USUAL: u64 = 32;

impl Config {
    /// The recommended values for `n` validators of equal stake.
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self {
            stakes: vec![Stake::own(STAKE_USUAL); n],
            changes: Vec::new(),
            seed: Digest::ZERO,
            base: Seq::ZERO,
            slot: Duration::from_ms(50),
            slots_per_epoch: 4,
            window: 64,
            unbonding_epochs: 1 << 20,
            anchor: None,
            protection: Protection::default(),
            quiet_epochs: 1,
            voting: true,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }

    /// How many validators there are.
    #[must_use]
    pub const fn n(&self) -> usize {
        self.stakes.len()
    }

    /// Whether it can be run.
    ///
    /// # Errors
    /// Why not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let count = self.n();
        if count == 0 || count > NODES_MAX {
            return Err(ConfigError::Validators { count });
        }
        let has_room = self.slot > Duration::ZERO
            && self.slots_per_epoch > 0
            && self.window > 0
            && self.unbonding_epochs > 1;
        if !has_room {
            return Err(ConfigError::NoRoom);
        }
        let mut weights = Vec::with_capacity(count);
        for (validator, stake) in NodeId::all(count).zip(&self.stakes) {
            let weight = check_stake(validator, stake)?;
            if weight == 0 {
                return Err(ConfigError::NoStake { validator });
            }
            weights.push(weight);
        }
        self.check_changes(weights)
    }

    fn check_changes(&self, mut weights: Vec<u64>) -> Result<(), ConfigError> {
        let mut seen = BTreeSet::new();
        for (index, change) in self.changes.iter().enumerate() {
            let validator = change.validator;
            let Some(weight) = weights.get_mut(validator.index()) else {
                return Err(ConfigError::Unknown { validator });
            };
            *weight = check_stake(validator, &change.stake)?;
            let next = self.changes.get(index + 1).map(|next| next.epoch);
            if !seen.insert((change.epoch, validator))
                || next < Some(change.epoch) && next.is_some()
            {
                return Err(ConfigError::ChangesOutOfOrder);
            }
            if next != Some(change.epoch) && weights.iter().all(|weight| *weight == 0) {
                return Err(ConfigError::EmptyEpoch { epoch: change.epoch });
            }
        }
        Ok(())
    }
}

fn check_stake(validator: NodeId, stake: &Stake) -> Result<u64, ConfigError> {
    let accounts: BTreeSet<Digest> = stake.delegated.iter().map(|(account, _)| *account).collect();
    if accounts.len() < stake.delegated.len() {
        return Err(ConfigError::RepeatedDelegation { validator });
    }
    stake.weight().ok_or(ConfigError::Overflow { validator })
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Validators { count } => {
                write!(f, "{count} validators; between 1 and {NODES_MAX} can be run")
            }
            Self::NoStake { validator } => write!(f, "{validator} has no stake"),
            Self::Overflow { validator } => {
                write!(f, "the stake of {validator}, own and delegated, does not fit into 64 bits")
            }
            Self::RepeatedDelegation { validator } => {
                write!(f, "an account delegates twice to {validator}")
            }
            Self::Unknown { validator } => write!(f, "a stake change names {validator}, whom the set lacks"),
            Self::ChangesOutOfOrder => {
                f.write_str("stake changes must ascend by epoch, one for each validator and epoch")
            }
            Self::EmptyEpoch { epoch } => write!(f, "nobody has stake from epoch {epoch} on"),
            Self::NoRoom => f.write_str(
                "slots, epochs and the window must not be empty, and stake must stay at risk for two epochs",
            ),
        }
    }
}
impl std::error::Error for ConfigError {}

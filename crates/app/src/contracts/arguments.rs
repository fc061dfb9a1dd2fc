//! What can be asked of contracts, and the arguments.

use ::contracts::{CODE_BYTES_MAX, FUNCTION_BYTES_MAX};
use codec::{Bytes, record};
use ledger::{Account, Refusal, TxView};

use super::FUEL_CALL_MAX;
use crate::argument::{Argument, argument, is_name};

/// What can be asked of contracts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum Verb {
    /// Deploy a module; the argument is a [`Deploy`].
    Deploy = 1,
    /// Call a function; the argument is a [`Call`].
    Call = 2,
}

impl Verb {
    /// All verbs, in the order of their numbers.
    pub const ALL: [Self; 2] = [Self::Deploy, Self::Call];
    /// The verb with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| *verb as u16 == number)
    }
}

/// A new contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deploy {
    /// Its module, at most [`CODE_BYTES_MAX`] bytes.
    pub code: Bytes,
    /// Tells several contracts of one owner and module apart.
    pub salt: u64,
    /// What its `init` is given.
    pub argument: Bytes,
    /// The most fuel that this may use.
    pub fuel: u64,
    /// Stake of the sender that the contract gets, in stake units.
    pub stake: u64,
}
record!(Deploy { code: Bytes, salt: u64, argument: Bytes, fuel: u64, stake: u64 });

/// A call of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// Its address.
    pub contract: Account,
    /// The function, 1 to [`FUNCTION_BYTES_MAX`] bytes.
    pub function: String,
    /// What it is given.
    pub argument: Bytes,
    /// The most fuel that this may use.
    pub fuel: u64,
    /// Stake of the sender that the contract gets, in stake units.
    pub stake: u64,
}
record!(Call { contract: Account, function: String, argument: Bytes, fuel: u64, stake: u64 });

impl Argument for Deploy {
    fn fits(&self) -> bool {
        true
    }
}
impl Argument for Call {
    fn fits(&self) -> bool {
        is_name(&self.function, FUNCTION_BYTES_MAX)
    }
}

/// An operation with its argument.
pub(super) enum Request {
    Deploy(Deploy),
    Call(Call),
}

impl Request {
    pub(super) const fn fuel(&self) -> u64 {
        match self {
            Self::Deploy(Deploy { fuel, .. }) | Self::Call(Call { fuel, .. }) => *fuel,
        }
    }
    pub(super) const fn stake(&self) -> u64 {
        match self {
            Self::Deploy(Deploy { stake, .. }) | Self::Call(Call { stake, .. }) => *stake,
        }
    }
}

pub(super) fn read(tx: &TxView<'_>) -> Result<Request, Refusal> {
    let request = match Verb::from_number(tx.operation.verb).ok_or(Refusal::UnknownOperation)? {
        Verb::Deploy => {
            let deploy: Deploy = argument(tx)?;
            if deploy.code.0.len() > CODE_BYTES_MAX {
                return Err(Refusal::ContractTooLarge);
            }
            Request::Deploy(deploy)
        }
        Verb::Call => Request::Call(argument(tx)?),
    };
    if (1..=FUEL_CALL_MAX).contains(&request.fuel()) {
        Ok(request)
    } else {
        Err(Refusal::FuelOutOfRange)
    }
}

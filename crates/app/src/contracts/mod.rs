//! Application 9: contracts. Anybody deploys a WebAssembly module and calls its functions by transaction.
//!
//! A contract is an account of its own: its address. It keeps entries under that address, reads what other applications
//! hold, and acts in some of them in its own name, so that what it holds is stake of the registry and what it decides is
//! governance's. A call that fails changes nothing but what it paid and the record of it.

mod arguments;
mod budget;
mod host;
mod query;
mod rules;
mod runs;

use std::fmt::Debug;

use codec::{Decode, record};
use ledger::{Account, AppId, Outcome, Refusal, StateTree, TxView};
use types::{Digest, Height};

use crate::argument::{entries, kept};
use crate::{App, BlockContext, Event, Step};

pub use ::contracts::{CODE_BYTES_MAX, PROGRAMS_KEPT_MAX};
pub use arguments::{Call, Deploy, Verb};
pub use budget::{
    CALLS_BLOCK_MAX, FUEL_BLOCK_MAX, FUEL_CALL_MAX, FUEL_PRICED, fees_account, price,
};
pub use host::MAY_ACT_IN;
pub use ledger::kinds::CONTRACTS;
pub use query::{Answer, FUEL_QUERY_MAX, Question, query};
pub use runs::{Past, RUNS_KEPT_MAX, Run, Told, latest, run, run_key, runs};

/// Most contracts.
pub const CONTRACTS_MAX: u32 = 4_096;
/// Most entries of a contract.
pub const ENTRIES_MAX: u32 = 16_384;
/// Most bytes in a contract's entries, keys included.
pub const ENTRY_BYTES_MAX: u32 = 1024 * 1024;
/// The function that is run when a contract is deployed, and never again.
pub const INIT: &str = "init";

/// A deployed contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contract {
    /// Who deployed it.
    pub owner: Account,
    /// The digest of its module.
    pub code: Digest,
    /// The block in which it was deployed.
    pub deployed: Height,
    /// How many entries it has.
    pub entries: u32,
    /// The bytes in them, keys included.
    pub entry_bytes: u32,
}
record!(Contract {
    owner: Account,
    code: Digest,
    deployed: Height,
    entries: u32,
    entry_bytes: u32,
});

/// The application.
#[derive(Debug)]
pub(crate) struct Contracts;

impl App for Contracts {
    fn id(&self) -> AppId {
        CONTRACTS
    }
    fn name(&self) -> &'static str {
        "contracts"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        arguments::read(tx).map(drop)
    }
    /// No other application may act in this one: calls do not nest.
    fn apply(
        &self,
        _: &TxView<'_>,
        _: &BlockContext<'_>,
        _: u32,
        _: &mut StateTree,
        _: &mut Vec<Event>,
    ) -> Outcome {
        Outcome::Refused(Refusal::UnknownOperation)
    }
    fn execute(&self, tx: &TxView<'_>, step: &mut Step<'_>) -> Outcome {
        match arguments::read(tx) {
            Ok(request) => rules::step(tx, &request, step),
            Err(refusal) => Outcome::Refused(refusal),
        }
    }
}

/// A contract by its address.
#[must_use]
pub fn contract(state: &StateTree, address: &Account) -> Option<Contract> {
    kept(state, &contract_key(address))
}

/// The contracts from an address on, by address.
pub fn contracts_from(
    state: &StateTree,
    from: Account,
) -> impl Iterator<Item = (Account, Contract)> + '_ {
    entries(state, CONTRACT, &from.0).filter_map(|(address, contract)| {
        Some((Account(address.try_into().ok()?), Contract::from_bytes(contract).ok()?))
    })
}

/// A contract's entries from a key on, by key.
pub fn entries_from<'a>(
    state: &'a StateTree,
    address: &Account,
    from: &[u8],
) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
    entries(state, &entry_key(address, &[]), from)
}

/// The address of what `owner` deploys: the same module twice needs two salts.
#[must_use]
pub fn address(owner: &Account, code: &[u8], salt: u64) -> Account {
    let code = digest(code);
    let seed = [owner.0.as_slice(), code.as_bytes(), &salt.to_be_bytes()].concat();
    Account(*crypto::hash("unisono-contract", &seed).as_bytes())
}

/// A contract's entry.
#[must_use]
pub fn entry<'a>(state: &'a StateTree, address: &Account, key: &[u8]) -> Option<&'a [u8]> {
    state.get(&entry_key(address, key))
}

/// The digest under which a module is kept.
fn digest(code: &[u8]) -> Digest {
    crypto::hash("unisono-contract-code", code)
}

const COUNT: &[u8] = b"count";
const CONTRACT: &[u8] = b"contract/";

/// The key of a contract's own record.
#[must_use]
pub fn contract_key(address: &Account) -> Vec<u8> {
    [CONTRACT, &address.0].concat()
}
/// The key of a contract's entry, for a proof of it.
#[must_use]
pub fn entry_key(address: &Account, key: &[u8]) -> Vec<u8> {
    [b"entry/".as_slice(), &address.0, b"/", key].concat()
}
fn code_key(code: &Digest) -> Vec<u8> {
    [b"code/".as_slice(), code.as_bytes()].concat()
}

#[cfg(test)]
mod tests;

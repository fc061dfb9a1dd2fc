//! Who pays for fuel, and how much of it a block has.

use codec::record;
use ledger::{Account, Refusal, StateTree, TxView};
use types::Height;

use super::arguments::Request;
use crate::Others;
use crate::argument::{keep, kept};
use crate::governance::{Parameter, parameter};
use crate::registry::{self, REGISTRY};

/// Most fuel of one call.
pub const FUEL_CALL_MAX: u64 = 10_000_000;
/// Most fuel of all calls in one block.
pub const FUEL_BLOCK_MAX: u64 = 40_000_000;
/// Most calls, deployments included, in one block.
pub const CALLS_BLOCK_MAX: u32 = 512;
/// The agreed price is for each started so much fuel.
pub const FUEL_PRICED: u64 = 1_000_000;

/// Where the stake goes that fuel costs. No key signs for this account and no contract has it: what is paid is out of
/// use, and still part of the supply.
#[must_use]
pub fn fees_account() -> Account {
    Account(*crypto::hash("unisono-contract-fees", &[]).as_bytes())
}

/// What fuel costs, in stake units. Before the federation is founded there is no stake, and fuel costs none.
#[must_use]
pub fn price(fuel: u64, others: Others<'_>) -> u64 {
    let is_founded = others.get(REGISTRY).is_some_and(|registry| registry::supply(registry) > 0);
    if !is_founded {
        return 0;
    }
    fuel.div_ceil(FUEL_PRICED).saturating_mul(parameter(others, Parameter::FuelPrice))
}

/// What the calls of the latest block with any have used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Spent {
    height: Height,
    fuel: u64,
    calls: u32,
}
record!(Spent { height: Height, fuel: u64, calls: u32 });

const SPENT: &[u8] = b"spent";

fn spent(state: &StateTree, height: Height) -> Spent {
    let kept: Option<Spent> = kept(state, SPENT).filter(|spent: &Spent| spent.height == height);
    kept.unwrap_or(Spent { height, ..Spent::default() })
}

/// Whether the block has room for a request, and its sender can pay for all that it may use.
pub(super) fn admit(
    tx: &TxView<'_>,
    request: &Request,
    state: &StateTree,
    others: Others<'_>,
    height: Height,
) -> Result<(), Refusal> {
    let Spent { fuel, calls, .. } = spent(state, height);
    if fuel.saturating_add(request.fuel()) > FUEL_BLOCK_MAX || calls >= CALLS_BLOCK_MAX {
        return Err(Refusal::BlockFuelSpent);
    }
    let most = price(request.fuel(), others);
    if tx.fee < most {
        return Err(Refusal::FeeTooLow);
    }
    let free = others.get(REGISTRY).map_or(0, |state| registry::purse(state, &tx.sender).free);
    let wanted = most.checked_add(request.stake()).ok_or(Refusal::StakeShort)?;
    if wanted > free { Err(Refusal::StakeShort) } else { Ok(()) }
}

/// Counts what a call has used against the block.
pub(super) fn count(state: &mut StateTree, height: Height, fuel: u64) {
    let before = spent(state, height);
    let (fuel, calls) = (before.fuel.saturating_add(fuel), before.calls.saturating_add(1));
    keep(state, SPENT.to_vec(), &Spent { height, fuel, calls });
}

//! What things cost. One unit is about one instruction; all validators count alike.

use wasmi::{CustomFuelCosts, OperatorCost};

/// To find, compile and instantiate a module, whatever its size.
pub const LOAD: u64 = 20_000;
/// For each byte of the module besides.
pub const LOAD_PER_BYTE: u64 = 20;
/// For each page of memory that it begins with.
pub const LOAD_PER_PAGE: u64 = 1_000;
/// To keep a new module, for each byte, besides loading it.
pub const DEPLOY_PER_BYTE: u64 = 100;
/// A host function that only looks around.
pub const LOOK: u64 = 100;
/// To read an entry.
pub const GET: u64 = 500;
/// To put or remove an entry.
pub const PUT: u64 = 5_000;
/// To act in another application.
pub const ACT: u64 = 100_000;
/// To tell an event.
pub const EVENT: u64 = 1_000;
/// For each byte that is read by the host or from it.
pub const PER_BYTE_READ: u64 = 1;
/// For each byte that is kept: of an entry, an event, an answer or an act.
pub const PER_BYTE_KEPT: u64 = 20;

/// To load a module of so many bytes, before its memory is known.
#[must_use]
pub const fn load(code_bytes: usize) -> u64 {
    LOAD.saturating_add(LOAD_PER_BYTE.saturating_mul(code_bytes as u64))
}

/// Calls cost more than one, because their locals are cleared.
pub(crate) fn operators() -> OperatorCost {
    OperatorCost { call: 10, call_indirect: 12, memory_grow: 100, ..OperatorCost::default() }
}

/// Copying, filling and growing.
pub(crate) const fn copies() -> CustomFuelCosts {
    CustomFuelCosts {
        bytes_copied_per_fuel: 32,
        fuel_per_bytes_translated: 0,
        fuel_per_bytes_validated: 0,
    }
}

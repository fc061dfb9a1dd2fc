//! Run a contract's WebAssembly within bounds: metered, without floats, the same at every validator.
//!
//! A [`Program`] is a module that was examined and compiled; [`Program::run`] calls one of its functions against a
//! [`Host`], which is all that the module can see and do. Fuel is counted by instruction and by host call
//! ([`fuel`]), so what a call costs depends on the module, the argument and the host's answers alone. `docs/contracts.md`
//! has the host's functions.

mod calls;
pub mod fuel;
mod library;
mod program;
mod scan;

use std::fmt;

pub use library::{Library, PROGRAMS_KEPT_MAX};
pub use program::{Program, Report};

/// The name under which modules import the host's functions; a change of any of them gets a new name.
pub const INTERFACE: &str = "unisono_1";
/// Largest module, in bytes.
pub const CODE_BYTES_MAX: usize = 60 * 1024;
/// Most pages of memory, 64 KiB each.
pub const MEMORY_PAGES_MAX: u32 = 32;
/// Most elements of a table.
pub const TABLE_ELEMENTS_MAX: u32 = 1_024;
/// Most local variables of a function.
pub const LOCALS_MAX: u32 = 128;
/// Most functions of a module.
pub const FUNCTIONS_MAX: u32 = 1_000;
/// Deepest nesting of calls.
pub const CALL_DEPTH_MAX: usize = 200;
/// Room for the values of all nested calls, in bytes.
pub const STACK_BYTES_MAX: usize = 128 * 1024;
/// Longest name of a function that can be called, in bytes.
pub const FUNCTION_BYTES_MAX: usize = 64;
/// Longest key of an entry, in bytes.
pub const KEY_BYTES_MAX: usize = 128;
/// Longest value of an entry, and longest argument to another application, in bytes.
pub const VALUE_BYTES_MAX: usize = 8 * 1024;
/// Most entries that one call puts or removes.
pub const WRITES_MAX: u32 = 256;
/// Most events of one call.
pub const EVENTS_MAX: u32 = 16;
/// Longest name of an event, in bytes.
pub const EVENT_NAME_BYTES_MAX: usize = 64;
/// Longest body of an event, in bytes.
pub const EVENT_BODY_BYTES_MAX: usize = 256;
/// Most acts in other applications of one call.
pub const ACTS_MAX: u32 = 16;
/// Longest answer of a call, in bytes.
pub const OUTPUT_BYTES_MAX: usize = 1_024;

/// What a running contract sees and can do.
pub trait Host {
    /// What the call was given.
    fn argument(&self) -> &[u8];
    /// The account that calls.
    fn caller(&self) -> [u8; 32];
    /// The contract's own account.
    fn address(&self) -> [u8; 32];
    /// The stake that came with the call, in stake units.
    fn stake(&self) -> u64;
    /// The height of the block.
    fn height(&self) -> u64;
    /// The agreed time, in microseconds.
    fn time_us(&self) -> u64;
    /// The contract's entry under a key.
    fn get(&self, key: &[u8]) -> Option<&[u8]>;
    /// Puts an entry, or removes it.
    ///
    /// # Errors
    /// Where the contract may not, or has no room.
    fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Stop>;
    /// Another application's entry under a key.
    fn read(&self, app: u16, key: &[u8]) -> Option<&[u8]>;
    /// Does something in another application in the contract's own name; answers zero or why it was refused there.
    ///
    /// # Errors
    /// Where the contract may not.
    fn act(&mut self, app: u16, verb: u16, argument: &[u8]) -> Result<u16, Stop>;
    /// Tells those who listen.
    ///
    /// # Errors
    /// Where the contract may not.
    fn event(&mut self, name: &[u8], body: &[u8]) -> Result<(), Stop>;
}

/// Why a call ended before its end. What it changed is to be undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// It used all of its fuel.
    OutOfFuel,
    /// Its calls nested too deep, or their values had no room.
    TooDeep,
    /// It did what no program may: an unreachable instruction, an access beyond its memory, a division by zero.
    Trapped,
    /// The contract itself refused, by a code of its own.
    Refused(u32),
    /// A key, value, event or answer was too long, or there were too many.
    Beyond,
    /// A query wanted to change something.
    ReadOnly,
    /// The module has no function of this name without parameters and results.
    FunctionUnknown,
}

/// Why a module can be no contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// It has more than [`CODE_BYTES_MAX`].
    TooLarge,
    /// It is no module, or of a kind that is not allowed.
    Invalid,
    /// It uses floating point.
    Floats,
    /// It imports what the host does not have.
    Imports,
    /// It has a function that would run by itself.
    Start,
    /// It has more memory or larger tables than it may.
    Memory,
    /// It has more functions, locals, parameters or segments than it may.
    TooComplex,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the module is too large",
            Self::Invalid => "the bytes are no module of the allowed kind",
            Self::Floats => "the module uses floating point",
            Self::Imports => "the module imports what the host does not have",
            Self::Start => "the module has a start function",
            Self::Memory => "the module wants more memory or larger tables than it may",
            Self::TooComplex => "the module has more functions, locals or parameters than it may",
        })
    }
}
impl std::error::Error for Unfit {}

#[cfg(test)]
mod tests;

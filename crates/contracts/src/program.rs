//! A module that was examined and compiled, and how one of its functions is run.

use std::fmt;

use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{
    CompilationMode, Config, EnforcedLimits, Engine, Error, ExternType, Instance, Module, Store,
    StoreLimits, StoreLimitsBuilder, TrapCode,
};

use crate::calls::{self, Halt};
use crate::scan::scan;
use crate::{
    CALL_DEPTH_MAX, Host, MEMORY_PAGES_MAX, STACK_BYTES_MAX, Stop, TABLE_ELEMENTS_MAX, Unfit, fuel,
};

const PAGE_BYTES: usize = 64 * 1024;
/// Ample for whatever segments a module can copy while it is instantiated.
const TRY_OUT_FUEL: u64 = 1_000_000;

/// A module that may be run.
pub struct Program {
    module: Module,
    load: u64,
}

/// What a call came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The fuel that it used; all it had, where that was too little.
    pub fuel: u64,
    /// What it answered, or why it stopped.
    pub answer: Result<Vec<u8>, Stop>,
}

/// What the host functions work on during a call.
pub(crate) struct Running<'a> {
    pub(crate) host: &'a mut dyn Host,
    pub(crate) output: Vec<u8>,
    pub(crate) writes: u32,
    pub(crate) events: u32,
    pub(crate) acts: u32,
    limits: StoreLimits,
}

impl Program {
    /// Examines and compiles a module.
    ///
    /// # Errors
    /// Why it can be no contract.
    pub fn load(code: &[u8]) -> Result<Self, Unfit> {
        let pages = scan(code)?;
        let compiled = Module::new(&Engine::new(&config(false)), code);
        let module = compiled.map_err(|error| {
            if !matches!(error.kind(), ErrorKind::Wasm(_) | ErrorKind::Read(_)) {
                Unfit::TooComplex
            } else if is_valid_with_floats(code) {
                Unfit::Floats
            } else {
                Unfit::Invalid
            }
        })?;
        let pages = u64::from(pages).saturating_mul(fuel::LOAD_PER_PAGE);
        Ok(Self { module, load: fuel::load(code.len()).saturating_add(pages) })
    }

    /// Instantiates it once, so that what cannot be instantiated is never kept.
    ///
    /// # Errors
    /// Why it can be no contract.
    pub fn try_out(&self) -> Result<(), Unfit> {
        let mut nobody = Nobody;
        let mut store = self.store(&mut nobody);
        let done = store.set_fuel(TRY_OUT_FUEL).and_then(|()| self.instantiate(&mut store));
        done.map(drop).map_err(|error| {
            let is_import = matches!(
                error.kind(),
                ErrorKind::Linker(_)
                    | ErrorKind::Instantiation(
                        InstantiationError::FuncTypeMismatch { .. }
                            | InstantiationError::ImportTypeMismatch { .. },
                    )
            );
            if is_import { Unfit::Imports } else { Unfit::Invalid }
        })
    }

    /// The fuel that loading it costs, of every call.
    #[must_use]
    pub const fn load_fuel(&self) -> u64 {
        self.load
    }

    /// Whether it has a function of this name that can be called.
    #[must_use]
    pub fn has(&self, function: &str) -> bool {
        self.module.get_export(function).is_some_and(|export| match export {
            ExternType::Func(kind) => kind.params().is_empty() && kind.results().is_empty(),
            ExternType::Global(_) | ExternType::Memory(_) | ExternType::Table(_) => false,
        })
    }

    /// Runs a function with no more than `bound` fuel, loading included.
    pub fn run(&self, function: &str, host: &mut dyn Host, bound: u64) -> Report {
        let Some(rest) = bound.checked_sub(self.load) else {
            return Report { fuel: bound, answer: Err(Stop::OutOfFuel) };
        };
        let mut store = self.store(host);
        let done = store.set_fuel(rest).and_then(|()| self.call(function, &mut store));
        let left = store.get_fuel().unwrap_or(0);
        match done.map_err(|error| stop(&error)) {
            Err(Stop::OutOfFuel) => Report { fuel: bound, answer: Err(Stop::OutOfFuel) },
            Err(stop) => Report { fuel: bound - left, answer: Err(stop) },
            Ok(()) => Report { fuel: bound - left, answer: Ok(store.into_data().output) },
        }
    }

    fn store<'a>(&self, host: &'a mut dyn Host) -> Store<Running<'a>> {
        let limits = StoreLimitsBuilder::new()
            .memory_size(MEMORY_PAGES_MAX as usize * PAGE_BYTES)
            .table_elements(TABLE_ELEMENTS_MAX as usize)
            .instances(1)
            .build();
        let running = Running { host, output: Vec::new(), writes: 0, events: 0, acts: 0, limits };
        let mut store = Store::new(self.module.engine(), running);
        store.limiter(|running| &mut running.limits);
        store
    }

    fn instantiate(&self, store: &mut Store<Running<'_>>) -> Result<Instance, Error> {
        calls::linker(self.module.engine())?.instantiate_and_start(store, &self.module)
    }

    fn call(&self, function: &str, store: &mut Store<Running<'_>>) -> Result<(), Error> {
        if !self.has(function) {
            return Err(Error::host(Halt(Stop::FunctionUnknown)));
        }
        let instance = self.instantiate(store)?;
        instance.get_typed_func::<(), ()>(&*store, function)?.call(store, ())
    }
}

/// The host of a module that is only tried out: nothing runs, so nothing is asked of it.
struct Nobody;

impl Host for Nobody {
    fn argument(&self) -> &[u8] {
        &[]
    }
    fn caller(&self) -> [u8; 32] {
        [0; 32]
    }
    fn address(&self) -> [u8; 32] {
        [0; 32]
    }
    fn stake(&self) -> u64 {
        0
    }
    fn height(&self) -> u64 {
        0
    }
    fn time_us(&self) -> u64 {
        0
    }
    fn get(&self, _: &[u8]) -> Option<&[u8]> {
        None
    }
    fn put(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), Stop> {
        Err(Stop::ReadOnly)
    }
    fn read(&self, _: u16, _: &[u8]) -> Option<&[u8]> {
        None
    }
    fn act(&mut self, _: u16, _: u16, _: &[u8]) -> Result<u16, Stop> {
        Err(Stop::ReadOnly)
    }
    fn event(&mut self, _: &[u8], _: &[u8]) -> Result<(), Stop> {
        Err(Stop::ReadOnly)
    }
}

fn config(floats: bool) -> Config {
    let mut config = Config::default();
    config
        .floats(floats)
        .wasm_saturating_float_to_int(floats)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_extended_const(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .allow_start_fn(false)
        .ignore_custom_sections(true)
        .compilation_mode(CompilationMode::Eager)
        .enforced_limits(EnforcedLimits::strict())
        .consume_fuel(true)
        .operator_cost(fuel::operators())
        .fuel_cost(fuel::copies())
        .set_max_recursion_depth(CALL_DEPTH_MAX)
        .set_max_stack_height(STACK_BYTES_MAX)
        .set_max_cached_stacks(0);
    config
}

/// Tells modules that only floating point shuts out from those that nothing would help.
fn is_valid_with_floats(code: &[u8]) -> bool {
    Module::validate(&Engine::new(&config(true)), code).is_ok()
}

fn stop(error: &Error) -> Stop {
    if let Some(Halt(stop)) = error.downcast_ref::<Halt>() {
        return *stop;
    }
    match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => Stop::OutOfFuel,
        Some(TrapCode::StackOverflow) => Stop::TooDeep,
        _ => Stop::Trapped,
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("load", &self.load).finish_non_exhaustive()
    }
}

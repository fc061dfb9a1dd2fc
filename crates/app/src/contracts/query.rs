//! Questions to a contract: its function runs on the state as it is, and can change nothing.

use ::contracts::{Host, Stop};
use ledger::{Account, AppId, Refusal, StateTree};

use super::rules::refusal_of;
use super::{CONTRACTS, INIT, code_key, contract, entry};
use crate::Executor;

/// Most fuel of one question: a validator answers it between two steps of its own.
pub const FUEL_QUERY_MAX: u64 = 2_000_000;

/// A question to a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Its address.
    pub contract: Account,
    /// The function.
    pub function: String,
    /// What it is given.
    pub argument: Vec<u8>,
    /// In whose name; anybody can ask in any name.
    pub caller: Account,
    /// The most fuel, at most [`FUEL_QUERY_MAX`].
    pub fuel: u64,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The fuel that it used.
    pub fuel: u64,
    /// What the contract answered, or why not and its own code.
    pub output: Result<Vec<u8>, (Refusal, u32)>,
}

/// Asks a contract.
#[must_use]
pub fn query(executor: &Executor, question: &Question) -> Answer {
    let fail = |refusal| Answer { fuel: 0, output: Err((refusal, 0)) };
    let Some(own) = executor.state(CONTRACTS) else { return fail(Refusal::UnknownOperation) };
    if !(1..=FUEL_QUERY_MAX).contains(&question.fuel) {
        return fail(Refusal::FuelOutOfRange);
    }
    let Some(contract) = contract(own, &question.contract) else {
        return fail(Refusal::ContractUnknown);
    };
    let code = own.get(&code_key(&contract.code)).unwrap_or_default();
    if question.fuel < contracts::fuel::load(code.len()) {
        return fail(Refusal::OutOfFuel);
    }
    if question.function == INIT {
        return fail(Refusal::FunctionUnknown);
    }
    let programs = &executor.apps().programs;
    let Ok(program) = programs.program(*contract.code.as_bytes(), code) else {
        return fail(Refusal::ContractInvalid);
    };
    let mut looking = Looking { executor, own, question };
    let report = program.run(&question.function, &mut looking, question.fuel);
    Answer { fuel: report.fuel, output: report.answer.map_err(refusal_of) }
}

struct Looking<'a> {
    executor: &'a Executor,
    own: &'a StateTree,
    question: &'a Question,
}

impl Host for Looking<'_> {
    fn argument(&self) -> &[u8] {
        &self.question.argument
    }
    fn caller(&self) -> [u8; 32] {
        self.question.caller.0
    }
    fn address(&self) -> [u8; 32] {
        self.question.contract.0
    }
    fn stake(&self) -> u64 {
        0
    }
    fn height(&self) -> u64 {
        self.executor.height().get()
    }
    fn time_us(&self) -> u64 {
        self.executor.time().us()
    }
    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        entry(self.own, &self.question.contract, key)
    }
    fn put(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), Stop> {
        Err(Stop::ReadOnly)
    }
    fn read(&self, app: u16, key: &[u8]) -> Option<&[u8]> {
        let app = AppId(app);
        if app == CONTRACTS { None } else { self.executor.state(app)?.get(key) }
    }
    fn act(&mut self, _: u16, _: u16, _: &[u8]) -> Result<u16, Stop> {
        Err(Stop::ReadOnly)
    }
    fn event(&mut self, _: &[u8], _: &[u8]) -> Result<(), Stop> {
        Err(Stop::ReadOnly)
    }
}

//! The rules: what a deployment and a call change, and what they cost whether they succeed or not.

use ::contracts::{Program, Stop, Unfit, fuel};
use codec::{Bytes, Encode};
use ledger::kinds::Kind;
use ledger::{Account, Outcome, Refusal, StateTree, TxView};

use super::arguments::{Call, Deploy, Request};
use super::host::Acting;
use super::runs::remember;
use super::{
    CONTRACTS, CONTRACTS_MAX, COUNT, Contract, INIT, Run, Told, address, budget, code_key,
    contract, contract_key, digest,
};
use crate::argument::{keep, kept};
use crate::registry::Transfer;
use crate::{Event, Step};

/// What a request came to.
struct Done {
    fuel: u64,
    told: Vec<Told>,
    output: Result<Vec<u8>, (Refusal, u32)>,
}

impl Done {
    fn refused(fuel: u64, refusal: Refusal) -> Self {
        Self { fuel, told: Vec::new(), output: Err((refusal, 0)) }
    }
}

/// Does what is asked, or leaves everything as it was; then takes the pay for it.
pub(super) fn step(tx: &TxView<'_>, request: &Request, step: &mut Step<'_>) -> Outcome {
    let admitted = step.lend(CONTRACTS, |own, block, _| {
        budget::admit(tx, request, own, block.others, block.height)
    });
    if let Err(refusal) = admitted {
        return Outcome::Refused(refusal);
    }
    let contract = match request {
        Request::Deploy(deploy) => address(&tx.sender, &deploy.code.0, deploy.salt),
        Request::Call(call) => call.contract,
    };
    // What fails is undone; what it came to is told on either way.
    let done = step.try_all(|step| {
        let done = attempt(tx, request, contract, step);
        if done.output.is_ok() { Ok(done) } else { Err(done) }
    });
    let (Ok(done) | Err(done)) = done;
    settle(tx, contract, done, step)
}

fn attempt(tx: &TxView<'_>, request: &Request, contract: Account, step: &mut Step<'_>) -> Done {
    if let Outcome::Refused(refusal) = give(tx, tx.sender, contract, request.stake(), step) {
        return Done::refused(fuel::LOAD.min(request.fuel()), refusal);
    }
    step.part(CONTRACTS, |own, step| match request {
        Request::Deploy(request) => deploy(tx, request, contract, own, step),
        Request::Call(request) => call(tx, request, own, step),
    })
}

fn deploy(
    tx: &TxView<'_>,
    request: &Deploy,
    address: Account,
    own: &mut StateTree,
    step: &mut Step<'_>,
) -> Done {
    let looked = fuel::LOAD.min(request.fuel);
    let code = &request.code.0;
    if contract(own, &address).is_some() {
        return Done::refused(looked, Refusal::ContractExists);
    }
    let count: u32 = kept(own, COUNT).unwrap_or(0);
    if count >= CONTRACTS_MAX {
        return Done::refused(looked, Refusal::TooManyContracts);
    }
    let cost = fuel::DEPLOY_PER_BYTE.saturating_mul(code.len() as u64);
    let cost = cost.saturating_add(fuel::load(code.len()));
    if cost > request.fuel {
        return Done::refused(request.fuel, Refusal::OutOfFuel);
    }
    let program = Program::load(code).and_then(|program| program.try_out().map(|()| program));
    let program = match program {
        Ok(program) => program,
        Err(unfit) => return Done::refused(cost, refusal_for(unfit)),
    };
    let code_digest = digest(code);
    let (owner, deployed) = (tx.sender, step.height);
    let mut made = Contract { owner, code: code_digest, deployed, entries: 0, entry_bytes: 0 };
    let mut done = Done { fuel: cost, told: Vec::new(), output: Ok(Vec::new()) };
    if program.has(INIT) {
        let (argument, stake) = (request.argument.0.as_slice(), request.stake);
        let told = &mut done.told;
        let contract = &mut made;
        let mut host = Acting { tx, step, own, address, contract, argument, stake, told };
        let report = program.run(INIT, &mut host, request.fuel - cost);
        done.fuel = cost.saturating_add(report.fuel);
        done.output = report.answer.map_err(refusal_of);
    } else if !request.argument.0.is_empty() {
        return Done::refused(cost, Refusal::FunctionUnknown);
    }
    own.set(code_key(&code_digest), code.clone());
    keep(own, contract_key(&address), &made);
    keep(own, COUNT.to_vec(), &(count + 1));
    done
}

fn call(tx: &TxView<'_>, request: &Call, own: &mut StateTree, step: &mut Step<'_>) -> Done {
    let address = request.contract;
    let looked = fuel::LOAD.min(request.fuel);
    let Some(mut contract) = contract(own, &address) else {
        return Done::refused(looked, Refusal::ContractUnknown);
    };
    if request.function == INIT {
        return Done::refused(looked, Refusal::FunctionUnknown);
    }
    let code = own.get(&code_key(&contract.code)).unwrap_or_default();
    let cost = fuel::load(code.len());
    if cost > request.fuel {
        return Done::refused(request.fuel, Refusal::OutOfFuel);
    }
    let program = match step.apps.programs.program(*contract.code.as_bytes(), code) {
        Ok(program) => program,
        Err(unfit) => return Done::refused(cost, refusal_for(unfit)),
    };
    let mut told = Vec::new();
    let mut host = Acting {
        tx,
        step,
        own,
        address,
        contract: &mut contract,
        argument: &request.argument.0,
        stake: request.stake,
        told: &mut told,
    };
    let report = program.run(&request.function, &mut host, request.fuel);
    keep(own, contract_key(&address), &contract);
    Done { fuel: report.fuel, told, output: report.answer.map_err(refusal_of) }
}

/// Takes the pay, counts the fuel against the block, and keeps what became of it.
fn settle(tx: &TxView<'_>, contract: Account, done: Done, step: &mut Step<'_>) -> Outcome {
    let Done { fuel, told, output } = done;
    let price = step.lend(CONTRACTS, |_, block, _| budget::price(fuel, block.others));
    let paid = match give(tx, tx.sender, budget::fees_account(), price, step) {
        Outcome::Applied => price,
        Outcome::Refused(_) => 0,
    };
    let (outcome, code) = match &output {
        Ok(_) => (Outcome::Applied, 0),
        Err((refusal, code)) => (Outcome::Refused(*refusal), *code),
    };
    let index = step.index;
    step.lend(CONTRACTS, |own, block, events| {
        budget::count(own, block.height, fuel);
        if outcome.is_applied() {
            let event = |kind, subject| Event { app: CONTRACTS, kind, subject, index };
            let ran = ("contract.ran", contract.to_string());
            let tell = |told: &Told| {
                let (name, body) = (told.name.0.escape_ascii(), told.body.0.escape_ascii());
                ("contract.event", format!("{contract} {name} {body}"))
            };
            let all = std::iter::once(ran).chain(told.iter().map(tell));
            events.extend(all.map(|(kind, subject)| event(kind, subject)));
        }
        let events = if outcome.is_applied() { told } else { Vec::new() };
        let output = Bytes(output.unwrap_or_default());
        let height = block.height;
        remember(own, tx, &Run { contract, height, outcome, code, fuel, paid, output, events });
    });
    outcome
}

/// Moves free stake, by the registry's own rules.
fn give(tx: &TxView<'_>, from: Account, to: Account, stake: u64, step: &mut Step<'_>) -> Outcome {
    if stake == 0 {
        return Outcome::Applied;
    }
    let payload = Transfer { to, stake }.to_bytes();
    let operation = Kind::Transfer.operation();
    step.apply(&TxView { sender: from, operation, payload: &payload, ..*tx })
}

/// Why a call was refused, and the contract's own code.
pub(super) const fn refusal_of(stop: Stop) -> (Refusal, u32) {
    let refusal = match stop {
        Stop::Refused(code) => return (Refusal::ContractRefused, code),
        Stop::OutOfFuel => Refusal::OutOfFuel,
        Stop::TooDeep => Refusal::ContractTooDeep,
        Stop::Trapped => Refusal::ContractTrapped,
        Stop::Beyond => Refusal::ContractBeyond,
        Stop::ReadOnly => Refusal::ContractReadOnly,
        Stop::FunctionUnknown => Refusal::FunctionUnknown,
    };
    (refusal, 0)
}

const fn refusal_for(unfit: Unfit) -> Refusal {
    match unfit {
        Unfit::TooLarge => Refusal::ContractTooLarge,
        Unfit::Invalid => Refusal::ContractInvalid,
        Unfit::Floats => Refusal::ContractFloats,
        Unfit::Imports => Refusal::ContractImports,
        Unfit::Start => Refusal::ContractStart,
        Unfit::Memory => Refusal::ContractMemory,
        Unfit::TooComplex => Refusal::ContractTooComplex,
    }
}

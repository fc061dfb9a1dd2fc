//! The routes of contracts.

use std::sync::Arc;

use api::{ContractAnswer, ContractEvent, ContractQuery, ContractRun};
use app::contracts::{
    self, Answer as Answered, CONTRACTS, Contract, FUEL_QUERY_MAX, Question, Run,
};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use ledger::{Account, Refusal};

use super::body::{base64, to_base64};
use super::failure::{Answer, Failure, code_of};
use super::state::Face;
use super::{body, reply};

pub(super) async fn get(
    State(face): State<Arc<Face>>,
    Path(address): Path<String>,
) -> Answer<Response> {
    let address = account("address", &address)?;
    let found = face.handle.query(move |view| {
        view.executor().state(CONTRACTS).and_then(|state| contracts::contract(state, &address))
    });
    let found = found.await?.ok_or_else(|| Failure::from(Refusal::ContractUnknown))?;
    let Contract { owner, code, deployed, entries, entry_bytes } = found;
    Ok(reply::ok(api::Contract {
        address: address.to_string(),
        owner: owner.to_string(),
        code: code.to_string(),
        deployed: deployed.get(),
        entries,
        entry_bytes,
    }))
}

/// Runs a function on the state as it is. It changes nothing, and its fuel is bounded: the replica waits for it.
pub(super) async fn query(
    State(face): State<Arc<Face>>,
    Path(address): Path<String>,
    request: Request,
) -> Answer<Response> {
    let contract = account("address", &address)?;
    let wanted: ContractQuery = body::json(request, face.options.body_timeout).await?;
    let caller = wanted.caller.as_deref().map(|text| account("caller", text)).transpose()?;
    let question = Question {
        contract,
        function: wanted.function,
        argument: base64("argument", wanted.argument.as_deref().unwrap_or(""))?,
        caller: caller.unwrap_or_default(),
        fuel: wanted.fuel.unwrap_or(FUEL_QUERY_MAX),
    };
    let asked = face.handle.query(move |view| {
        (contracts::query(view.executor(), &question), view.executor().height().get())
    });
    let (Answered { fuel, output }, height) = asked.await?;
    match output {
        Ok(output) => Ok(reply::ok(ContractAnswer { output: to_base64(&output), fuel, height })),
        Err((Refusal::ContractRefused, code)) => {
            let detail = format!("the contract refused with its own code {code}");
            Err(Failure::new(code_of(Refusal::ContractRefused), detail))
        }
        Err((refusal, _)) => Err(refusal.into()),
    }
}

pub(super) async fn run(
    State(face): State<Arc<Face>>,
    Path((sender, nonce)): Path<(String, String)>,
) -> Answer<Response> {
    let sender = account("account", &sender)?;
    let nonce = nonce.parse::<u64>();
    let nonce = nonce.map_err(|_| Failure::parameter("a nonce is a whole number"))?;
    let found = face.handle.query(move |view| {
        view.executor().state(CONTRACTS).and_then(|state| contracts::run(state, &sender, nonce))
    });
    let unknown = || {
        let detail = "no call with this nonce is remembered: only the latest are";
        Failure::new(api::Code::TransactionUnknown, detail)
    };
    let Run { contract, height, outcome, code, fuel, paid, output, events } =
        found.await?.ok_or_else(unknown)?;
    let events = events.iter().map(|told| ContractEvent {
        name: told.name.0.escape_ascii().to_string(),
        body: to_base64(&told.body.0),
    });
    Ok(reply::ok(ContractRun {
        contract: contract.to_string(),
        height: height.get(),
        outcome: outcome.label().to_owned(),
        code,
        fuel,
        paid,
        output: to_base64(&output.0),
        events: events.collect(),
    }))
}

fn account(field: &str, text: &str) -> Answer<Account> {
    let wrong = || Failure::parameter(format!("`{field}` has to be 64 hexadecimal digits"));
    Account::from_hex(text).ok_or_else(wrong)
}

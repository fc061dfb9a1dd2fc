//! The routes of contracts.

use std::sync::Arc;

use api::{
    ContractAnswer, ContractEntry, ContractEntryPage, ContractEvent, ContractPage, ContractQuery,
    ContractRun, ContractRunPage,
};
use app::contracts::{
    self, Answer as Answered, CONTRACTS, Contract, FUEL_QUERY_MAX, Past, Question, Run,
};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use ledger::{Account, Refusal, StateTree};

use super::body::{base64, to_base64};
use super::chain::proof_path;
use super::failure::{Answer, Failure, code_of};
use super::paging::{cursor_array, cursor_bytes, cut, page, to_cursor};
use super::query::Params;
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
    Ok(reply::ok(shown(&address, &found)))
}

fn shown(address: &Account, contract: &Contract) -> api::Contract {
    let Contract { owner, code, deployed, entries, entry_bytes } = contract;
    api::Contract {
        address: address.to_string(),
        owner: owner.to_string(),
        code: code.to_string(),
        deployed: deployed.get(),
        entries: *entries,
        entry_bytes: *entry_bytes,
        proof: proof_path(CONTRACTS, &contracts::contract_key(address)),
    }
}

/// Looks at the contracts' state.
async fn look<T: Send + 'static>(
    face: &Face,
    look: impl FnOnce(&StateTree) -> T + Send + 'static,
) -> Answer<Option<T>> {
    Ok(face.handle.query(|view| view.executor().state(CONTRACTS).map(look)).await?)
}

pub(super) async fn list(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (limit, from) = (params.limit()?, Account(cursor_array(params.given("cursor"))?));
    let found = look(&face, move |state| {
        contracts::contracts_from(state, from).take(limit + 1).collect::<Vec<_>>()
    });
    let (found, next_cursor) =
        cut(found.await?.unwrap_or_default(), limit, |(address, _)| to_cursor(address.0));
    let items = found.iter().map(|(address, contract)| shown(address, contract)).collect();
    let next = next_cursor.clone();
    Ok(page(request.uri(), ContractPage { items, next_cursor }, next.as_deref()))
}

pub(super) async fn entries(
    State(face): State<Arc<Face>>,
    Path(address): Path<String>,
    request: Request,
) -> Answer<Response> {
    let address = account("address", &address)?;
    let params = Params::of(request.uri())?;
    let (limit, from) = (params.limit()?, cursor_bytes(params.given("cursor"))?);
    let found = look(&face, move |state| {
        contracts::contract(state, &address).ok_or(Refusal::ContractUnknown)?;
        let from = contracts::entries_from(state, &address, &from).take(limit + 1);
        Ok(from.map(|(key, value)| (key.to_vec(), value.to_vec())).collect::<Vec<_>>())
    });
    let found = found.await?.unwrap_or(Err(Refusal::ContractUnknown))?;
    let (found, next_cursor) = cut(found, limit, |(key, _)| to_cursor(key));
    let entry = |(key, value): &(Vec<u8>, Vec<u8>)| ContractEntry {
        key: key.escape_ascii().to_string(),
        value: to_base64(value),
        proof: proof_path(CONTRACTS, &contracts::entry_key(&address, key)),
    };
    let items = found.iter().map(entry).collect();
    let next = next_cursor.clone();
    Ok(page(request.uri(), ContractEntryPage { items, next_cursor }, next.as_deref()))
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
    let run = found.await?.ok_or_else(unknown)?;
    Ok(reply::ok(ran(&sender, nonce, &run)))
}

fn ran(sender: &Account, nonce: u64, run: &Run) -> ContractRun {
    let events = run.events.iter().map(|told| ContractEvent {
        name: told.name.0.escape_ascii().to_string(),
        body: to_base64(&told.body.0),
    });
    ContractRun {
        sender: sender.to_string(),
        nonce,
        contract: run.contract.to_string(),
        height: run.height.get(),
        outcome: run.outcome.label().to_owned(),
        code: run.code,
        fuel: run.fuel,
        paid: run.paid,
        output: to_base64(&run.output.0),
        events: events.collect(),
        proof: proof_path(CONTRACTS, &contracts::run_key(sender, nonce)),
    }
}

pub(super) async fn runs(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let limit = params.limit()?;
    let contract = params.given("contract").map(|text| account("contract", text)).transpose()?;
    // A page ends before the place that its cursor names; the first one has no end.
    let before = params.number("cursor")?.unwrap_or(u64::MAX);
    let found = look(&face, move |state| {
        let fits = |past: &Past| contract.is_none_or(|contract| past.run.contract == contract);
        contracts::latest(state, before).filter(fits).take(limit + 1).collect::<Vec<_>>()
    });
    let (found, next_cursor) = cut(found.await?.unwrap_or_default(), limit, |past| {
        past.number.saturating_add(1).to_string()
    });
    let items = found.iter().map(|past| ran(&past.sender, past.nonce, &past.run)).collect();
    let next = next_cursor.clone();
    Ok(page(request.uri(), ContractRunPage { items, next_cursor }, next.as_deref()))
}

fn account(field: &str, text: &str) -> Answer<Account> {
    let wrong = || Failure::parameter(format!("`{field}` has to be 64 hexadecimal digits"));
    Account::from_hex(text).ok_or_else(wrong)
}

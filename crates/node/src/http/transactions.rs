//! The routes of transactions, receipts and operations.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use api::routes::PREFIX;
use api::{BatchAnswer, Code, OperationStatus, SubmitRequest, Submitted, TransactionStatus};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use codec::Encode;
use ledger::{Outcome, Refusal, SealedTransaction};
use types::Digest;

use super::failure::{Answer, Failure, code_of};
use super::guard::client_of;
use super::options::{BULK_BYTES_MAX, JSON_BYTES_MAX};
use super::query::Params;
use super::state::Face;
use super::submit::{Fate, Patience, failure_of, remember, results, run, transactions};
use super::tickets::{digest_of, patience};
use super::{body, convert, reply};
use crate::handle::TxResult;

/// Most transactions of one binary batch.
const BATCH_TXS_MAX: usize = 16_384;
/// The code of bytes that are no transaction, in binary answers; no refusal has it.
const MALFORMED: u16 = u16::MAX;
/// Most transactions of an operation that are named in its answer.
const OPERATION_IDS_SHOWN_MAX: usize = 100;

pub(super) async fn submit(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let patience = patience(&Params::of(request.uri())?)?;
    let headers = request.headers().clone();
    let client = client_of(&request);
    body::require_kind(&headers, &["application/json", "application/octet-stream"])?;
    body::check_length(&headers, JSON_BYTES_MAX)?;
    let is_json = body::kind(&headers).as_deref() == Some("application/json");
    let bytes = body::read(request.into_body(), JSON_BYTES_MAX, face.options.body_timeout).await?;
    let bytes = if is_json {
        let wanted: SubmitRequest = body::from_json(&bytes)?;
        body::base64("transaction", &wanted.transaction)?
    } else {
        bytes.to_vec()
    };
    let tx = SealedTransaction::from_bytes(&bytes).map_err(|error| {
        Failure::new(Code::MalformedTransaction, format!("the bytes are no transaction: {error}"))
    })?;
    let now = tokio::time::Instant::now();
    let taken = face.rates.take_sender(client, tx.view().sender, now);
    taken.map_err(|after| Failure::too_often("the sender", after))?;
    let id = tx.id();
    let txs = transactions(&face, &headers, digest_of(&id), || Ok(vec![tx]))?;
    follow(&face, txs, patience).await
}

/// Hands in one transaction and answers what became of it, as far as is waited.
pub(super) async fn follow(
    face: &Arc<Face>,
    txs: Arc<[SealedTransaction]>,
    patience: Patience,
) -> Answer<Response> {
    let id = txs.first().map_or(Digest::ZERO, SealedTransaction::id);
    let (record, operation) = remember(face, &txs);
    let fates = run(face, txs, &record, patience).await?;
    let fate = fates.first().copied().unwrap_or(Fate::Late);
    if let Some(failure) = failure_of(fate, id, &id.to_string()) {
        return Err(failure);
    }
    let done = match fate {
        Fate::Done(result) => Some(result),
        Fate::Pending | Fate::Refused(_) | Fate::Late => None,
    };
    let submitted = Submitted {
        transaction: id.to_string(),
        status: done.map_or(TransactionStatus::Pending, |done| convert::status_of(done.outcome)),
        height: done.map(|done| done.height.get()),
        index: done.map(|done| done.index),
        receipt: done.map(|_| format!("{PREFIX}/receipts/{id}")),
        operation,
    };
    match done {
        Some(_) => Ok(reply::saying("transaction committed", submitted)),
        None => {
            let location = submitted.operation.clone();
            Ok(reply::accepted(submitted, &location))
        }
    }
}

pub(super) async fn batch(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let headers = request.headers().clone();
    let client = client_of(&request);
    body::require_kind(&headers, &["application/octet-stream"])?;
    body::check_length(&headers, BULK_BYTES_MAX)?;
    let _seat = face.bulk_seat().await?;
    let bytes = body::read(request.into_body(), BULK_BYTES_MAX, face.options.body_timeout).await?;
    let parts = split(&bytes)?;
    let now = tokio::time::Instant::now();
    // The first one was paid for at the door.
    face.rates.charge_address(client, parts.len().saturating_sub(1) as u64, now);
    let sealed: Vec<Result<SealedTransaction, u16>> = parts
        .iter()
        .map(|part| {
            let tx = SealedTransaction::from_bytes(part).map_err(|_| MALFORMED)?;
            let taken = face.rates.take_sender(client, tx.view().sender, now);
            taken.map(|()| tx).map_err(|_| Refusal::SenderLimit.code())
        })
        .collect();
    let mut answers =
        face.handle.submit(sealed.iter().flatten().cloned().collect()).await?.into_iter();
    let codes: Vec<u16> = sealed
        .iter()
        .map(|tx| match tx {
            Err(code) => *code,
            Ok(_) => match answers.next() {
                Some(Ok(())) => 0,
                Some(Err(refusal)) => refusal.code(),
                None => Refusal::PoolFull.code(),
            },
        })
        .collect();
    Ok(batch_answer(&codes, body::wants_bytes(&headers)))
}

/// Takes apart transactions that each stand behind their length in four little-endian bytes.
pub(super) fn split(mut bytes: &[u8]) -> Answer<Vec<&[u8]>> {
    let fault = |detail: String| Failure::new(Code::MalformedTransaction, detail);
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
            return Err(fault(format!("{} bytes follow the last transaction", bytes.len())));
        };
        let length = u32::from_le_bytes(*length) as usize;
        let Some((part, rest)) = rest.split_at_checked(length) else {
            return Err(fault(format!(
                "transaction {} announces {length} bytes, {} follow",
                parts.len(),
                rest.len()
            )));
        };
        if parts.len() >= BATCH_TXS_MAX {
            return Err(fault(format!(
                "more than {BATCH_TXS_MAX} transactions; send them in parts"
            )));
        }
        parts.push(part);
        bytes = rest;
    }
    if parts.is_empty() { Err(fault("no transaction at all".to_owned())) } else { Ok(parts) }
}

fn batch_answer(codes: &[u16], as_bytes: bool) -> Response {
    let mut answer = BatchAnswer { received: codes.len() as u64, ..BatchAnswer::default() };
    for &code in codes {
        let label = match (code, Refusal::from_code(code)) {
            (0, _) => {
                answer.accepted += 1;
                continue;
            }
            (_, Some(refusal)) => code_of(refusal).label(),
            (_, None) => Code::MalformedTransaction.label(),
        };
        *answer.refused.entry(label.to_owned()).or_insert(0) += 1;
    }
    let is_full = codes.contains(&Refusal::PoolFull.code()) && answer.accepted == 0;
    if as_bytes {
        let mut response = reply::bytes(codes.iter().flat_map(|code| code.to_le_bytes()).collect());
        *response.status_mut() =
            if is_full { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::ACCEPTED };
        return response;
    }
    if is_full {
        return Failure::from(Refusal::PoolFull).into_response();
    }
    let mut response = reply::ok(answer);
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// Reads an id from a path.
fn id_of(text: &str) -> Answer<Digest> {
    let detail = "a transaction's id is 64 hexadecimal digits";
    Digest::from_hex(text).ok_or_else(|| Failure::parameter(detail))
}

fn unknown(id: Digest) -> Failure {
    let detail =
        "no executed transaction has this id here; it may wait still, or be another chain's";
    Failure::new(Code::TransactionUnknown, detail).because(format!("{PREFIX}/why?subject={id}"))
}

pub(super) async fn get(State(face): State<Arc<Face>>, Path(id): Path<String>) -> Answer<Response> {
    let id = id_of(&id)?;
    let result = face.handle.result(id).await.ok_or_else(|| unknown(id))?;
    let block = face.handle.block(result.height).await;
    let status = if result.certified {
        convert::status_of(result.outcome)
    } else {
        TransactionStatus::Pending
    };
    Ok(reply::ok(api::Transaction {
        id: id.to_string(),
        status,
        outcome: Some(result.outcome.label().to_owned()),
        height: Some(result.height.get()),
        index: Some(result.index),
        time: block.map(|block| convert::time(block.header.time)),
        receipt: result.certified.then(|| format!("{PREFIX}/receipts/{id}")),
    }))
}

pub(super) async fn receipt(
    State(face): State<Arc<Face>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let id = id_of(&id)?;
    if let Some(receipt) = face.handle.receipt(id).await {
        if body::wants_bytes(&headers) {
            return Ok(reply::bytes(receipt.to_bytes()));
        }
        return Ok(reply::ok(convert::receipt(face.genesis(), &receipt)));
    }
    match face.handle.locate(id).await {
        None => Err(unknown(id)),
        Some((height, _)) => Err(Failure::new(
            Code::NotCertified,
            format!("block {height} is executed here and no quorum attests it yet; ask again soon"),
        )
        .because(format!("{PREFIX}/why?subject={height}"))),
    }
}

pub(super) async fn operation(
    State(face): State<Arc<Face>>,
    Path(id): Path<String>,
) -> Answer<Response> {
    let id = id_of(&id)?;
    let (ids, refused) = match face.operations.get(&id) {
        Some(record) => {
            let refused = record.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
            (record.ids.clone(), refused)
        }
        // An operation of one transaction has its id, so the ledger remembers it when this node has forgotten.
        None if face.handle.locate(id).await.is_some() => (vec![id], BTreeMap::new()),
        None => {
            let detail = "no operation has this id, or it was forgotten; ask for its transactions";
            return Err(Failure::new(Code::OperationUnknown, detail));
        }
    };
    let mut answer = api::Operation {
        id: id.to_string(),
        status: OperationStatus::Pending,
        total: ids.len() as u64,
        pending: 0,
        applied: 0,
        refused: BTreeMap::new(),
        transactions: ids.iter().take(OPERATION_IDS_SHOWN_MAX).map(Digest::to_string).collect(),
    };
    let found = results(&face, &ids).await;
    for id in &ids {
        match (found.get(id), refused.get(id)) {
            (Some(TxResult { certified: true, outcome, .. }), _) => match *outcome {
                Outcome::Applied => answer.applied += 1,
                Outcome::Refused(refusal) => convert::count(&mut answer.refused, refusal),
            },
            (None, Some(&refusal)) => convert::count(&mut answer.refused, refusal),
            (Some(_), _) | (None, None) => answer.pending += 1,
        }
    }
    answer.status = match (answer.pending, answer.refused.is_empty()) {
        (0, true) => OperationStatus::Succeeded,
        (0, false) => OperationStatus::Refused,
        (_, _) => OperationStatus::Pending,
    };
    Ok(reply::ok(answer))
}

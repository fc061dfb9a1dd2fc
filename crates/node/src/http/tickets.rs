//! The routes under `/api/v1/tickets` that change tickets.

use std::sync::Arc;

use api::routes::PREFIX;
use api::{Seeded, TicketAction, TicketRequest, Transition, Wait};
use app::tickets::{self, SEED_TICKETS, TICKET_DATA_BYTES_MAX, TICKET_ID_BYTES_MAX, TICKETS};
use axum::extract::{Request, State};
use axum::response::Response;
use codec::{Bytes, Encode};
use ledger::{Operation, Outcome, Refusal, SealedTransaction};
use types::Digest;

use super::failure::{Answer, Failure};
use super::query::Params;
use super::state::Face;
use super::submit::{Fate, Patience, failure_of, remember, run, transactions};
use super::{body, reply};
use crate::events::NodeEvent;
use crate::handle::TxResult;

pub(super) async fn issue(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    change(&face, request, TicketAction::Issue).await
}
pub(super) async fn validate(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    change(&face, request, TicketAction::Validate).await
}
pub(super) async fn consume(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    change(&face, request, TicketAction::Consume).await
}
pub(super) async fn dispute(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    change(&face, request, TicketAction::Dispute).await
}

/// One step of one ticket's life.
async fn change(face: &Arc<Face>, request: Request, action: TicketAction) -> Answer<Response> {
    let patience = patience(&Params::of(request.uri())?)?;
    let headers = request.headers().clone();
    let wanted: TicketRequest = body::json(request, face.options.body_timeout).await?;
    let name = digest_of(&(action as u8, &wanted.ticket_id, &wanted.data, &wanted.actor));
    let txs = transactions(face, &headers, name, || {
        let data = body::base64("data", wanted.data.as_deref().unwrap_or(""))?;
        let actor = wanted.actor.as_deref().unwrap_or(face.name());
        Ok(vec![ticket_transaction(face, action, &wanted.ticket_id, data, actor)?])
    })?;
    let (record, operation) = remember(face, &txs);
    let id = txs.first().map_or(Digest::ZERO, SealedTransaction::id);
    let fates = run(face, txs, &record, patience).await?;
    let fate = fates.first().copied().unwrap_or(Fate::Late);
    if let Some(failure) = failure_of(fate, id, &wanted.ticket_id) {
        return Err(failure);
    }
    let mut transition = Transition {
        ticket_id: wanted.ticket_id,
        action,
        state: None,
        transaction: id.to_string(),
        height: None,
        index: None,
        receipt: None,
        operation,
    };
    let Fate::Done(TxResult { height, index, .. }) = fate else {
        let location = transition.operation.clone();
        return Ok(reply::accepted(transition, &location));
    };
    transition.state = Some(action.leads_to());
    (transition.height, transition.index) = (Some(height.get()), Some(index));
    transition.receipt = Some(format!("{PREFIX}/receipts/{id}"));
    let message = match action {
        TicketAction::Issue => "ticket issued",
        TicketAction::Validate => "ticket validated",
        TicketAction::Consume => "ticket consumed",
        TicketAction::Dispute => "ticket disputed",
    };
    Ok(reply::saying(message, transition))
}

/// Builds the node's own transaction for a step of a ticket.
pub(super) fn ticket_transaction(
    face: &Face,
    action: TicketAction,
    ticket: &str,
    data: Vec<u8>,
    actor: &str,
) -> Answer<SealedTransaction> {
    check_id("ticket_id", ticket)?;
    if !actor.is_empty() {
        check_id("actor", actor)?;
    }
    if data.len() > TICKET_DATA_BYTES_MAX {
        return Err(Failure::parameter(format!(
            "a ticket carries at most {TICKET_DATA_BYTES_MAX} bytes of data"
        )));
    }
    let request = tickets::TicketRequest {
        ticket: ticket.to_owned(),
        data: Bytes(data),
        actor: actor.to_owned(),
    };
    let verb = super::convert::verb(action) as u16;
    Ok(face.handle.gateway_request(Operation { app: TICKETS, verb }, request.to_bytes())?)
}

/// Refuses an id that no ticket can have, with the rule in the message.
pub(super) fn check_id(field: &str, id: &str) -> Answer<()> {
    let fits = (1..=TICKET_ID_BYTES_MAX).contains(&id.len());
    if fits && !id.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Failure::parameter(format!(
        "`{field}` has to be 1 to {TICKET_ID_BYTES_MAX} bytes without control characters"
    )))
}

pub(super) fn patience(params: &Params) -> Answer<Patience> {
    Ok(Patience { wait: params.wait()?, timeout: params.timeout()? })
}

/// A digest that tells requests apart under one idempotency key.
pub(super) fn digest_of(parts: &impl std::fmt::Debug) -> Digest {
    crypto::hash("unisono-request", format!("{parts:?}").as_bytes())
}

pub(super) async fn seed(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let patience = patience(&Params::of(request.uri())?)?;
    let headers = request.headers().clone();
    let txs = transactions(&face, &headers, digest_of(&"seed"), || {
        let tickets = (1..=SEED_TICKETS).map(tickets::seed_ticket);
        let name = face.name();
        tickets
            .map(|(id, data)| {
                ticket_transaction(&face, TicketAction::Issue, &id, data.into_bytes(), name)
            })
            .collect()
    })?;
    let (record, operation) = remember(&face, &txs);
    let fates = run(&face, txs, &record, patience).await?;
    let tally = Tally::of(&fates);
    tally.or_failure(&operation)?;
    let seeded = Seeded { seeded: tally.issued, existed: tally.existed, operation };
    if patience.wait != Wait::Commit {
        let location = seeded.operation.clone();
        return Ok(reply::accepted(seeded, &location));
    }
    let data = serde_json::json!({ "count": seeded.seeded, "existed": seeded.existed });
    let event = NodeEvent::Face { kind: api::kinds::TICKETS_SEEDED, subject: None, data };
    face.handle.events().append(face.handle.now(), [event]);
    Ok(reply::saying(format!("{} tickets seeded", seeded.seeded), seeded))
}

/// How many of many issues did what.
#[derive(Default, Debug)]
pub(super) struct Tally {
    pub(super) issued: u64,
    pub(super) existed: u64,
    pub(super) late: u64,
    pub(super) refused: std::collections::BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn of(fates: &[Fate]) -> Self {
        let mut tally = Self::default();
        for fate in fates {
            match *fate {
                Fate::Pending => tally.issued += 1,
                Fate::Late => tally.late += 1,
                Fate::Refused(refusal) => tally.refuse(refusal),
                Fate::Done(TxResult { outcome, .. }) => match outcome {
                    Outcome::Applied => tally.issued += 1,
                    Outcome::Refused(refusal) => tally.refuse(refusal),
                },
            }
        }
        tally
    }
    fn refuse(&mut self, refusal: Refusal) {
        if refusal == Refusal::TicketExists {
            self.existed += 1;
        } else {
            super::convert::count(&mut self.refused, refusal);
        }
    }
    /// A failure where nothing at all went through, or not all in time.
    pub(super) fn or_failure(&self, operation: &str) -> Answer<()> {
        if self.late > 0 {
            let detail = format!(
                "{} of the tickets did not commit in time; they may still: ask the operation",
                self.late
            );
            return Err(Failure::new(api::Code::CommitTimeout, detail)
                .at(operation)
                .because(format!("{PREFIX}/why")));
        }
        let refused = self.refused.keys().next().filter(|_| self.issued + self.existed == 0);
        match refused.and_then(|label| api::Code::from_label(label)) {
            Some(code) => Err(Failure::new(code, code.title()).at(operation)),
            None => Ok(()),
        }
    }
}

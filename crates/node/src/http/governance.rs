//! The routes of governance, and of what hubs tell of their state.

use std::sync::Arc;

use api::{
    CastVote, Code, HubUpdate, MissingUpdates, ParameterList, ParameterValue, ProposalPage,
    Setting, StakeTally, StreamHead,
};
use app::governance::{self, GOVERNANCE, Parameter, Proposal, Status, Tally};
use app::updates::{self, UPDATES, Update};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use codec::Encode;
use ledger::{Refusal, StateTree};
use types::Height;

use super::body::to_base64;
use super::chain::proof_path;
use super::failure::{Answer, Failure};
use super::paging::{cursor_number, cut, page};
use super::query::Params;
use super::state::Face;
use super::{convert, reply};

pub(super) async fn proposals(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (limit, from) = (params.limit()?, cursor_number(params.given("cursor"))?);
    let (height, found) = face
        .handle
        .query(move |view| {
            let executor = view.executor();
            let height = executor.height();
            let found = executor.state(GOVERNANCE).map(|state| {
                let some = governance::proposals(state, from).take(limit + 1);
                some.map(|(number, proposal)| shown(state, height, number, proposal)).collect()
            });
            (height.get(), found.unwrap_or_else(Vec::new))
        })
        .await?;
    let cursor = |proposal: &api::Proposal| proposal.number.to_string();
    let (items, next_cursor) = cut(found, limit, cursor);
    let next = next_cursor.clone();
    Ok(page(request.uri(), ProposalPage { items, height, next_cursor }, next.as_deref()))
}

pub(super) async fn proposal(
    State(face): State<Arc<Face>>,
    Path(number): Path<String>,
) -> Answer<Response> {
    let number = number.parse::<u64>();
    let number = number.map_err(|_| Failure::parameter("a proposal's number is a whole number"))?;
    let found = face.handle.query(move |view| {
        let state = view.executor().state(GOVERNANCE)?;
        let found = governance::proposal(state, number)?;
        Some(shown(state, view.executor().height(), number, found))
    });
    Ok(reply::ok(found.await?.ok_or_else(|| Failure::from(Refusal::ProposalUnknown))?))
}

fn shown(state: &StateTree, height: Height, number: u64, proposal: Proposal) -> api::Proposal {
    let tally = governance::tally(state, number).unwrap_or_default();
    let would_be = match proposal.status {
        Status::Open => tally.status(proposal.quorum_bp, proposal.approval_bp),
        Status::Enacted | Status::Rejected | Status::NoQuorum => proposal.status,
    };
    let votes = governance::votes(state, number).into_iter().map(|(account, choice)| CastVote {
        account: account.to_string(),
        choice: choice.label().to_owned(),
    });
    let settings = proposal.settings.iter().map(|setting| Setting {
        parameter: setting.parameter.label().to_owned(),
        value: setting.value,
    });
    api::Proposal {
        number,
        proposer: proposal.proposer.to_string(),
        title: proposal.title,
        text: proposal.text,
        settings: settings.collect(),
        opened: proposal.opened.get(),
        deadline: proposal.deadline.get(),
        blocks_left: proposal.deadline.get().saturating_sub(height.get()),
        quorum_bp: proposal.quorum_bp,
        approval_bp: proposal.approval_bp,
        status: proposal.status.label().to_owned(),
        would_be: would_be.label().to_owned(),
        tally: shown_tally(tally),
        votes: votes.collect(),
        proof: proof_path(GOVERNANCE, &governance::proposal_key(number)),
    }
}

const fn shown_tally(tally: Tally) -> StakeTally {
    let Tally { approve, reject, abstain, total } = tally;
    StakeTally { approve, reject, abstain, total }
}

pub(super) async fn parameters(State(face): State<Arc<Face>>) -> Answer<Response> {
    let items = face.handle.query(|view| {
        let state = view.executor().state(GOVERNANCE);
        let value = |&parameter: &Parameter| ParameterValue {
            name: parameter.label().to_owned(),
            value: state
                .map_or(parameter.default_value(), |state| governance::value(state, parameter)),
            usual: parameter.default_value(),
            least: *parameter.range().start(),
            most: *parameter.range().end(),
        };
        Parameter::ALL.iter().map(value).collect()
    });
    Ok(reply::ok(ParameterList { items: items.await? }))
}

pub(super) async fn updates(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let limit = params.limit()?;
    let (since, after) = (params.number("since")?, params.number("after")?);
    let found = face.handle.query(move |view| {
        let state = view.executor().state(UPDATES)?;
        let missing = match (since, after) {
            (_, Some(count)) => updates::missing_after(state, count, limit),
            (since, None) => {
                let since = Height::new(since.unwrap_or(0));
                updates::missing_since(state, since, limit)
            }
        };
        Some((missing, updates::head(state)))
    });
    let none = || Failure::new(Code::SubjectUnknown, "the chain has no updates");
    let (missing, end) = found.await?.ok_or_else(none)?;
    let forgotten =
        |error: updates::MissingError| Failure::new(Code::UpdatesForgotten, error.to_string());
    let missing = missing.map_err(forgotten)?;
    Ok(reply::ok(MissingUpdates {
        from: stream_head(&missing.from),
        to: stream_head(&missing.to),
        end: stream_head(&end),
        items: missing.updates.iter().map(update).collect(),
        canonical: to_base64(&missing.to_bytes()),
        proof: proof_path(UPDATES, updates::Head::KEY),
    }))
}

fn stream_head(head: &updates::Head) -> StreamHead {
    StreamHead { count: head.count, digest: head.digest.to_string() }
}

fn update(update: &Update) -> HubUpdate {
    HubUpdate {
        number: update.number,
        hub: update.hub.to_string(),
        sequence: update.told.sequence,
        kind: update.told.kind.clone(),
        body: to_base64(&update.told.body.0),
        height: update.height.get(),
        index: update.index,
        time: convert::time(update.time),
    }
}

//! The routes of joint accounts, and of keys that were handed over.

use std::sync::Arc;

use api::{JointAccount, JointAccountPage, JointCall, JointProposal, JointRule};
use app::app_label;
use app::joint::{self, Action, JOINT, Joint, Proposal, Rule};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use ledger::{Account, Refusal};

use super::body::to_base64;
use super::chain::{account_of, proof_path};
use super::failure::{Answer, Failure};
use super::paging::{cursor_array, cut, page, to_cursor};
use super::query::Params;
use super::reply;
use super::state::Face;

pub(super) async fn accounts(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (limit, from) = (params.limit()?, Account(cursor_array(params.given("cursor"))?));
    let found = face.handle.query(move |view| {
        let state = view.executor().state(JOINT)?;
        let some = joint::joints(state, &from).take(limit + 1);
        Some(some.map(|(address, joint)| shown(&address, &joint)).collect::<Vec<_>>())
    });
    let found = found.await?.unwrap_or_default();
    let cursor = |one: &JointAccount| to_cursor(account_of(&one.address).unwrap_or_default().0);
    let (items, next_cursor) = cut(found, limit, cursor);
    let next = next_cursor.clone();
    Ok(page(request.uri(), JointAccountPage { items, next_cursor }, next.as_deref()))
}

pub(super) async fn account(
    State(face): State<Arc<Face>>,
    Path(address): Path<String>,
) -> Answer<Response> {
    let address = account_of(&address)?;
    let found =
        face.handle.query(move |view| joint::joint(view.executor().state(JOINT)?, &address));
    let found = found.await?.ok_or_else(|| Failure::from(Refusal::JointUnknown))?;
    Ok(reply::ok(shown(&address, &found)))
}

pub(super) async fn proposal(
    State(face): State<Arc<Face>>,
    Path((address, number)): Path<(String, String)>,
) -> Answer<Response> {
    let address = account_of(&address)?;
    let number = number.parse::<u64>();
    let number = number.map_err(|_| Failure::parameter("a proposal's number is a whole number"))?;
    let found = face
        .handle
        .query(move |view| joint::proposal(view.executor().state(JOINT)?, &address, number));
    let found = found.await?.ok_or_else(|| Failure::from(Refusal::JointProposalUnknown))?;
    Ok(reply::ok(shown_proposal(&address, number, found)))
}

pub(super) async fn key_use(
    State(face): State<Arc<Face>>,
    Path(key): Path<String>,
) -> Answer<Response> {
    let key = account_of(&key)?;
    let found = face.handle.query(move |view| {
        let used = view.executor().state(JOINT).and_then(|state| joint::key_use(state, &key));
        (used, view.executor().height())
    });
    let (used, height) = found.await?;
    let own = joint::KeyUse { account: key, until: None, newest: key };
    let joint::KeyUse { account, until, newest } = used.unwrap_or(own);
    Ok(reply::ok(api::KeyUse {
        key: key.to_string(),
        account: account.to_string(),
        until: until.map(types::Height::get),
        newest: newest.to_string(),
        acts: until.is_none_or(|until| height < until),
        height: height.get(),
        proof: proof_path(JOINT, &joint::use_key(&key)),
    }))
}

fn shown(address: &Account, joint: &Joint) -> JointAccount {
    JointAccount {
        address: address.to_string(),
        rule: shown_rule(&joint.rule),
        opened: joint.opened.get(),
        next_proposal: joint.next,
        open: joint.open.clone(),
        proof: proof_path(JOINT, &joint::joint_key(address)),
    }
}

fn shown_rule(rule: &Rule) -> JointRule {
    let members = rule.members.iter().map(ToString::to_string).collect();
    JointRule { threshold: rule.threshold, members }
}

fn shown_proposal(address: &Account, number: u64, proposal: Proposal) -> JointProposal {
    let (call, rule) = match proposal.action {
        Some(Action::Call(call)) => {
            let app = app_label(call.operation.app).to_owned();
            let (verb, payload) = (call.operation.verb, to_base64(&call.payload.0));
            (Some(JointCall { app, verb, payload }), None)
        }
        Some(Action::Rule(rule)) => (None, Some(shown_rule(&rule))),
        None => (None, None),
    };
    JointProposal {
        number,
        proposer: proposal.proposer.to_string(),
        digest: proposal.digest.to_string(),
        call,
        rule,
        approvals: proposal.approvals.iter().map(ToString::to_string).collect(),
        expires: proposal.expires.get(),
        status: proposal.status.label().to_owned(),
        proof: proof_path(JOINT, &joint::proposal_key(address, number)),
    }
}

//! The routes of the registry, of governance, and of what hubs tell.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{AccountStake, Candidate, CandidateList, HubPage, StakeRelease};
use app::Executor;
use app::epochs::Drive;
use app::governance::{self, GOVERNANCE};
use app::registry::{self, Founder, Founding, Hub, Purse, REGISTRY};
use app::updates::{self, UPDATES};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use ledger::{Account, Epoch};

use super::chain::{account_of, proof_path};
use super::failure::{Answer, Failure};
use super::paging::{cursor_array, cut, page, to_cursor};
use super::query::Params;
use super::state::Face;
use super::tickets::patience;
use super::transactions::follow;
use super::{body, convert, reply};
use crate::NodeError;

/// Most candidates that are listed: as many as there can be hubs.
const CANDIDATES_MAX: usize = registry::HUBS_MAX as usize;

/// The keys that vote in an epoch.
fn voting(epoch: &Epoch) -> BTreeSet<[u8; 32]> {
    epoch.members.iter().map(|member| member.validator.key.to_bytes()).collect()
}

/// Looks at the applications' states, with the present validators' keys.
async fn look<T: Send + 'static>(
    face: &Face,
    look: impl FnOnce(&Executor, &BTreeSet<[u8; 32]>) -> T + Send + 'static,
) -> Answer<T> {
    Ok(face.handle.query(|view| look(view.executor(), &voting(&view.status().epoch))).await?)
}

fn shown(account: &Account, hub: &Hub, purse: &Purse, voting: &BTreeSet<[u8; 32]>) -> api::Hub {
    let keys = hub.keys.map(|keys| (keys.key.to_bytes(), keys.network_key.to_bytes()));
    api::Hub {
        account: account.to_string(),
        name: hub.card.name.clone(),
        role: hub.card.role.clone(),
        address: hub.card.address.clone(),
        capabilities: hub.card.capabilities.iter().cloned().collect(),
        key: keys.map(|(key, _)| convert::hex(&key)),
        network_key: keys.map(|(_, key)| convert::hex(&key)),
        joined: hub.joined.get(),
        updated: hub.updated.get(),
        bonded: purse.bonded,
        validates: keys.is_some_and(|(key, _)| voting.contains(&key)),
        proof: proof_path(REGISTRY, &registry::hub_key(account)),
    }
}

pub(super) async fn hubs(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    let params = Params::of(request.uri())?;
    let (limit, from) = (params.limit()?, Account(cursor_array(params.given("cursor"))?));
    let (found, supply) = look(&face, move |executor, voting| {
        let Some(state) = executor.state(REGISTRY) else { return (Vec::new(), 0) };
        let shown =
            |(account, hub)| shown(&account, &hub, &registry::purse(state, &account), voting);
        let found: Vec<api::Hub> = registry::hubs(state, from).take(limit + 1).map(shown).collect();
        (found, registry::supply(state))
    })
    .await?;
    let cursor = |hub: &api::Hub| to_cursor(account_of(&hub.account).unwrap_or_default().0);
    let (items, next_cursor) = cut(found, limit, cursor);
    let next = next_cursor.clone();
    Ok(page(request.uri(), HubPage { items, supply, next_cursor }, next.as_deref()))
}

pub(super) async fn account(
    State(face): State<Arc<Face>>,
    Path(account): Path<String>,
) -> Answer<Response> {
    let account = account_of(&account)?;
    let shown = look(&face, move |executor, voting| {
        let state = executor.state(REGISTRY);
        let purse = state.map(|state| registry::purse(state, &account)).unwrap_or_default();
        let hub = state.and_then(|state| registry::hub(state, &account));
        let delegate = executor.state(GOVERNANCE);
        let delegate = delegate.and_then(|state| governance::delegate(state, &account));
        let release = |release: &registry::Release| StakeRelease {
            due: release.due.get(),
            stake: release.stake,
        };
        AccountStake {
            account: account.to_string(),
            free: purse.free,
            bonded: purse.bonded,
            releases: purse.releases.iter().map(release).collect(),
            told: executor
                .state(UPDATES)
                .map_or(0, |state| updates::last_sequence(state, &account)),
            hub: hub.map(|hub| shown(&account, &hub, &purse, voting)),
            delegate: delegate.map(|to| to.to_string()),
            proof: proof_path(REGISTRY, &registry::purse_key(&account)),
        }
    });
    Ok(reply::ok(shown.await?))
}

pub(super) async fn candidates(State(face): State<Arc<Face>>) -> Answer<Response> {
    let listed = look(&face, |executor, voting| {
        let drive = executor.state(GOVERNANCE).map(Drive::of)?;
        let state = executor.state(REGISTRY)?;
        let wanted: BTreeSet<[u8; 32]> =
            drive.wanted(state).iter().map(|validator| validator.key.to_bytes()).collect();
        let candidate = |(validator, stake): (ledger::Validator, u64)| {
            let key = validator.key.to_bytes();
            Candidate {
                name: validator.name,
                key: convert::hex(&key),
                network_key: convert::hex(&validator.network_key.to_bytes()),
                stake,
                eligible: drive.is_on() && wanted.contains(&key),
                validates: voting.contains(&key),
            }
        };
        let items = registry::candidates(state, CANDIDATES_MAX).into_iter().map(candidate);
        Some(CandidateList {
            driven: drive.is_on(),
            stake_min: drive.stake_min,
            count_max: drive.count_max,
            epoch_blocks: drive.epoch_blocks,
            next_boundary: drive.boundary(executor.height().next()).get(),
            items: items.collect(),
        })
    });
    let none = || Failure::new(api::Code::SubjectUnknown, "the chain has no registry");
    Ok(reply::ok(listed.await?.ok_or_else(none)?))
}

/// Lets this validator found the federation, in a transaction that the key of the genesis signs.
pub(super) async fn found(State(face): State<Arc<Face>>, request: Request) -> Answer<Response> {
    super::admin::guarded(&face)?;
    let patience = patience(&Params::of(request.uri())?)?;
    let wanted: api::Founding = body::json(request, face.options.body_timeout).await?;
    match face.handle.founding(&founding(wanted)?) {
        Ok(tx) => follow(&face, Arc::from([tx]), patience).await,
        Err(NodeError::Forbidden(why)) => Err(Failure::new(api::Code::NotFounder, why)),
        Err(error) => Err(error.into()),
    }
}

fn founding(wanted: api::Founding) -> Answer<Founding> {
    let hubs = wanted.hubs.into_iter().map(|hub| {
        let account = account_of(&hub.account)?;
        let capabilities = hub.capabilities.into_iter().collect();
        let api::FoundingHub { name, role, address, stake, .. } = hub;
        Ok(Founder { account, card: registry::Card { name, role, address, capabilities }, stake })
    });
    let purses = wanted.purses.iter().map(|purse| Ok((account_of(&purse.account)?, purse.stake)));
    Ok(Founding { hubs: hubs.collect::<Answer<_>>()?, purses: purses.collect::<Answer<_>>()? })
}

//! The HTTP and WebSocket face of a node.
//!
//! [`router`] serves exactly the routes of [`api::routes::ROUTES`]; [`serve`] puts it on a TCP listener with
//! limits on slow and many clients. A request passes `guard` (who may, how it may come), then its handler, which
//! asks the [`Handle`] and words what it learns as the DTOs of `api`.

mod admin;
mod blocks;
mod body;
mod chain;
mod contracts;
mod convert;
mod events;
mod failure;
mod governance;
mod guard;
mod import;
mod info;
mod joint;
mod listing;
mod network;
mod options;
mod paging;
mod probes;
mod query;
mod queue;
mod rates;
mod record;
mod registry;
mod reply;
mod serve;
mod state;
mod submit;
mod tickets;
mod transactions;
mod why;

use std::sync::Arc;

use api::routes::{ROUTES, Route};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use self::guard::Post;
use self::state::Face;
use crate::Handle;

pub use options::{ApiKey, BULK_BYTES_MAX, HttpOptions, JSON_BYTES_MAX};
pub use serve::{Limits, serve};

/// The node's whole HTTP face.
///
/// # Panics
/// Where [`api::routes::ROUTES`] has a route without a handler: a mistake that a test finds.
pub fn router(handle: Handle, options: HttpOptions) -> Router {
    let fallback = options.fallback.clone();
    let face = Arc::new(Face::new(handle, options));
    let mut router = Router::new();
    for route in ROUTES {
        let Some(handler) = handler(route) else { panic!("no handler for {}", route.name) };
        let post = Post { face: Arc::clone(&face), route };
        router = router.route(route.path, handler.layer(from_fn_with_state(post, guard::guard)));
    }
    let router = router.method_not_allowed_fallback(guard::other_method);
    let router = match fallback {
        // Only paths that no version of the API could ever have are the fallback's.
        Some(fallback) => router
            .route("/api/{*rest}", axum::routing::any(guard::unknown))
            .fallback_service(fallback),
        None => router.fallback(guard::unknown),
    };
    router.layer(from_fn_with_state(Arc::clone(&face), guard::headers)).with_state(face)
}

/// The handler of a route, by its name.
fn handler(route: &Route) -> Option<MethodRouter<Arc<Face>>> {
    Some(match route.name {
        "issueTicket" => post(tickets::issue),
        "validateTicket" => post(tickets::validate),
        "consumeTicket" => post(tickets::consume),
        "disputeTicket" => post(tickets::dispute),
        "seedTickets" => post(tickets::seed),
        "importTickets" => post(import::import),
        "listTickets" => get(listing::list),
        "getTicket" => get(listing::get),
        "submitTransaction" => post(transactions::submit),
        "submitBatch" => post(transactions::batch),
        "getTransaction" => get(transactions::get),
        "getReceipt" => get(transactions::receipt),
        "getOperation" => get(transactions::operation),
        "listContracts" => get(contracts::list),
        "listContractEntries" => get(contracts::entries),
        "listContractRuns" => get(contracts::runs),
        "listJointAccounts" => get(joint::accounts),
        "getJointAccount" => get(joint::account),
        "getJointProposal" => get(joint::proposal),
        "getKeyUse" => get(joint::key_use),
        "getContract" => get(contracts::get),
        "queryContract" => post(contracts::query),
        "getContractRun" => get(contracts::run),
        "listBlocks" => get(blocks::list),
        "getBlock" => get(blocks::get),
        "getBlocksPage" => get(blocks::page),
        "getConsensusLogs" => get(blocks::logs),
        "listChains" => get(chain::list),
        "getHead" => get(chain::head),
        "getBlockProof" => get(chain::block_proof),
        "getConsistency" => get(chain::consistency),
        "getEntry" => get(chain::entry),
        "getForks" => get(chain::forks),
        "listTopics" => get(queue::topics),
        "getTopic" => get(queue::topic),
        "listMessages" => get(queue::messages),
        "getMessage" => get(queue::message),
        "listHubRoutes" => get(queue::routes),
        "listHubs" => get(registry::hubs),
        "getAccount" => get(registry::account),
        "listCandidates" => get(registry::candidates),
        "listProposals" => get(governance::proposals),
        "getProposal" => get(governance::proposal),
        "listParameters" => get(governance::parameters),
        "listUpdates" => get(governance::updates),
        "getNetwork" => get(network::network),
        "listEvidence" => get(network::evidence),
        "listViewChanges" => get(network::view_changes),
        "getWhy" => get(why::why),
        "streamEvents" => get(events::sse),
        "webSocket" => get(events::websocket),
        "getStatus" => get(info::status),
        "getStats" => get(info::stats),
        "getPeers" => get(info::peers),
        "getConfig" => get(info::config),
        "getGenesis" => get(info::genesis),
        "getNodeCrypto" => get(info::crypto),
        "getStorageEntries" => get(info::storage),
        "version" => get(info::version),
        "metrics" => get(info::metrics),
        "openapi" => get(info::openapi),
        "partition" => post(admin::partition),
        "heal" => post(admin::heal),
        "wish" => post(admin::wish),
        "found" => post(registry::found),
        "connect" => post(admin::connect),
        "livez" => get(probes::livez),
        "readyz" => get(probes::readyz),
        "startupz" => get(probes::startupz),
        "health" => get(probes::health),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;

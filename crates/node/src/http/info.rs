//! The routes that describe this node.

use std::sync::Arc;

use api::{NodeConfig, NodeCrypto, Peers, Stats, Status, StorageEntries, StorageStats, Version};
use axum::extract::State;
use axum::response::Response;
use ledger::AppId;
use replica::ReplicaStatus;

use super::failure::Answer;
use super::listing::counts;
use super::reply;
use super::state::Face;
use super::{convert, guard};

/// The replica's status.
pub(super) async fn replica_status(face: &Face) -> Answer<ReplicaStatus> {
    Ok(face.handle.query(|view| view.status()).await?)
}

fn is_primary(face: &Face, status: &ReplicaStatus) -> bool {
    let leader = status.core.as_ref().and_then(|core| core.leader);
    leader.is_some() && leader == face.handle.me()
}

fn view(status: &ReplicaStatus) -> u64 {
    status.core.as_ref().map_or(0, |core| core.view.get())
}

pub(super) async fn status(State(face): State<Arc<Face>>) -> Answer<Response> {
    let status = replica_status(&face).await?;
    Ok(reply::ok(Status {
        status: "running".to_owned(),
        timestamp: face.handle.now().us() / 1_000_000,
        ws_clients: u64::try_from(face.handle.metrics().websockets.get()).unwrap_or(0),
        node_id: face.name().to_owned(),
        height: status.height.get(),
        certified: status.certified.get(),
        phase: status.core.as_ref().map_or("observing", |core| core.phase).to_owned(),
        voting: status.core.as_ref().is_some_and(|core| core.voting),
        catching_up: status.catching_up.map(types::Height::get),
        diverged: status.diverged,
    }))
}

pub(super) async fn stats(State(face): State<Arc<Face>>) -> Answer<Response> {
    let status = replica_status(&face).await?;
    let core = status.core.as_ref();
    let log_entries = core.map_or(0, |core| core.log_entries);
    Ok(reply::ok(Stats {
        node_id: face.name().to_owned(),
        peer_count: face.handle.peers().len(),
        is_primary: is_primary(&face, &status),
        current_view: view(&status),
        sequence: core.map_or(status.height.get(), |core| core.decided.get()),
        cache_size: (log_entries + status.pool_txs) as u64,
        storage_stats: storage_stats(&face),
        height: status.height.get(),
        certified: status.certified.get(),
        stable_checkpoint: core.map_or(0, |core| core.stable.get()),
        pool_transactions: status.pool_txs as u64,
        pool_bytes: status.pool_bytes as u64,
    }))
}

/// The store's operations under the older names, as far as they mean the same.
fn storage_stats(face: &Face) -> StorageStats {
    let metrics = face.handle.metrics();
    StorageStats { write: metrics.storage_bytes.get(), ..StorageStats::default() }
}

pub(super) async fn peers(State(face): State<Arc<Face>>) -> Answer<Response> {
    let peers = face.handle.peers().into_iter().map(|peer| api::Peer {
        validator: peer.node.map(|node| convert::name(face.genesis(), node)),
        id: peer.peer_id,
        addrs: peer.addresses,
    });
    Ok(reply::ok(Peers { peers: peers.collect() }))
}

pub(super) async fn config(State(face): State<Arc<Face>>) -> Answer<Response> {
    let status = replica_status(&face).await?;
    let genesis = face.genesis();
    let quorum = status.epoch.quorum(genesis.fault_model);
    Ok(reply::ok(NodeConfig {
        node_id: face.name().to_owned(),
        total_nodes: status.epoch.members.len(),
        is_primary: is_primary(&face, &status),
        current_view: view(&status),
        protocol: convert::protocol(&status),
        quorum: quorum.size(),
        faults: quorum.f(),
        chain: genesis.chain_id().0.to_string(),
        network: genesis.network.clone(),
    }))
}

pub(super) async fn genesis(State(face): State<Arc<Face>>) -> Response {
    reply::ok(convert::genesis(face.genesis()))
}

pub(super) async fn crypto(State(face): State<Arc<Face>>) -> Response {
    let key = face.handle.me().map(|me| convert::key(face.genesis(), me));
    reply::ok(NodeCrypto {
        node_id: face.name().to_owned(),
        peer_id: face.handle.peer_id().to_owned(),
        public_key: key.unwrap_or_default(),
        key_algorithm: "Ed25519".to_owned(),
        transport_security: "Noise".to_owned(),
        listen_addresses: face.handle.listen_addresses(),
    })
}

pub(super) async fn storage(State(face): State<Arc<Face>>) -> Answer<Response> {
    let status = replica_status(&face).await?;
    let entries = face.handle.query(|view| {
        let executor = view.executor();
        let ids: Vec<AppId> = executor.apps().ids().collect();
        ids.into_iter()
            .filter_map(|id| executor.state(id))
            .map(ledger::StateTree::len)
            .sum::<usize>()
    });
    let counts = counts(&face);
    Ok(reply::ok(StorageEntries {
        node_id: face.name().to_owned(),
        total_tickets: counts.total,
        ticket_states: counts,
        consensus_log_count: status.height.get(),
        latest_checkpoint: status.core.as_ref().map_or(0, |core| core.stable.get()),
        db_stats: api::DbStats {
            engine: "fjall".to_owned(),
            disk_bytes: None,
            state_entries: entries.await? as u64,
        },
    }))
}

pub(super) async fn version(State(face): State<Arc<Face>>) -> Response {
    reply::ok(Version {
        name: "unisono".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: face.genesis().protocol.clone(),
        api: "v1".to_owned(),
    })
}

pub(super) async fn metrics(State(face): State<Arc<Face>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    guard::text(kind, face.handle.metrics().encode())
}

pub(super) async fn openapi() -> Response {
    guard::text("application/json", api::openapi_json())
}

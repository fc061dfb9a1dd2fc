//! What libp2p does for the node, and its limits.

use std::time::Duration;

use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::gossipsub::{
    self, IdentityTransform, MessageAuthenticity, ValidationMode, WhitelistSubscriptionFilter,
};
use libp2p::kad::store::MemoryStore;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::{ConnectionDenied, NetworkBehaviour};
use libp2p::{PeerId, StreamProtocol, identify, identity, kad, memory_connection_limits, ping};

use super::gossip::Topics;
use crate::config::Settings;
use crate::failure::Failure;

/// Most bytes of a gossiped message: a transaction and little around it.
const GOSSIP_BYTES_MAX: usize = 128 * 1024;
/// Most connections to one peer: both sides may dial at once.
const PER_PEER_MAX: u32 = 4;
/// How often a connection shows that its other end is alive: a few times before a peer counts as silent.
const PING_INTERVAL: Duration = Duration::from_secs(5);

/// The protocols.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    /// First, so that it refuses before others are asked.
    pub(super) admitted: Toggle<allow_block_list::Behaviour<AllowedPeers>>,
    limits: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
    pub(super) kad: kad::Behaviour<MemoryStore>,
    pub(super) gossip: gossipsub::Behaviour<IdentityTransform, WhitelistSubscriptionFilter>,
    pub(super) streams: libp2p_stream::Behaviour,
}

/// Builds the protocols; `admitted` are the peers that may stay, or `None` where anybody may observe.
pub(super) fn build(
    key: &identity::Keypair,
    admitted: Option<Vec<PeerId>>,
    topics: &Topics,
    settings: &Settings,
) -> Result<Behaviour, Failure> {
    let me = key.public().to_peer_id();
    let mut kad_config = kad::Config::new(StreamProtocol::new("/unisono/kad/1"));
    kad_config.set_periodic_bootstrap_interval(Some(Duration::from_secs(60)));
    let mut kad = kad::Behaviour::with_config(me, MemoryStore::new(me), kad_config);
    kad.set_mode(Some(kad::Mode::Server));
    let admitted = admitted.map(|peers| {
        let mut list = allow_block_list::Behaviour::<AllowedPeers>::default();
        for peer in peers {
            list.allow_peer(peer);
        }
        list
    });
    let most = settings.network.connections_max;
    let limits = ConnectionLimits::default()
        .with_max_established(Some(most))
        .with_max_pending_incoming(Some(most))
        .with_max_pending_outgoing(Some(most))
        .with_max_established_per_peer(Some(PER_PEER_MAX));
    let identify = identify::Config::new("/unisono/1".to_owned(), key.public())
        .with_agent_version(format!("unisono/{}", env!("CARGO_PKG_VERSION")));
    Ok(Behaviour {
        admitted: admitted.into(),
        limits: connection_limits::Behaviour::new(limits),
        memory: memory_connection_limits::Behaviour::with_max_bytes(settings.network.memory_max),
        identify: identify::Behaviour::new(identify),
        ping: ping::Behaviour::new(ping::Config::new().with_interval(PING_INTERVAL)),
        kad,
        gossip: gossip(key, topics, settings)?,
        streams: libp2p_stream::Behaviour::new(),
    })
}

fn gossip(
    key: &identity::Keypair,
    topics: &Topics,
    settings: &Settings,
) -> Result<gossipsub::Behaviour<IdentityTransform, WhitelistSubscriptionFilter>, Failure> {
    let bad = |why: String| {
        Failure::usage("the gossip settings are no good", why, "check gossip.fanout and gossip.ttl")
    };
    let fanout = settings.gossip.fanout;
    let config = gossipsub::ConfigBuilder::default()
        .validation_mode(ValidationMode::Strict)
        .validate_messages()
        .max_transmit_size(GOSSIP_BYTES_MAX)
        .mesh_n(fanout)
        .mesh_n_low(fanout.saturating_sub(1).max(1))
        .mesh_n_high(fanout * 2)
        .mesh_outbound_min(if fanout >= 4 { 1 } else { 0 })
        .history_length(settings.gossip.ttl.max(2))
        .history_gossip(settings.gossip.ttl.clamp(1, 3).min(settings.gossip.ttl.max(2) - 1))
        .build()
        .map_err(|error| bad(error.to_string()))?;
    let only = [topics.transactions.hash(), topics.tips.hash()];
    let filter = WhitelistSubscriptionFilter(only.into_iter().collect());
    let mut gossip = gossipsub::Behaviour::new_with_subscription_filter(
        MessageAuthenticity::Signed(key.clone()),
        config,
        filter,
    )
    .map_err(|error| bad(error.to_owned()))?;
    for topic in [&topics.transactions, &topics.tips] {
        gossip.subscribe(topic).map_err(|error| bad(error.to_string()))?;
    }
    Ok(gossip)
}

/// Whether a connection was refused because its peer is not admitted.
pub(super) fn is_not_admitted(cause: &ConnectionDenied) -> bool {
    cause.downcast_ref::<allow_block_list::NotAllowed>().is_some()
}

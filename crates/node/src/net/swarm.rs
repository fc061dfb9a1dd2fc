//! The swarm's task: listens, connects, discovers, gossips.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use ledger::BlockCertificate;
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{DialError, ListenError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, identify, identity, kad, noise, tcp, yamux};
use tokio::sync::{mpsc, watch};
use types::{ChainId, Height, NodeId};

use super::behaviour::{self, Behaviour, BehaviourEvent};
use super::gossip::{self, Gossip, Heard, SeenCache, Topics};
use super::outbox::Outbox;
use super::stream::Arrived;
use super::streams::{Connected, Streams};
use super::{Certified, Controlled};
use crate::board::PeerSnapshot;
use crate::config::Settings;
use crate::failure::Failure;
use crate::handle::Shared;
use crate::metrics::{MessageLabels, ResultLabels, StateLabels};

/// How often unconnected validators are dialled, at first.
const DIAL_TICK: Duration = Duration::from_millis(250);
/// Where the doubling of the wait between two dials of one peer ends.
const DIAL_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often observers are told of a new certified block.
const TIP_INTERVAL: Duration = Duration::from_millis(100);
/// How long an unused connection stays: validators' are used, and an observer's may be quiet.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3_600);

/// What the network is made of.
pub(crate) struct NetworkParts {
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: identity::Keypair,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) chain: ChainId,
    pub(crate) controlled: Controlled,
    /// Whom certificates admit, where not anybody may observe.
    pub(crate) certified: Vec<Certified>,
    pub(crate) votes: mpsc::Sender<Arrived>,
    pub(crate) bulk: mpsc::Sender<Arrived>,
    /// Gossip that came, with the validator who made it, where it was one.
    pub(crate) heard: mpsc::Sender<(Option<NodeId>, Heard)>,
    pub(crate) stop: watch::Receiver<bool>,
}

/// Starts the network on a thread of its own, once it listens.
///
/// # Errors
/// Where it cannot listen.
pub(crate) fn start(parts: NetworkParts) -> Result<std::thread::JoinHandle<()>, Failure> {
    // One thread for the transport: handing frames between threads costs more than a second one brings.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let built = {
        let _inside = runtime.enter();
        Network::new(parts)
    };
    let network = match built {
        Ok(network) => network,
        Err(failure) => {
            // A runtime must not be dropped where the caller may be one of another's tasks.
            runtime.shutdown_background();
            return Err(failure);
        }
    };
    let spawned = std::thread::Builder::new()
        .name("network".to_owned())
        .spawn(move || runtime.block_on(network.run()));
    spawned.map_err(cannot)
}

fn cannot(why: impl std::fmt::Display) -> Failure {
    Failure::new("cannot start the network", why, "check the system's resolver and limits")
}

struct Network {
    swarm: Swarm<Behaviour>,
    parts: NetworkParts,
    topics: Topics,
    seen: SeenCache,
    /// When a peer may be dialled again, and how long to wait after the next failure.
    dials: HashMap<PeerId, (Instant, Duration)>,
    streams: Streams,
    connected: Arc<Connected>,
    broken: mpsc::Receiver<PeerId>,
    tip_sent: Option<Instant>,
}

/// The next tip to gossip, once the last one is old enough.
async fn next_tip(
    tips: &mut watch::Receiver<Option<BlockCertificate>>,
    sent: Option<Instant>,
) -> Option<BlockCertificate> {
    if let Some(sent) = sent {
        tokio::time::sleep_until((sent + TIP_INTERVAL).into()).await;
    }
    tips.changed().await.ok()?;
    tips.borrow_and_update().clone()
}

/// Who may stay connected; `None` where anybody may observe.
fn admitted_peers(parts: &NetworkParts) -> Option<Vec<PeerId>> {
    if parts.settings.network.observers_allowed {
        return None;
    }
    let validators = parts.outbox.others().into_iter().map(|(_, peer, _)| peer);
    Some(validators.chain(parts.settings.network.observers.iter().copied()).collect())
}

impl Network {
    fn new(parts: NetworkParts) -> Result<Self, Failure> {
        let topics = Topics::new(parts.chain);
        let admitted = admitted_peers(&parts);
        let behaviour = behaviour::build(&parts.key, admitted, &topics, &parts.settings)?;
        let built = libp2p::SwarmBuilder::with_existing_identity(parts.key.clone())
            .with_tokio()
            .with_tcp(
                tcp::Config::default().nodelay(true),
                noise::Config::new,
                yamux::Config::default,
            )
            .map_err(cannot)?
            .with_dns()
            .map_err(cannot)?
            .with_behaviour(|_| behaviour);
        let builder = match built {
            Ok(builder) => builder,
            Err(never) => match never {},
        };
        let mut swarm = builder
            .with_swarm_config(|config| config.with_idle_connection_timeout(IDLE_TIMEOUT))
            .build();
        listen(&mut swarm, &parts.settings)?;
        for (peer, address) in &parts.settings.network.bootstrap_peers {
            swarm.behaviour_mut().kad.add_address(peer, address.clone());
        }
        let (to_disconnect, broken) = mpsc::channel(64);
        let connected = Arc::new(Connected::default());
        let streams = Streams {
            chain: parts.chain,
            votes: parts.votes.clone(),
            bulk: parts.bulk.clone(),
            metrics: Arc::clone(&parts.shared.metrics),
            running: Arc::default(),
            broken: to_disconnect,
            connected: Arc::clone(&connected),
            kept: Arc::default(),
        };
        let me = *swarm.local_peer_id();
        let new_control = || swarm.behaviour().streams.new_control();
        let is_observer = parts.shared.me.is_none();
        streams.start(new_control, &parts.outbox)?;
        streams.keep(new_control, me, is_observer, &parts.outbox);
        let seen = SeenCache::new(parts.settings.gossip.cache_size);
        Ok(Self {
            swarm,
            parts,
            topics,
            seen,
            dials: HashMap::new(),
            connected,
            streams,
            broken,
            tip_sent: None,
        })
    }

    async fn run(mut self) {
        let mut tick = tokio::time::interval(DIAL_TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(message) = self.parts.controlled.publish.recv() => self.publish(&message),
                Some(tip) = next_tip(&mut self.parts.controlled.tip, self.tip_sent) => {
                    self.tip_sent = Some(Instant::now());
                    self.publish(&Gossip::Tip(tip));
                }
                Some(peer) = self.broken.recv() => {
                    // It may be gone already.
                    let _ = self.swarm.disconnect_peer_id(peer);
                    self.dials.insert(peer, (Instant::now() + DIAL_WAIT_MAX, DIAL_WAIT_MAX));
                }
                _ = tick.tick() => {
                    self.keep_streams();
                    self.keep_admitted();
                    if self.misses_somebody() {
                        self.dial_missing();
                    }
                }
                _ = self.parts.stop.changed() => return,
            }
        }
    }

    /// Admits and parts with peers as their certificates begin and end. Before a block is known here, none holds.
    fn keep_admitted(&mut self) {
        let height = u64::try_from(self.parts.shared.metrics.height.get()).unwrap_or(0);
        let Some(list) = self.swarm.behaviour_mut().admitted.as_mut() else { return };
        for certified in &self.parts.certified {
            let peer = certified.peer;
            let otherwise = self.parts.settings.network.observers.contains(&peer)
                || self.parts.outbox.node_of(&peer).is_some();
            if height > 0 && certified.holds_at(Height::new(height)) {
                list.allow_peer(peer);
            } else if !otherwise {
                list.disallow_peer(peer);
            }
        }
    }

    /// Opens streams to validators that have joined since.
    fn keep_streams(&mut self) {
        let new_control = || self.swarm.behaviour().streams.new_control();
        let (is_observer, outbox) = (self.parts.shared.me.is_none(), &self.parts.outbox);
        self.streams.keep(new_control, *self.swarm.local_peer_id(), is_observer, outbox);
    }

    fn misses_somebody(&self) -> bool {
        self.parts.outbox.others().iter().any(|(_, peer, _)| !self.connected.is(peer))
    }

    /// Dials validators and bootstrap peers that are not connected, each at its own pace.
    fn dial_missing(&mut self) {
        let now = Instant::now();
        let bootstrap = self.parts.settings.network.bootstrap_peers.iter();
        let mut wanted: Vec<(PeerId, Vec<Multiaddr>)> =
            self.parts.outbox.others().iter().map(|(_, peer, _)| (*peer, Vec::new())).collect();
        for (peer, address) in bootstrap {
            match wanted.iter_mut().find(|(known, _)| known == peer) {
                Some((_, addresses)) => addresses.push(address.clone()),
                None => wanted.push((*peer, vec![address.clone()])),
            }
        }
        for (peer, addresses) in wanted {
            if self.connected.is(&peer) || peer == *self.swarm.local_peer_id() {
                continue;
            }
            let (next, wait) = self.dials.get(&peer).copied().unwrap_or((now, DIAL_TICK));
            if now < next {
                continue;
            }
            let wait = (wait * 2).min(DIAL_WAIT_MAX);
            self.dials.insert(peer, (now + wait, wait));
            let is_unknown = addresses.is_empty();
            let options = DialOpts::peer_id(peer)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(addresses)
                .extend_addresses_through_behaviour()
                .build();
            if self.swarm.dial(options).is_err() && is_unknown {
                // Nobody has told us its address yet: ask those we know.
                self.swarm.behaviour_mut().kad.get_closest_peers(peer);
            }
        }
    }

    fn publish(&mut self, message: &Gossip) {
        let topic = match message {
            Gossip::Transaction { .. } => self.topics.transactions.clone(),
            Gossip::Tip(_) => self.topics.tips.clone(),
        };
        match self.swarm.behaviour_mut().gossip.publish(topic, message.bytes()) {
            Ok(_) => self.count_gossip("out", message.label()),
            // Without peers in the topic there is nobody to tell.
            Err(error) => tracing::debug!(%error, kind = message.label(), "nothing was gossiped"),
        }
    }

    fn count_gossip(&self, direction: &'static str, kind: &'static str) {
        let labels = MessageLabels { direction, kind };
        self.parts.shared.metrics.gossip_messages.get_or_create(&labels).inc();
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        // libp2p's events grow with every release: those that mean nothing here are passed over.
        #[expect(clippy::wildcard_enum_match_arm, reason = "not our own enum")]
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                let me = *self.swarm.local_peer_id();
                tracing::info!(%address, "listening for peers");
                self.parts.shared.board.listens(format!("{address}/p2p/{me}"));
            }
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, num_established, .. } => {
                let address = endpoint.get_remote_address().to_string();
                self.on_connected(peer_id, &address, num_established.get());
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established, cause, .. } => {
                let cause = cause.map(|cause| cause.to_string());
                self.on_closed(peer_id, num_established, cause.as_deref());
            }
            SwarmEvent::IncomingConnectionError { error, .. } => self.on_refused(&error),
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                self.on_dial_failed(peer_id, &error);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                peer_id,
                info,
                ..
            })) => {
                for address in info.listen_addrs.into_iter().take(ADDRESSES_PER_PEER_MAX) {
                    self.swarm.behaviour_mut().kad.add_address(&peer_id, address);
                }
            }
            // An idle network sends nothing else: an answered ping is how its members hear from each other.
            SwarmEvent::Behaviour(BehaviourEvent::Ping(libp2p::ping::Event {
                peer,
                result: Ok(_),
                ..
            })) => self.parts.shared.board.hear(&peer.to_base58(), crate::clock::now()),
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            })) => {
                let acceptance = self.on_gossip(&message);
                let gossip = &mut self.swarm.behaviour_mut().gossip;
                gossip.report_message_validation_result(
                    &message_id,
                    &propagation_source,
                    acceptance,
                );
            }
            SwarmEvent::Behaviour(BehaviourEvent::Kad(kad::Event::RoutingUpdated {
                peer, ..
            })) => {
                tracing::debug!(%peer, "a peer's address was discovered");
            }
            _ => {}
        }
    }

    fn on_connected(&mut self, peer: PeerId, address: &str, connections: u32) {
        self.connected.set(peer, connections);
        self.dials.remove(&peer);
        let node = self.parts.outbox.node_of(&peer);
        if node.is_none() {
            self.parts.outbox.add_observer(peer);
        }
        let now = crate::clock::now();
        self.parts.shared.board.connected(PeerSnapshot {
            peer_id: peer.to_base58(),
            node,
            addresses: vec![address.to_owned()],
            connected_since: now,
            last_heard: now,
            height: Height::ZERO,
        });
        if connections == 1 {
            tracing::info!(%peer, ?node, address, "a peer is connected");
            self.peer_gauge(node).inc();
        }
    }

    fn on_closed(&mut self, peer: PeerId, connections: u32, cause: Option<&str>) {
        self.connected.set(peer, connections);
        if connections > 0 {
            return;
        }
        let node = self.parts.outbox.node_of(&peer);
        if node.is_none() {
            self.parts.outbox.remove_observer(&peer);
        }
        self.parts.shared.board.disconnected(&peer.to_base58());
        tracing::info!(%peer, ?node, ?cause, "a peer has gone");
        self.peer_gauge(node).dec();
    }

    fn peer_gauge(&self, node: Option<NodeId>) -> prometheus_client::metrics::gauge::Gauge {
        let state = if node.is_some() { "validator" } else { "observer" };
        self.parts.shared.metrics.peers.get_or_create(&StateLabels { state }).clone()
    }

    fn on_refused(&self, error: &ListenError) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "not our own enum")]
        let reason = match error {
            ListenError::Denied { cause } if behaviour::is_not_admitted(cause) => "not_admitted",
            ListenError::Denied { .. } => "connection_limit",
            ListenError::WrongPeerId { .. } => "wrong_key",
            _ => return tracing::debug!(%error, "a connection did not come about"),
        };
        self.parts.shared.reject_peer(reason, error);
    }

    fn on_dial_failed(&self, peer: Option<PeerId>, error: &DialError) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "not our own enum")]
        match error {
            DialError::WrongPeerId { .. } => self.parts.shared.reject_peer("wrong_key", error),
            _ => tracing::debug!(?peer, %error, "a dial failed"),
        }
    }

    /// Hands a gossiped message on, where it is one and is new.
    fn on_gossip(&mut self, message: &gossipsub::Message) -> MessageAcceptance {
        let is_tip = message.topic == self.topics.tips.hash();
        self.count_gossip("in", if is_tip { "tip" } else { "transaction" });
        let heard = if is_tip {
            gossip::read_tip(&message.data)
        } else {
            gossip::read_transaction(&message.data)
        };
        let Some(heard) = heard else {
            self.parts.shared.metrics.drop_for(protocol::Reject::Malformed.label());
            return MessageAcceptance::Reject;
        };
        if let Heard::Transaction(attempt, transaction) = &heard {
            let is_new = self.seen.insert(transaction.id(), *attempt);
            let metrics = &self.parts.shared.metrics;
            let result = if is_new { "miss" } else { "hit" };
            metrics.gossip_cache.get_or_create(&ResultLabels { result }).inc();
            metrics.gossip_cache_size.set(i64::try_from(self.seen.len()).unwrap_or(i64::MAX));
            if !is_new {
                return MessageAcceptance::Ignore;
            }
        }
        let from = message.source.and_then(|peer| self.parts.outbox.node_of(&peer));
        if self.parts.heard.try_send((from, heard)).is_err() {
            self.parts.shared.metrics.drop_for("gossip_busy");
        }
        MessageAcceptance::Accept
    }
}

/// Most addresses that one peer may have remembered.
const ADDRESSES_PER_PEER_MAX: usize = 8;

fn listen(swarm: &mut Swarm<Behaviour>, settings: &Settings) -> Result<(), Failure> {
    let address = &settings.network.listen_address;
    let port = settings.network.listen_port;
    let no_good = |why: String| {
        Failure::usage(
            format!("cannot listen for peers on {address} port {port}"),
            why,
            "choose another network.listen_address or network.listen_port",
        )
    };
    let ip: std::net::IpAddr =
        address.parse().map_err(|error: std::net::AddrParseError| no_good(error.to_string()))?;
    // The transport shares ports where the system lets it; a port that another node has is taken all the same.
    std::net::TcpListener::bind((ip, port)).map_err(|error| no_good(error.to_string()))?;
    let address = Multiaddr::from(ip).with(libp2p::multiaddr::Protocol::Tcp(port));
    swarm.listen_on(address).map_err(|error| no_good(error.to_string()))?;
    Ok(())
}

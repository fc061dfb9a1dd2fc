//! Puts a node's parts together and starts its threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crypto::{SecretKey, Sign};
use ledger::{Epoch, Genesis};
use libp2p::identity;
use replica::{Effect, Input, Replica};
use store::{Loaded, Store, StoreError};
use tokio::sync::{mpsc, oneshot, watch};
use types::NodeId;

use crate::Core;
use crate::board::Board;
use crate::byzantine::{Byzantine, Misbehaviour};
use crate::clients::{ClientChecks, PoolGauge};
use crate::command::Command;
use crate::config::Settings;
use crate::driver::Driver;
use crate::events::EventLog;
use crate::failure::Failure;
use crate::gateway::{Fees, Gateway};
use crate::handle::{Handle, Shared};
use crate::metrics::Metrics;
use crate::net::{self, Arrived, Control, Controlled, Heard, NetworkParts, Outbox};
use crate::node_keys::NodeKeys;
use crate::recorder::Recorder;
use crate::roster::{Papers, Roster};
use crate::serve::{self, ServeRequest};
use crate::told::{params, recovered, replica_config};
use crate::verify::Checker;

/// Most checked messages that wait for the replica: when it is behind, peers are read from more slowly.
const INPUTS_MAX: usize = 4_096;
/// Most requests that wait for the replica.
const COMMANDS_MAX: usize = 1_024;
/// Most frames that wait to be checked, of votes and of batches.
const VOTES_MAX: usize = 2_048;
const BULK_MAX: usize = 16;
/// Most gossip that waits to be looked at.
const HEARD_MAX: usize = 1_024;

/// What is known before the store is open.
pub(crate) struct Plan {
    pub(crate) settings: Arc<Settings>,
    pub(crate) genesis: Arc<Genesis>,
    pub(crate) keys: NodeKeys,
    pub(crate) me: Option<NodeId>,
    pub(crate) byzantine: Option<Misbehaviour>,
}

/// A node's inside at work.
pub(crate) struct Assembled {
    pub(crate) handle: Handle,
    pub(crate) threads: Vec<std::thread::JoinHandle<()>>,
    pub(crate) tasks: Vec<tokio::task::JoinHandle<()>>,
}

/// Gossip, and the validator who made it, where it was one.
type Gossiped = (Option<NodeId>, Heard);

/// Both ends of every channel between the threads.
struct Channels {
    commands: (mpsc::Sender<Command>, mpsc::Receiver<Command>),
    inputs: (mpsc::Sender<Input<Core>>, mpsc::Receiver<Input<Core>>),
    serve: (mpsc::Sender<ServeRequest>, mpsc::Receiver<ServeRequest>),
    votes: (mpsc::Sender<Arrived>, mpsc::Receiver<Arrived>),
    bulk: (mpsc::Sender<Arrived>, mpsc::Receiver<Arrived>),
    heard: (mpsc::Sender<Gossiped>, mpsc::Receiver<Gossiped>),
}

impl Channels {
    fn new() -> Self {
        Self {
            commands: mpsc::channel(COMMANDS_MAX),
            inputs: mpsc::channel(INPUTS_MAX),
            serve: mpsc::channel(serve::WAITING_MAX),
            votes: mpsc::channel(VOTES_MAX),
            bulk: mpsc::channel(BULK_MAX),
            heard: mpsc::channel(HEARD_MAX),
        }
    }
}

/// A replica at its start, and in whose name it signs.
struct Started {
    epoch: Option<Epoch>,
    replica: Replica<Core>,
    effects: Vec<Effect<Core>>,
    byzantine: Option<Byzantine<Core>>,
}

/// What the threads are started from.
struct Parts {
    shared: Arc<Shared>,
    outbox: Arc<Outbox>,
    channels: Channels,
    controlled: Controlled,
    key: identity::Keypair,
}

/// Starts the threads; `failing` is rung when the disk has failed for good.
///
/// # Errors
/// Where the network cannot listen, the log cannot be read, or there are no threads left.
pub(crate) fn assemble(
    plan: &Plan,
    store: Arc<Store>,
    loaded: Loaded,
    failing: oneshot::Sender<StoreError>,
    stopped: &watch::Receiver<bool>,
) -> Result<Assembled, Failure> {
    let channels = Channels::new();
    let metrics = Arc::new(Metrics::new(&plan.genesis.protocol));
    let peers = plan.genesis.validators.iter();
    let peers: Result<Vec<_>, _> = peers.map(|peer| net::peer_id_of(peer.network_key)).collect();
    let key = libp2p_key(&plan.keys.network)?;
    let name = name(plan);
    let recorder = Recorder::start(plan, &name)?.map(Arc::new);
    let me = key.public().to_peer_id();
    let outbox = Arc::new(Outbox::new(me, peers?, Arc::clone(&metrics), recorder.clone()));
    let (network, controlled) = Control::new(Arc::clone(&outbox));
    let peer_id = key.public().to_peer_id().to_base58();
    let commands = channels.commands.0.clone();
    let fees = Arc::new(Fees::default());
    let shared = Arc::new(Shared {
        commands,
        me: plan.me,
        recorder,
        name,
        peer_id,
        settings: Arc::clone(&plan.settings),
        events: EventLog::starting_at(loaded.generation << 32),
        board: Board::default(),
        metrics,
        waiters: crate::waiters::Waiters::default(),
        gateway: gateway(&plan.keys.gateway, plan, &fees, loaded.generation),
        voters: voting_keys(&plan.keys)
            .map(|key| (key.public(), gateway(key, plan, &fees, loaded.generation)))
            .collect(),
        roster: Arc::new(Roster::new(papers(plan))),
        fees,
        history: crate::proofs::History::default(),
        checker: ClientChecks::new(plan.genesis.client_signatures),
        pool: PoolGauge::default(),
        settled: crate::settled::Settled::default(),
        network,
        readiness: crate::readiness::Readiness::default(),
        rejections: crate::rejections::RateLimit::default(),
        forwarder: crate::forward::Forwarder::default(),
        orders: AtomicBool::new(plan.me.is_some() && loaded.vote_loss.is_none()),
        may_vote: loaded.vote_loss.is_none(),
        genesis: Arc::clone(&plan.genesis),
        store,
    });
    if let Some(loss) = loaded.vote_loss.filter(|_| plan.me.is_some()) {
        tracing::error!(%loss, "this validator may have forgotten what it promised: it follows without voting");
        shared.board.stop_voting("its sign-state or store was lost");
    }
    let started = start_replica(plan, loaded, &shared)?;
    let parts = Parts { shared, outbox, channels, controlled, key };
    start_threads(parts, started, failing, stopped)
}

/// The validator's name in the genesis, or the configured one of an observer.
fn name(plan: &Plan) -> String {
    match plan.me {
        Some(me) => plan.genesis.validators[me.index()].name.clone(),
        None if plan.settings.node.id.is_empty() => "observer".to_owned(),
        None => plan.settings.node.id.clone(),
    }
}

fn gateway(key: &Arc<dyn Sign>, plan: &Plan, fees: &Arc<Fees>, generation: u64) -> Gateway {
    Gateway::new(Arc::clone(key), plan.genesis.chain_id(), Arc::clone(fees), generation)
}

fn libp2p_key(key: &SecretKey) -> Result<identity::Keypair, Failure> {
    identity::Keypair::ed25519_from_bytes(key.to_seed()).map_err(|error| {
        Failure::usage("the network key is no good", error, "restore network.key from a backup")
    })
}

/// The keys that may sign this node's votes.
fn voting_keys(keys: &NodeKeys) -> impl Iterator<Item = &Arc<dyn Sign>> {
    std::iter::once(&keys.signing).chain(&keys.next)
}

fn papers(plan: &Plan) -> Papers {
    Papers {
        genesis: Arc::clone(&plan.genesis),
        keys: voting_keys(&plan.keys).map(Arc::clone).collect(),
        params: params(&plan.settings, &plan.genesis),
    }
}

fn start_replica(plan: &Plan, loaded: Loaded, shared: &Shared) -> Result<Started, Failure> {
    let config = replica_config(&plan.settings, papers(plan))?;
    let mut effects = Vec::new();
    let recovered = recovered(loaded)?;
    let epoch = recovered.epoch.clone();
    let replica = Replica::<Core>::start(config, recovered, crate::clock::now(), &mut effects);
    let byzantine = plan.byzantine.map(|Misbehaviour::Equivocate| Byzantine {
        roster: Arc::clone(&shared.roster),
        contradict: <Core as protocol::Inspect>::contradict,
    });
    Ok(Started { replica, epoch, effects, byzantine })
}

fn start_threads(
    parts: Parts,
    started: Started,
    failing: oneshot::Sender<StoreError>,
    stopped: &watch::Receiver<bool>,
) -> Result<Assembled, Failure> {
    let Parts { shared, outbox, channels, controlled, key } = parts;
    let Channels { commands, inputs, serve, votes, bulk, heard } = channels;
    let certified = net::read_certificates(&shared.settings.network, &shared.genesis)?;
    // The network first: it is the part that can fail, and nothing has been let out yet.
    let network = net::start(NetworkParts {
        shared: Arc::clone(&shared),
        key,
        outbox: Arc::clone(&outbox),
        settings: Arc::clone(&shared.settings),
        chain: shared.genesis.chain_id(),
        controlled,
        certified,
        votes: votes.0,
        bulk: bulk.0,
        heard: heard.0,
        stop: stopped.clone(),
    })?;
    let checker = || checker(&shared, &inputs.0, &serve.0);
    let driver = Driver {
        shared: Arc::clone(&shared),
        replica: started.replica,
        epoch: started.epoch,
        effects: started.effects,
        outbox: Arc::clone(&outbox),
        serve: serve.0.clone(),
        inputs: inputs.1,
        commands: commands.1,
        byzantine: started.byzantine,
        fatal: Some(failing),
    };
    let threads = [
        checker().start("check-votes", votes.1),
        checker().start("check-batches", bulk.1),
        serve::start::<Core>(Arc::clone(&shared.store), outbox, serve.1),
        driver.start(),
    ];
    let threads: std::io::Result<Vec<_>> = threads.into_iter().collect();
    let mut threads = threads.map_err(|error| {
        Failure::new("cannot start the node's threads", error, "check the system's limits")
    })?;
    threads.push(network);
    let tasks = vec![
        tokio::spawn(crate::forward::repeat(Arc::clone(&shared), stopped.clone())),
        tokio::spawn(crate::forward::take_in(Arc::clone(&shared), heard.1, inputs.0)),
    ];
    Ok(Assembled { handle: Handle(shared), threads, tasks })
}

fn checker(
    shared: &Arc<Shared>,
    inputs: &mpsc::Sender<Input<Core>>,
    serve: &mpsc::Sender<ServeRequest>,
) -> Checker<Core> {
    Checker {
        shared: Arc::clone(shared),
        checks_clients: shared.genesis.client_signatures,
        inputs: inputs.clone(),
        serve: serve.clone(),
        keys: BTreeMap::new(),
    }
}

//! Puts a node together, and takes it apart again in order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use crypto::{SecretKey, Signer};
use ledger::Genesis;
use libp2p::identity;
use protocol::Protocol;
use replica::Replica;
use store::{Loaded, Store, StoreError, StoreOptions};
use tokio::net::TcpListener;
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
use crate::gateway::Gateway;
use crate::handle::{Handle, Shared};
use crate::http::{self, HttpOptions};
use crate::keys::{DataLock, NodeKeys};
use crate::metrics::Metrics;
use crate::net::{self, Control, NetworkParts, Outbox};
use crate::serve;
use crate::verify::Checker;

mod told;
use told::{recovered, replica_config};

/// Most checked messages that wait for the replica: when it is behind, peers are read from more slowly.
const INPUTS_MAX: usize = 4_096;
/// Most requests that wait for the replica.
const COMMANDS_MAX: usize = 1_024;
/// Most frames that wait to be checked, of votes and of batches.
const VOTES_MAX: usize = 2_048;
const BULK_MAX: usize = 16;
/// Most gossip that waits to be looked at.
const HEARD_MAX: usize = 1_024;

/// What a node is told besides its configuration.
#[derive(Debug, Default)]
pub struct NodeOptions {
    /// How it lies, on a network that is tagged `dev`.
    pub byzantine: Option<Misbehaviour>,
    /// The operator says that it may vote although its sign-state or store was lost.
    pub trust_lost_state: bool,
    /// What serves the paths that are not the API's, such as the web app.
    pub fallback: Option<Router>,
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    /// Its inside.
    pub handle: Handle,
    /// Where its HTTP face listens.
    pub api_address: SocketAddr,
    /// Where its metrics have a port of their own, where they do.
    pub metrics_address: Option<SocketAddr>,
    /// Rings when the disk has failed for good.
    pub failed: oneshot::Receiver<StoreError>,
    stop: watch::Sender<bool>,
    servers: Vec<tokio::task::JoinHandle<()>>,
    threads: Vec<std::thread::JoinHandle<()>>,
    _lock: DataLock,
}

/// The parts that are known before the store is open.
struct Plan {
    settings: Arc<Settings>,
    genesis: Arc<Genesis>,
    keys: NodeKeys,
    me: Option<NodeId>,
    options: NodeOptions,
}

impl Node {
    /// Starts a node: returns once it listens.
    ///
    /// # Errors
    /// Where its keys, genesis, store or ports are not usable.
    pub async fn start(settings: Settings, options: NodeOptions) -> Result<Self, Failure> {
        let lock = DataLock::acquire(&settings.node.data_dir)?;
        let plan = plan(settings, options)?;
        let settings = Arc::clone(&plan.settings);
        let api = bind("api", &settings.api.address, settings.api.port).await?;
        let metrics = match settings.metrics.enabled {
            true => Some(bind("metrics", &settings.metrics.address, settings.metrics.port).await?),
            false => None,
        };
        let (store, loaded) = open_store(&plan)?;
        let fallback = plan.options.fallback.clone();
        let (stop, stopped) = watch::channel(false);
        let (failing, failed) = oneshot::channel();
        let (handle, threads, tasks) = assemble(plan, store, loaded, failing, &stopped)?;
        let api_address = local_address(&api)?;
        let metrics_address = metrics.as_ref().map(local_address).transpose()?;
        let mut servers = tasks;
        let options = http_options(&settings, fallback)?;
        servers.push(serve_http(api, http::router(handle.clone(), options), stopped.clone()));
        if let Some(listener) = metrics {
            servers.push(serve_http(listener, metrics_router(handle.clone()), stopped));
        }
        tracing::info!(node = handle.name(), api = %api_address, "the node is up");
        Ok(Self {
            handle,
            api_address,
            metrics_address,
            failed,
            stop,
            servers,
            threads,
            _lock: lock,
        })
    }

    /// Stops in order: not ready, no new requests, what was kept is synced, threads end.
    pub async fn stop(self) {
        self.handle.0.readiness.stop();
        self.stop.send_replace(true);
        for server in self.servers {
            // A server that broke has nothing left to finish.
            let _ = server.await;
        }
        let (done, synced) = oneshot::channel();
        if self.handle.0.commands.send(Command::Stop(done)).await.is_ok() {
            let _ = synced.await;
        }
        drop(self.handle);
        let ended = tokio::task::spawn_blocking(move || {
            self.threads.into_iter().for_each(|thread| {
                if thread.join().is_err() {
                    tracing::error!("a thread of the node panicked");
                }
            });
        });
        if tokio::time::timeout(Duration::from_secs(5), ended).await.is_err() {
            tracing::warn!("some threads did not end in time");
        }
    }
}

fn plan(settings: Settings, options: NodeOptions) -> Result<Plan, Failure> {
    let keys = NodeKeys::load(&NodeKeys::folder(&settings.node.data_dir))?;
    let genesis = crate::genesis::read_genesis(&settings.node.genesis)?;
    let me = who_am_i(&settings, &genesis, &keys)?;
    check_against_genesis(&settings, &genesis, me)?;
    if options.byzantine.is_some() && !crate::genesis::is_dev(&genesis) {
        return Err(Failure::usage(
            "will not misbehave on purpose",
            format!("the network `{}` is not tagged `dev`", genesis.network),
            "leave out --byzantine, or use a network whose name ends in `-dev`",
        ));
    }
    Ok(Plan { settings: Arc::new(settings), genesis: Arc::new(genesis), keys, me, options })
}

/// The validator whose keys these are; `None` for an observer.
fn who_am_i(
    settings: &Settings,
    genesis: &Genesis,
    keys: &NodeKeys,
) -> Result<Option<NodeId>, Failure> {
    let id = settings.node.id.as_str();
    let (signing, network) = (keys.signing.public(), keys.network.public());
    let by_key = genesis.validators.iter().position(|validator| validator.key == signing);
    let by_name = genesis.validators.iter().position(|validator| validator.name == id);
    let wrong = |why: String| {
        Failure::usage(
            format!(
                "node.id `{id}` and the keys in {} do not go together",
                settings.node.data_dir.display()
            ),
            why,
            "give the validator its own keys, or correct node.id or the genesis",
        )
    };
    let Some(index) = by_key else {
        return match by_name {
            Some(_) => Err(wrong(format!("the genesis has another key for `{id}`"))),
            None => Ok(None),
        };
    };
    let validator = &genesis.validators[index];
    if !id.is_empty() && id != validator.name {
        return Err(wrong(format!("these are the keys of `{}`", validator.name)));
    }
    if validator.network_key != network {
        return Err(wrong("network.key is not the one in the genesis".to_owned()));
    }
    Ok(u16::try_from(index).ok().map(NodeId::new))
}

fn check_against_genesis(
    settings: &Settings,
    genesis: &Genesis,
    me: Option<NodeId>,
) -> Result<(), Failure> {
    let count = genesis.validators.len();
    let correct = "correct it, or leave it out: the genesis decides";
    if let Some(total) = settings.consensus.total_nodes.filter(|&total| total != count) {
        let why = format!("the genesis has {count}");
        return Err(Failure::usage(format!("consensus.total_nodes is {total}"), why, correct));
    }
    let leads = me == Some(NodeId::new(0));
    if let Some(claims) = settings.consensus.is_primary.filter(|&claims| claims != leads) {
        let leader = genesis.validators.first().map_or("", |validator| validator.name.as_str());
        let why = format!("view 0 is led by the first validator of the genesis, `{leader}`");
        return Err(Failure::usage(format!("consensus.is_primary is {claims}"), why, correct));
    }
    let network = &settings.network;
    let is_alone = count == 1 && me.is_some();
    if network.bootstrap_peers.is_empty() && !network.bootstrap_mode && !is_alone {
        return Err(Failure::usage(
            "this node knows nobody",
            "network.bootstrap_peers is empty, and network.bootstrap_mode is false",
            "name at least one peer, or set network.bootstrap_mode to true where the others dial this node",
        ));
    }
    Ok(())
}

async fn bind(section: &str, address: &str, port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((address, port)).await.map_err(|error| {
        Failure::usage(
            format!("cannot listen on {address} port {port}"),
            error,
            format!("stop what uses it, or set {section}.port to another"),
        )
    })
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(|error| {
        Failure::new("cannot tell where this node listens", error, "check the system's limits")
    })
}

fn open_store(plan: &Plan) -> Result<(Arc<Store>, Loaded), Failure> {
    let settings = &plan.settings;
    let options = StoreOptions {
        path: settings.storage.path.clone(),
        sign_state_folder: settings.node.data_dir.clone(),
        chain: plan.genesis.chain_id(),
        trust_lost_state: plan.options.trust_lost_state,
    };
    let start = Instant::now();
    loop {
        match Store::open(&options) {
            Ok((store, loaded)) => return Ok((Arc::new(store), loaded)),
            Err(StoreError::Locked { .. }) if start.elapsed() < settings.storage.timeout => {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(error) => return Err(store_failure(&options, &error)),
        }
    }
}

fn store_failure(options: &StoreOptions, error: &StoreError) -> Failure {
    let what = format!("cannot open the store {}", options.path.display());
    match error {
        StoreError::Corrupt { .. } => Failure::disk(
            what,
            error,
            "move the folder away: the node starts without a vote and fetches everything from its peers",
        ),
        StoreError::Io(_) | StoreError::Full => {
            Failure::disk(what, error, "make room or repair the disk; nothing was changed")
        }
        StoreError::Locked { .. } => Failure::new(
            what,
            error,
            "stop the other process, or give this one its own data folder",
        ),
        StoreError::WrongChain { .. } => Failure::usage(
            what,
            error,
            "use the genesis that the store was made with, or another data folder",
        ),
        StoreError::WrongFormat { .. } => Failure::usage(
            what,
            error,
            "use the version of the program that wrote it, or a newer one",
        ),
    }
}

type Assembled = (Handle, Vec<std::thread::JoinHandle<()>>, Vec<tokio::task::JoinHandle<()>>);

/// Starts the threads.
fn assemble(
    plan: Plan,
    store: Arc<Store>,
    loaded: Loaded,
    failing: oneshot::Sender<StoreError>,
    stopped: &watch::Receiver<bool>,
) -> Result<Assembled, Failure> {
    let Plan { settings, genesis, keys, me, options } = plan;
    let peers: Result<Vec<_>, _> =
        genesis.validators.iter().map(|validator| net::peer_id_of(validator.network_key)).collect();
    let metrics = Arc::new(Metrics::new(&genesis.protocol));
    let outbox = Arc::new(Outbox::new(me, peers?, Arc::clone(&metrics)));
    let (network, controlled) = Control::new(Arc::clone(&outbox));
    let (command_sender, commands) = mpsc::channel(COMMANDS_MAX);
    let network_key = libp2p_key(&keys.network)?;
    let orders = me.is_some() && loaded.vote_loss.is_none();
    let name = me.map_or_else(
        || {
            if settings.node.id.is_empty() {
                "observer".to_owned()
            } else {
                settings.node.id.clone()
            }
        },
        |me| genesis.validators[me.index()].name.clone(),
    );
    let generation = loaded.generation;
    let shared = Arc::new(Shared {
        commands: command_sender,
        me,
        name,
        peer_id: network_key.public().to_peer_id().to_base58(),
        settings: Arc::clone(&settings),
        store: Arc::clone(&store),
        events: EventLog::starting_at(generation << 32),
        board: Board::default(),
        metrics: Arc::clone(&metrics),
        waiters: crate::waiters::Waiters::default(),
        gateway: Gateway::new((*keys.gateway).clone(), genesis.chain_id(), generation),
        checker: ClientChecks::new(genesis.client_signatures),
        pool: PoolGauge::default(),
        network,
        readiness: crate::readiness::Readiness::default(),
        rejections: crate::rejections::RateLimit::default(),
        forwarder: crate::forward::Forwarder::default(),
        orders,
        genesis: Arc::clone(&genesis),
    });
    if let Some(loss) = loaded.vote_loss.filter(|_| me.is_some()) {
        tracing::error!(%loss, "this validator may have forgotten what it promised: it follows without voting");
        shared.board.stop_voting("its sign-state or store was lost");
    }
    let (inputs_sender, inputs) = mpsc::channel(INPUTS_MAX);
    let (serve_sender, serve_requests) = mpsc::channel(serve::WAITING_MAX);
    let (votes_sender, votes) = mpsc::channel(VOTES_MAX);
    let (bulk_sender, bulk) = mpsc::channel(BULK_MAX);
    let (heard_sender, heard) = mpsc::channel(HEARD_MAX);
    let as_node =
        me.unwrap_or(NodeId::new(u16::try_from(genesis.validators.len()).unwrap_or(u16::MAX)));
    let signer = |domain| Signer::new(as_node, genesis.domain(domain), Arc::clone(&keys.signing));
    let (core_signer, ledger_signer) = (signer(Core::NAME), signer(Genesis::LEDGER));
    let config = replica_config(&settings, &genesis, me.is_some(), &core_signer, &ledger_signer)?;
    let recovered = recovered(loaded)?;
    let mut effects = Vec::new();
    let replica = Replica::<Core>::start(config, recovered, crate::clock::now(), &mut effects);
    let byzantine = options.byzantine.map(|Misbehaviour::Equivocate| Byzantine {
        signer: core_signer.clone(),
        contradict: protocols::contradict,
    });
    // The network first: it is the part that can fail, and nothing has been let out yet.
    let network = net::start(NetworkParts {
        shared: Arc::clone(&shared),
        key: network_key,
        outbox: Arc::clone(&outbox),
        settings,
        chain: genesis.chain_id(),
        controlled,
        votes: votes_sender,
        bulk: bulk_sender,
        heard: heard_sender,
        stop: stopped.clone(),
    })?;
    let checker = || Checker::<Core> {
        shared: Arc::clone(&shared),
        core: crypto::Verifier::new(genesis.domain(Core::NAME), genesis.key_ring()),
        ledger: genesis.ledger_verifier(),
        checks_clients: genesis.client_signatures,
        inputs: inputs_sender.clone(),
        serve: serve_sender.clone(),
        keys: BTreeMap::new(),
    };
    let driver = Driver {
        shared: Arc::clone(&shared),
        replica,
        effects,
        me: as_node,
        core_signer,
        ledger_signer,
        outbox: Arc::clone(&outbox),
        serve: serve_sender.clone(),
        inputs,
        commands,
        byzantine,
        fatal: Some(failing),
    };
    let threads: std::io::Result<Vec<_>> = [
        checker().start("check-votes", votes),
        checker().start("check-batches", bulk),
        serve::start::<Core>(store, outbox, serve_requests),
        driver.start(),
    ]
    .into_iter()
    .collect();
    let mut threads = threads.map_err(|error| {
        Failure::new("cannot start the node's threads", error, "check the system's limits")
    })?;
    threads.push(network);
    let tasks = vec![
        tokio::spawn(crate::forward::repeat(Arc::clone(&shared), stopped.clone())),
        tokio::spawn(crate::forward::take_in(Arc::clone(&shared), heard, inputs_sender)),
    ];
    Ok((Handle(shared), threads, tasks))
}

fn libp2p_key(key: &SecretKey) -> Result<identity::Keypair, Failure> {
    identity::Keypair::ed25519_from_bytes(key.to_seed()).map_err(|error| {
        Failure::usage("the network key is no good", error, "restore network.key from a backup")
    })
}

fn http_options(settings: &Settings, fallback: Option<Router>) -> Result<HttpOptions, Failure> {
    let options = HttpOptions::of(&settings.api).map_err(|error| {
        Failure::usage("api.keys is no good", error, "write each key as a role and a secret")
    })?;
    Ok(HttpOptions { fallback, ..options })
}

fn metrics_router(handle: Handle) -> Router {
    let encode = move || {
        let text = handle.metrics().encode();
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        async move { ([(axum::http::header::CONTENT_TYPE, kind)], text) }
    };
    Router::new().route("/metrics", axum::routing::get(encode))
}

fn serve_http(
    listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) -> tokio::task::JoinHandle<()> {
    let until_stopped = async move {
        // A stop that can no longer come is a stop.
        let _ = stopped.wait_for(|&stopped| stopped).await;
    };
    tokio::spawn(async move {
        let served = http::serve(listener, router, http::Limits::default(), until_stopped).await;
        if let Err(error) = served {
            tracing::error!(%error, "an HTTP server has ended");
        }
    })
}

//! Puts a node together, and takes it apart again in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use store::{Loaded, Store, StoreError, StoreOptions};
use tokio::sync::{oneshot, watch};

use crate::assemble::{Assembled, Plan, assemble};
use crate::byzantine::Misbehaviour;
use crate::command::Command;
use crate::config::Settings;
use crate::faces::{bind, http_options, local_address, metrics_router, serve_http};
use crate::failure::Failure;
use crate::handle::Handle;
use crate::http;
use crate::identity::{check_against_genesis, who_am_i};
use crate::node_keys::{DataLock, NodeKeys};

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

impl Node {
    /// Starts a node: returns once it listens.
    ///
    /// # Errors
    /// Where its keys, genesis, store or ports are not usable.
    pub async fn start(settings: Settings, options: NodeOptions) -> Result<Self, Failure> {
        let lock = DataLock::acquire(&settings.node.data_dir)?;
        let trusts = options.trust_lost_state;
        let plan = plan(settings, &options)?;
        let settings = Arc::clone(&plan.settings);
        let api = bind("api", &settings.api.address, settings.api.port).await?;
        let metrics = match settings.metrics.enabled {
            true => Some(bind("metrics", &settings.metrics.address, settings.metrics.port).await?),
            false => None,
        };
        let (store, loaded) = open_store(&plan, trusts)?;
        let (stop, stopped) = watch::channel(false);
        let (failing, failed) = oneshot::channel();
        let Assembled { handle, threads, tasks } =
            assemble(&plan, store, loaded, failing, &stopped)?;
        let api_address = local_address(&api)?;
        let metrics_address = metrics.as_ref().map(local_address).transpose()?;
        let mut servers = tasks;
        let options = http_options(&settings, options.fallback)?;
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

fn plan(settings: Settings, options: &NodeOptions) -> Result<Plan, Failure> {
    let passphrase = keys::Source::of(settings.node.passphrase_file.clone());
    let keys = NodeKeys::load(&NodeKeys::folder(&settings.node.data_dir), passphrase)?;
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
    let (settings, genesis) = (Arc::new(settings), Arc::new(genesis));
    Ok(Plan { settings, genesis, keys, me, byzantine: options.byzantine })
}

fn open_store(plan: &Plan, trust_lost_state: bool) -> Result<(Arc<Store>, Loaded), Failure> {
    let settings = &plan.settings;
    let options = StoreOptions {
        path: settings.storage.path.clone(),
        sign_state_folder: settings.node.data_dir.clone(),
        chain: plan.genesis.chain_id(),
        trust_lost_state,
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
        StoreError::Corrupt { .. } => Failure::new(
            what,
            error,
            "move the folder away: the node starts without a vote and fetches everything from its peers",
        ),
        StoreError::Io(_) | StoreError::Full => {
            Failure::new(what, error, "make room or repair the disk; nothing was changed")
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

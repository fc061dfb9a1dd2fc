//! All nodes of a local network, together.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::broadcast;

use crate::process::Node;
use crate::{Event, NodeInfo, NodeName, NodeSpec, NodeStatus};

/// Events kept for listeners that are slow; a listener that falls further behind misses some.
const EVENTS_KEPT_MAX: usize = 4_096;
/// How often starting nodes are asked whether they answer.
const STARTING_POLL: Duration = Duration::from_millis(50);
/// How often running nodes are asked whether they lead.
const RUNNING_POLL: Duration = Duration::from_secs(1);
/// How long a node may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// A local network of validator processes. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    nodes: BTreeMap<NodeName, Arc<Node>>,
    /// The nodes' names in the order of the genesis.
    order: Vec<NodeName>,
    cluster: Mutex<&'static str>,
    events: broadcast::Sender<Event>,
    http: reqwest::Client,
    stop: tokio::sync::Notify,
    record: OnceLock<audit::Log>,
}

/// Why the supervisor did not do something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SupervisorError {
    /// No node has this name.
    Unknown(NodeName),
    /// More nodes were asked for than the genesis names.
    TooMany {
        /// How many there are.
        have: usize,
    },
    /// A process could not be started.
    CannotStart(NodeName, String),
    /// A node that was started ended, or did not become ready in time.
    NotReady(NodeName, String),
    /// A node that runs did not do what it was asked.
    Refused(NodeName, String),
}

impl Supervisor {
    /// A supervisor of these nodes, which it starts as `program`. Must be called within a runtime.
    #[must_use]
    pub fn new(program: PathBuf, specs: Vec<NodeSpec>) -> Self {
        let events = broadcast::Sender::new(EVENTS_KEPT_MAX);
        let order: Vec<NodeName> = specs.iter().map(|spec| spec.name.clone()).collect();
        let nodes =
            specs.into_iter().map(|spec| (spec.name.clone(), Node::new(spec, events.clone())));
        let supervisor = Self {
            inner: Arc::new(Inner {
                program,
                nodes: nodes.collect(),
                order,
                cluster: Mutex::new("stopped"),
                events,
                http: reqwest::Client::new(),
                stop: tokio::sync::Notify::new(),
                record: OnceLock::new(),
            }),
        };
        tokio::spawn(poll(supervisor.clone()));
        supervisor
    }

    /// All nodes in the order of the genesis.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeInfo> {
        self.in_order().map(|node| node.info()).collect()
    }
    /// One node.
    ///
    /// # Errors
    /// Where there is none of this name.
    pub fn node(&self, name: &NodeName) -> Result<NodeInfo, SupervisorError> {
        self.find(name).map(|node| node.info())
    }
    /// The last lines that a node printed.
    ///
    /// # Errors
    /// Where there is none of this name.
    pub fn logs(&self, name: &NodeName) -> Result<Vec<String>, SupervisorError> {
        self.find(name).map(|node| node.lines())
    }
    /// How the nodes together stand: `stopped`, `starting`, `running` or `stopping`.
    #[must_use]
    pub fn cluster_status(&self) -> &'static str {
        *self.inner.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Follows what happens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }
    /// From now on, whatever is done through the supervisor's port is recorded in this folder; once said, it stays so.
    pub fn record_in(&self, folder: &Path) {
        let _ = self.inner.record.set(audit::Log::of(folder));
    }
    pub(crate) fn record(&self) -> Option<&audit::Log> {
        self.inner.record.get()
    }
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.inner.events.send(event);
    }
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    /// Starts one node; nothing where it runs.
    ///
    /// # Errors
    /// Where there is none of this name, or its process does not start.
    pub fn start(&self, name: &NodeName) -> Result<NodeInfo, SupervisorError> {
        let node = self.find(name)?;
        let cannot =
            |error: std::io::Error| SupervisorError::CannotStart(name.clone(), error.to_string());
        node.start(&self.inner.program).map_err(cannot)?;
        Ok(node.info())
    }
    /// Stops one node gracefully.
    ///
    /// # Errors
    /// Where there is none of this name.
    pub async fn stop(&self, name: &NodeName) -> Result<NodeInfo, SupervisorError> {
        let node = self.find(name)?;
        node.stop().await;
        Ok(node.info())
    }
    /// Kills one node as a power cut would.
    ///
    /// # Errors
    /// Where there is none of this name.
    pub async fn kill(&self, name: &NodeName) -> Result<NodeInfo, SupervisorError> {
        let node = self.find(name)?;
        node.kill().await;
        Ok(node.info())
    }
    /// Stops one node where it runs, and starts it.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn restart(&self, name: &NodeName) -> Result<NodeInfo, SupervisorError> {
        self.stop(name).await?;
        self.start(name)
    }

    /// Starts the first `count` nodes, and waits until all of them are ready.
    ///
    /// # Errors
    /// Where there are fewer, one does not start, or one is not ready in time.
    pub async fn start_all(&self, count: usize, timeout: Duration) -> Result<(), SupervisorError> {
        let have = self.inner.order.len();
        if count > have {
            return Err(SupervisorError::TooMany { have });
        }
        let names = self.inner.order[..count].to_vec();
        self.set_cluster("starting");
        for name in &names {
            self.start(name)?;
        }
        for name in &names {
            self.wait_ready(name, timeout).await?;
            self.set_cluster("starting");
        }
        self.set_cluster("running");
        Ok(())
    }

    /// Waits until a node that was started is ready for requests.
    ///
    /// # Errors
    /// Where it ends, or the time does.
    pub async fn wait_ready(
        &self,
        name: &NodeName,
        timeout: Duration,
    ) -> Result<(), SupervisorError> {
        let node = self.find(name)?;
        let deadline = tokio::time::Instant::now() + timeout;
        let url = format!("{}/readyz?verbose", node.url());
        let mut last = "it does not answer".to_owned();
        loop {
            match self.inner.http.get(&url).timeout(ANSWER_TIMEOUT).send().await {
                Ok(answer) if answer.status().is_success() => {
                    node.has_started();
                    return Ok(());
                }
                Ok(answer) => last = answer.text().await.unwrap_or_default(),
                Err(_) => {}
            }
            let info = node.info();
            if info.status == NodeStatus::Error || info.status == NodeStatus::Stopped {
                let tail =
                    node.lines().into_iter().rev().take(5).rev().collect::<Vec<_>>().join("\n");
                let why = info.error.unwrap_or_else(|| "it was stopped".into());
                return Err(SupervisorError::NotReady(name.clone(), format!("{why}\n{tail}")));
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(SupervisorError::NotReady(name.clone(), last.trim().to_owned()));
            }
            tokio::time::sleep(STARTING_POLL).await;
        }
    }

    /// Stops all nodes gracefully.
    pub async fn stop_all(&self) {
        self.set_cluster("stopping");
        join_all(self.in_order().map(|node| node.stop())).await;
        self.set_cluster("stopped");
    }

    /// Cuts the network into groups; whoever is in no group is alone.
    ///
    /// # Errors
    /// Where a name is unknown, or a node refuses.
    pub async fn partition(&self, groups: &[Vec<NodeName>]) -> Result<(), SupervisorError> {
        for name in groups.iter().flatten() {
            self.find(name)?;
        }
        let orders = self.inner.order.iter().map(|name| {
            let friends = groups.iter().find(|group| group.contains(name));
            let is_cut = |other: &&NodeName| {
                *other != name && friends.is_none_or(|group| !group.contains(other))
            };
            let peers = self.inner.order.iter().filter(is_cut).map(ToString::to_string).collect();
            self.admin(name, "partition", Some(api::PartitionRequest { peers }))
        });
        join_all(orders).await.into_iter().collect()
    }
    /// Ends all partitions.
    ///
    /// # Errors
    /// Where a node refuses.
    pub async fn heal(&self) -> Result<(), SupervisorError> {
        let orders = self.inner.order.iter().map(|name| self.admin(name, "heal", None));
        join_all(orders).await.into_iter().collect()
    }

    /// Asks a running node; one that does not run has nobody to be cut from.
    async fn admin(
        &self,
        name: &NodeName,
        route: &str,
        body: Option<api::PartitionRequest>,
    ) -> Result<(), SupervisorError> {
        let node = self.find(name)?;
        if node.status() != NodeStatus::Running {
            return Ok(());
        }
        let refused = |why: String| SupervisorError::Refused(name.clone(), why);
        let request = self
            .inner
            .http
            .post(format!("{}/api/v1/admin/{route}", node.url()))
            .timeout(ANSWER_TIMEOUT);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.map_err(|error| refused(error.to_string()))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(refused(answer.text().await.unwrap_or_default()))
    }

    /// Asks whoever runs this supervisor to end it.
    pub fn request_stop(&self) {
        self.inner.stop.notify_one();
    }
    /// Waits for [`Self::request_stop`].
    pub async fn stop_requested(&self) {
        self.inner.stop.notified().await;
    }

    /// The roots of the APIs of the nodes that run, in the order of the genesis.
    #[must_use]
    pub fn running(&self) -> Vec<(NodeName, String)> {
        let runs = |node: &&Arc<Node>| node.status() == NodeStatus::Running;
        self.in_order().filter(runs).map(|node| (node.spec.name.clone(), node.url())).collect()
    }

    fn in_order(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.inner.order.iter().filter_map(|name| self.inner.nodes.get(name))
    }
    fn find(&self, name: &NodeName) -> Result<&Arc<Node>, SupervisorError> {
        self.inner.nodes.get(name).ok_or_else(|| SupervisorError::Unknown(name.clone()))
    }
    fn set_cluster(&self, status: &'static str) {
        *self.inner.cluster.lock().unwrap_or_else(PoisonError::into_inner) = status;
        let nodes_started = self.running().len();
        self.tell(Event::ClusterStatus {
            status,
            nodes_started,
            nodes_total: self.inner.order.len(),
        });
    }
}

/// Asks all nodes how they stand, for as long as anybody holds the supervisor besides this task.
async fn poll(supervisor: Supervisor) {
    let weak = Arc::downgrade(&supervisor.inner);
    drop(supervisor);
    let mut ticks = 0u64;
    let ticks_per_look = RUNNING_POLL.as_millis() / STARTING_POLL.as_millis();
    loop {
        tokio::time::sleep(STARTING_POLL).await;
        let Some(inner) = weak.upgrade() else { return };
        let supervisor = Supervisor { inner };
        ticks += 1;
        let is_look = u128::from(ticks).is_multiple_of(ticks_per_look);
        let looks = supervisor.in_order().filter_map(|node| match node.status() {
            NodeStatus::Starting => Some((node, "/startupz")),
            NodeStatus::Running if is_look => Some((node, "/api/v1/stats")),
            NodeStatus::Running
            | NodeStatus::Stopped
            | NodeStatus::Stopping
            | NodeStatus::Error => None,
        });
        join_all(looks.map(|(node, route)| look(&supervisor.inner.http, node, route))).await;
    }
}

async fn look(http: &reqwest::Client, node: &Node, route: &str) {
    let answer = http.get(format!("{}{route}", node.url())).timeout(ANSWER_TIMEOUT).send().await;
    let Ok(answer) = answer else { return };
    if !answer.status().is_success() {
        return;
    }
    if node.status() == NodeStatus::Starting {
        node.has_started();
    } else if let Ok(stats) = answer.json::<api::Envelope<api::Stats>>().await {
        node.set_primary(stats.data.is_primary);
    }
}

impl fmt::Display for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(f, "no node is called `{name}`; the genesis names all validators")
            }
            Self::TooMany { have } => {
                write!(f, "the genesis names {have} validators; make another network for more")
            }
            Self::CannotStart(name, why) => {
                write!(f, "the process of {name} does not start: {why}")
            }
            Self::NotReady(name, why) => write!(f, "{name} is not ready: {why}"),
            Self::Refused(name, why) => write!(f, "{name} refused: {why}"),
        }
    }
}
impl std::error::Error for SupervisorError {}

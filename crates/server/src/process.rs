//! One validator process: started, watched, stopped, killed.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

use crate::logs::Logs;
use crate::{Event, NodeName};

/// How long a node may take to stop when asked, before it is killed.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// How to start a node.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// Its name.
    pub name: NodeName,
    /// The arguments of the one binary.
    pub args: Vec<String>,
    /// Where it listens for peers.
    pub p2p_port: u16,
    /// Where its API listens.
    pub api_port: u16,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// Whether others find the network through it.
    pub is_bootstrap: bool,
    /// Its configuration file, for people.
    pub config: PathBuf,
}

/// How a node's process stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeStatus {
    /// It does not run.
    Stopped,
    /// It runs, and does not answer yet.
    Starting,
    /// It runs and answers.
    Running,
    /// It was asked to stop.
    Stopping,
    /// It ended without being asked to.
    Error,
}

/// A node as the supervisor's API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct NodeInfo {
    /// Its name.
    pub id: NodeName,
    /// Its peer-to-peer port.
    pub port: u16,
    /// Its API port.
    pub api_port: u16,
    /// How its process stands.
    pub status: NodeStatus,
    /// Its libp2p peer id.
    pub peer_id: String,
    /// Whether it leads the current view, by its own last word.
    pub is_primary: bool,
    /// Whether others find the network through it.
    pub is_bootstrap: bool,
    /// When its process started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// Why it stopped, where nobody asked it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its configuration file.
    pub config: PathBuf,
    /// Its process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

enum Order {
    Stop,
    Kill,
}

#[derive(Debug)]
struct State {
    status: NodeStatus,
    is_primary: bool,
    started_at: Option<String>,
    error: Option<String>,
    pid: Option<u32>,
    orders: Option<mpsc::UnboundedSender<Order>>,
}

/// A node and, while it runs, its process.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) spec: NodeSpec,
    state: Mutex<State>,
    logs: Mutex<Logs>,
    status: watch::Sender<NodeStatus>,
    events: tokio::sync::broadcast::Sender<Event>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stop => "stop",
            Self::Kill => "kill",
        })
    }
}

impl Node {
    pub(crate) fn new(spec: NodeSpec, events: tokio::sync::broadcast::Sender<Event>) -> Arc<Self> {
        let state = State {
            status: NodeStatus::Stopped,
            is_primary: false,
            started_at: None,
            error: None,
            pid: None,
            orders: None,
        };
        let status = watch::Sender::new(NodeStatus::Stopped);
        Arc::new(Self { spec, state: Mutex::new(state), logs: Mutex::default(), status, events })
    }

    pub(crate) fn info(&self) -> NodeInfo {
        let (spec, state) = (&self.spec, self.lock());
        NodeInfo {
            id: spec.name.clone(),
            port: spec.p2p_port,
            api_port: spec.api_port,
            status: state.status,
            peer_id: spec.peer_id.clone(),
            is_primary: state.is_primary,
            is_bootstrap: spec.is_bootstrap,
            started_at: state.started_at.clone(),
            error: state.error.clone(),
            config: spec.config.clone(),
            pid: state.pid,
        }
    }
    pub(crate) fn status(&self) -> NodeStatus {
        self.lock().status
    }
    pub(crate) fn lines(&self) -> Vec<String> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).lines()
    }
    /// The root of its API.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.spec.api_port)
    }
    pub(crate) fn set_primary(&self, is_primary: bool) {
        let changed = std::mem::replace(&mut self.lock().is_primary, is_primary) != is_primary;
        if changed {
            self.tell();
        }
    }
    /// The process answers.
    pub(crate) fn has_started(&self) {
        if self.status() == NodeStatus::Starting {
            self.change(|state| state.status = NodeStatus::Running);
        }
    }

    /// Starts the process; nothing where it runs already.
    pub(crate) fn start(self: &Arc<Self>, program: &std::path::Path) -> std::io::Result<()> {
        if self.lock().orders.is_some() {
            return Ok(());
        }
        let mut command = Command::new(program);
        command
            .args(&self.spec.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (orders, inbox) = mpsc::unbounded_channel();
        let pid = child.id();
        self.change(|state| {
            state.status = NodeStatus::Starting;
            state.error = None;
            state.started_at = Some(now());
            state.pid = pid;
            state.orders = Some(orders);
        });
        let pipes = (child.stdout.take(), child.stderr.take());
        if let Some(pipe) = pipes.0 {
            tokio::spawn(Arc::clone(self).keep(pipe));
        }
        if let Some(pipe) = pipes.1 {
            tokio::spawn(Arc::clone(self).keep(pipe));
        }
        tokio::spawn(Arc::clone(self).watch(child, inbox));
        Ok(())
    }

    /// Asks the process to stop, and waits until it has.
    pub(crate) async fn stop(&self) {
        self.order(Order::Stop).await;
    }
    /// Kills the process as a power cut would, and waits until it is gone.
    pub(crate) async fn kill(&self) {
        self.order(Order::Kill).await;
    }

    async fn order(&self, order: Order) {
        let orders = self.lock().orders.clone();
        let Some(orders) = orders else { return };
        if matches!(order, Order::Stop) {
            self.change(|state| state.status = NodeStatus::Stopping);
        }
        let mut status = self.status.subscribe();
        if orders.send(order).is_ok() {
            let is_over =
                |status: &NodeStatus| matches!(status, NodeStatus::Stopped | NodeStatus::Error);
            let _ = status.wait_for(is_over).await;
        }
    }

    /// Keeps what the process prints.
    async fn keep(self: Arc<Self>, pipe: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let shown = self
                .logs
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(&line, Instant::now());
            if let Some(line) = shown {
                let _ =
                    self.events.send(Event::NodeOutput { node_id: self.spec.name.clone(), line });
            }
        }
    }

    /// Owns the process until it has ended, so that an order never reaches another process of the same number.
    async fn watch(self: Arc<Self>, mut child: Child, mut inbox: mpsc::UnboundedReceiver<Order>) {
        // The node ends when this pipe does, so that none outlives a supervisor that was killed.
        let _alive = child.stdin.take();
        let mut was_asked = false;
        let deadline = tokio::time::sleep(Duration::MAX);
        tokio::pin!(deadline);
        let ended = loop {
            tokio::select! {
                ended = child.wait() => break ended,
                Some(order) = inbox.recv() => {
                    was_asked = true;
                    match order {
                        Order::Stop => {
                            terminate(&child);
                            deadline.as_mut().reset(tokio::time::Instant::now() + STOP_GRACE);
                        }
                        Order::Kill => drop(child.start_kill()),
                    }
                }
                () = &mut deadline => {
                    drop(child.start_kill());
                    deadline.as_mut().reset(tokio::time::Instant::now() + STOP_GRACE);
                }
            }
        };
        self.change(|state| {
            (state.pid, state.orders, state.is_primary) = (None, None, false);
            (state.status, state.error) = match ended {
                _ if was_asked => (NodeStatus::Stopped, None),
                Ok(code) => {
                    (NodeStatus::Error, Some(format!("the process ended by itself: {code}")))
                }
                Err(error) => (NodeStatus::Error, Some(format!("the process is lost: {error}"))),
            };
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let status = {
            let mut state = self.lock();
            change(&mut state);
            state.status
        };
        self.tell();
        self.status.send_replace(status);
    }
    fn tell(&self) {
        let node = Box::new(self.info());
        let _ = self.events.send(Event::NodeStatus {
            node_id: node.id.clone(),
            status: node.status,
            node,
        });
    }
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends SIGTERM; the child has a number as long as nobody has waited for its end.
fn terminate(child: &Child) {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process(pid, Signal::TERM);
    }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    api::rfc3339(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

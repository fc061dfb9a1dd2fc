//! What the supervisor tells its listeners besides the validators' own events.

use serde::Serialize;
use serde_json::Value;

use crate::{NodeInfo, NodeName, NodeStatus};

/// Something that happened to the supervisor's processes, or an event of a validator passed on.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The first message to every listener.
    Connected {
        /// All nodes.
        nodes: Vec<NodeInfo>,
        /// How the simulator stands.
        simulator_status: &'static str,
        /// `stopped`, `starting`, `running` or `stopping`.
        cluster_status: &'static str,
    },
    /// A node's process changed.
    NodeStatus {
        /// Which.
        node_id: NodeName,
        /// How it stands now.
        status: NodeStatus,
        /// All about it.
        node: Box<NodeInfo>,
    },
    /// A node printed a line.
    NodeOutput {
        /// Which.
        node_id: NodeName,
        /// The line.
        line: String,
    },
    /// All nodes are being started or stopped.
    ClusterStatus {
        /// `stopped`, `starting`, `running` or `stopping`.
        status: &'static str,
        /// How many run.
        nodes_started: usize,
        /// How many there are.
        nodes_total: usize,
    },
    /// The answer to a `ping`.
    Pong,
    /// An event of a validator, as it came.
    #[serde(untagged)]
    Ledger(Value),
}

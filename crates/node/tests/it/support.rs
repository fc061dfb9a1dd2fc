//! A network of nodes on this machine.

use std::path::Path;
use std::time::{Duration, Instant};

use app::tickets::{TICKETS, Verb};
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{Account, AppId, Operation, SealedTransaction, Transaction, sign_transaction};
use node::config::{Layers, Settings};
use node::{Handle, NetworkPlan, Node, NodeOptions, NodePlan, WaitFor, init_network};
use tempfile::TempDir;
use types::Time;

pub(crate) struct Network {
    pub(crate) folder: TempDir,
    pub(crate) plans: Vec<NodePlan>,
    pub(crate) nodes: Vec<Option<Node>>,
}

/// Settings that make tests quick.
pub(crate) fn quick() -> NetworkPlan {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    NetworkPlan {
        settings: vec![
            pair("consensus.view_timeout", "1s"),
            pair("gossip.anti_entropy_interval", "300ms"),
            pair("logging.level", "warn"),
        ],
        ..NetworkPlan::default()
    }
}

pub(crate) fn settings(plan: &NodePlan) -> Settings {
    let layers = Layers { file: Some(plan.config.clone()), ..Layers::default() };
    layers.settings().unwrap()
}

impl Network {
    pub(crate) async fn start(plan: &NetworkPlan) -> Self {
        let mut network = Self::lay_out(plan);
        for index in 0..network.plans.len() {
            network.start_node(index, NodeOptions::default()).await;
        }
        network
    }

    pub(crate) fn lay_out(plan: &NetworkPlan) -> Self {
        if let Ok(level) = std::env::var("NODE_TEST_LOG") {
            let output = node::config::LogOutput::Stderr;
            let logging = node::config::LoggingSettings { level, is_json: false, output };
            node::start_logging(&logging).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let plans = init_network(folder.path(), plan).unwrap();
        let nodes = plans.iter().map(|_| None).collect();
        Self { folder, plans, nodes }
    }

    pub(crate) async fn start_node(&mut self, index: usize, options: NodeOptions) {
        let started = Node::start(settings(&self.plans[index]), options).await;
        self.nodes[index] = Some(started.unwrap());
    }

    pub(crate) async fn stop_node(&mut self, index: usize) {
        self.nodes[index].take().unwrap().stop().await;
    }

    pub(crate) async fn stop(mut self) {
        for index in 0..self.nodes.len() {
            if self.nodes[index].is_some() {
                self.stop_node(index).await;
            }
        }
    }

    pub(crate) fn handle(&self, index: usize) -> &Handle {
        &self.nodes[index].as_ref().unwrap().handle
    }

    pub(crate) fn data_dir(&self, index: usize) -> &Path {
        &self.plans[index].data_dir
    }

    /// Issues a ticket at a node and waits until a quorum certifies it.
    pub(crate) async fn issue(&self, index: usize, ticket: &str) {
        issue(self.handle(index), ticket).await;
    }

    /// Waits until all running nodes have certified the same height, at least `height`.
    pub(crate) async fn converge(&self, height: u64) {
        let running: Vec<&Handle> = self.nodes.iter().flatten().map(|node| &node.handle).collect();
        eventually("all nodes certify the same height", async || {
            let mut heights = Vec::new();
            for handle in &running {
                heights.push(handle.query(|view| view.status().certified.get()).await.unwrap());
            }
            heights.iter().all(|&other| other == heights[0] && other >= height)
        })
        .await;
    }
}

/// A request for a ticket, signed by the node's own client key.
pub(crate) fn ticket_request(handle: &Handle, verb: Verb, ticket: &str) -> SealedTransaction {
    let request = app::tickets::TicketRequest {
        ticket: ticket.to_owned(),
        data: Bytes(b"a test".to_vec()),
        actor: handle.name().to_owned(),
    };
    let operation = Operation { app: TICKETS, verb: verb as u16 };
    handle.gateway_request(operation, request.to_bytes()).unwrap()
}

pub(crate) async fn issue(handle: &Handle, ticket: &str) {
    let tx = ticket_request(handle, Verb::Issue, ticket);
    let id = tx.id();
    assert_eq!(handle.submit(vec![tx]).await.unwrap(), [Ok(())]);
    let result = handle.wait_for(id, WaitFor::Commit, Duration::from_secs(20)).await;
    let result = result.unwrap_or_else(|error| panic!("{ticket}: {error}"));
    assert!(result.outcome.is_applied() && result.certified, "{result:?}");
}

/// A note by a client of its own, signed.
pub(crate) fn note(handle: &Handle, key: &SecretKey, nonce: u64) -> SealedTransaction {
    let mut transaction = Transaction {
        chain: handle.genesis().chain_id(),
        sender: Account::default(),
        nonce,
        operation: Operation { app: AppId(2), verb: 1 },
        payload: Bytes(nonce.to_le_bytes().to_vec()),
        fee: 0,
        expires: Time::from_us(u64::MAX),
        signature: Signature::NONE,
    };
    sign_transaction(&mut transaction, key);
    SealedTransaction::new(&transaction).unwrap()
}

/// Waits for something that comes by itself, and says what did not.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(40), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

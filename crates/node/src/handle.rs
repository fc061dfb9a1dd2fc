//! The node's inside as its faces see it: submit, ask, listen, wait.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use app::Executor;
use app::crossings::{CROSSINGS, Connect, Verb};
use app::epochs::{Change, EPOCH_CHANGE, EPOCHS, Wish};
use app::registry::{self, Founding, REGISTRY};
use codec::Encode;
use crypto::PublicKey;
use ledger::{
    BlockCertificate, BlocksPage, Epoch, Genesis, Handover, Lineage, Operation, Outcome,
    PAGE_BLOCKS_MAX, PAGE_BYTES_MAX, Receipt, Refusal, SealedTransaction, StoredBlock,
};
use replica::ReplicaStatus;
use store::Store;
use tokio::sync::oneshot;
use types::{Digest, Height, NodeId, Time};

use crate::board::{Board, PeerSnapshot, SeenEvidence, SeenViewChange};
use crate::command::{Command, Question};
use crate::config::Settings;
use crate::events::EventLog;
use crate::gateway::{Fees, Gateway};
use crate::metrics::Metrics;
use crate::roster::Roster;
use crate::waiters::Waiters;

/// A running node, as its faces see it. Cloning is cheap.
#[derive(Clone)]
pub struct Handle(pub(crate) Arc<Shared>);

/// What all parts of a node share.
pub(crate) struct Shared {
    pub(crate) commands: tokio::sync::mpsc::Sender<Command>,
    pub(crate) genesis: Arc<Genesis>,
    pub(crate) me: Option<NodeId>,
    pub(crate) name: String,
    pub(crate) peer_id: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Arc<Store>,
    pub(crate) events: EventLog,
    pub(crate) board: Board,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) waiters: Waiters,
    pub(crate) gateway: Gateway,
    /// What its own requests have to offer.
    pub(crate) fees: Arc<Fees>,
    /// Sign what this validator wishes, by the keys of its votes.
    pub(crate) voters: Vec<(PublicKey, Gateway)>,
    /// Who validates in which epoch.
    pub(crate) roster: Arc<Roster>,
    pub(crate) history: crate::proofs::History,
    pub(crate) checker: crate::clients::ClientChecks,
    pub(crate) pool: crate::clients::PoolGauge,
    pub(crate) settled: crate::settled::Settled,
    pub(crate) network: crate::net::Control,
    pub(crate) recorder: Option<Arc<crate::recorder::Recorder>>,
    pub(crate) readiness: crate::readiness::Readiness,
    pub(crate) rejections: crate::rejections::RateLimit,
    pub(crate) forwarder: crate::forward::Forwarder,
    /// Whether this node orders transactions itself: it is a validator that may vote.
    pub(crate) orders: AtomicBool,
    /// Whether its record of earlier votes is whole.
    pub(crate) may_vote: bool,
}

/// The replica, to be looked at between two of its steps.
pub struct View<'a> {
    executor: &'a Executor,
    status: &'a dyn Fn() -> ReplicaStatus,
}

impl<'a> View<'a> {
    pub(crate) const fn new(executor: &'a Executor, status: &'a dyn Fn() -> ReplicaStatus) -> Self {
        Self { executor, status }
    }
    /// The state of the applications, and how far the chain is.
    #[must_use]
    pub const fn executor(&self) -> &'a Executor {
        self.executor
    }
    /// What the replica shows of itself; computed on each call.
    #[must_use]
    pub fn status(&self) -> ReplicaStatus {
        (self.status)()
    }
}

/// Until when a request is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitFor {
    /// Until this node has executed it.
    Executed,
    /// Until a quorum attests the block that executed it.
    Commit,
}

/// What became of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TxResult {
    /// The block that executed it.
    pub height: Height,
    /// Its place in the block.
    pub index: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether a quorum attests the block.
    pub certified: bool,
}

/// Why waiting ended without a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitError {
    /// The time is over; the transaction may still be executed.
    Timeout,
    /// Too many requests wait already.
    TooManyWaiters,
    /// The node is stopping.
    Stopping,
}

/// Why the node did not do what it was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NodeError {
    /// It is stopping.
    Stopping,
    /// It takes no more work at the moment.
    Busy,
    /// Its store does not answer.
    Store(String),
    /// It is not allowed in this network.
    Forbidden(&'static str),
    /// The request is too large.
    TooLarge(&'static str),
}

/// Drills on a network that is tagged `dev`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admin {
    /// Hear and send nothing from and to these validators, until healed; replaces an earlier partition.
    Partition(Vec<NodeId>),
    /// Hear and speak to everybody again.
    Heal,
}

impl Handle {
    /// Takes clients' transactions in; answers each in order. Client signatures are checked here, as one batch and
    /// off the replica's thread, where the genesis asks for it.
    ///
    /// # Errors
    /// Where the node is stopping.
    pub async fn submit(
        &self,
        transactions: Vec<SealedTransaction>,
    ) -> Result<Vec<Result<(), Refusal>>, NodeError> {
        self.0.submit(transactions).await
    }

    /// Waits a little where the pool is full.
    pub(crate) async fn wait_for_some_room(&self) {
        self.0.wait_for_some_room().await;
    }

    /// Looks at the replica on its own thread, between two steps: keep it short.
    ///
    /// # Errors
    /// Where the node is stopping.
    pub async fn query<T: Send + 'static>(
        &self,
        look: impl FnOnce(&View<'_>) -> T + Send + 'static,
    ) -> Result<T, NodeError> {
        let (answer, answered) = oneshot::channel();
        let question: Question = Box::new(move |view| {
            // The asker may have gone away meanwhile; then nobody wants the answer.
            let _ = answer.send(look(view));
        });
        let sent = self.0.commands.send(Command::Query(question)).await;
        sent.map_err(|_| NodeError::Stopping)?;
        answered.await.map_err(|_| NodeError::Stopping)
    }

    /// Waits until a transaction has been executed or committed; returns at once where it has been already.
    ///
    /// # Errors
    /// Where that takes longer than `timeout`.
    pub async fn wait_for(
        &self,
        id: Digest,
        until: WaitFor,
        timeout: Duration,
    ) -> Result<TxResult, WaitError> {
        let waiting = self.0.waiters.register(id, until).ok_or(WaitError::TooManyWaiters)?;
        // Registered first and looked up second, so that an execution between the two is not missed.
        if let Some(result) = self.result(id).await {
            if result.certified || until == WaitFor::Executed {
                return Ok(result);
            }
            self.0.waiters.found(id, result);
            // Looked up once more, for a certificate that came between the two.
            if let Some(result) = self.result(id).await.filter(|result| result.certified) {
                return Ok(result);
            }
        }
        match tokio::time::timeout(timeout, waiting.result()).await {
            Ok(Some(result)) => Ok(result),
            Ok(None) => Err(WaitError::Stopping),
            Err(_) => Err(WaitError::Timeout),
        }
    }

    /// What became of a transaction so far.
    pub async fn result(&self, id: Digest) -> Option<TxResult> {
        let this = self.clone();
        self.read(move || {
            let (height, index) = this.0.store.locate(&id).ok()??;
            let block = this.0.store.block(height).ok()??;
            let record = block.records.get(index as usize)?;
            let certified = this.0.store.certificate(height).ok()?.is_some();
            Some(TxResult { height, index, outcome: record.outcome, certified })
        })
        .await
        .flatten()
    }

    /// A kept block.
    pub async fn block(&self, height: Height) -> Option<StoredBlock> {
        let store = Arc::clone(&self.0.store);
        self.read(move || store.block(height).ok().flatten()).await.flatten()
    }
    /// A kept block's certificate, where a quorum has attested it.
    pub async fn certificate(&self, height: Height) -> Option<BlockCertificate> {
        let store = Arc::clone(&self.0.store);
        self.read(move || store.certificate(height).ok().flatten()).await.flatten()
    }
    /// The first block that executed a transaction, and its place there.
    pub async fn locate(&self, id: Digest) -> Option<(Height, u32)> {
        let store = Arc::clone(&self.0.store);
        self.read(move || store.locate(&id).ok().flatten()).await.flatten()
    }
    /// A transaction's bytes, from the batches that its block executed.
    pub async fn transaction(&self, id: Digest) -> Option<SealedTransaction> {
        let store = Arc::clone(&self.0.store);
        self.read(move || store.transaction(&id).ok().flatten()).await.flatten()
    }
    /// A transaction's receipt, once its block is certified.
    pub async fn receipt(&self, id: Digest) -> Option<Receipt> {
        let (this, store) = (self.clone(), Arc::clone(&self.0.store));
        self.read(move || {
            let (height, index) = store.locate(&id).ok()??;
            let certificate = store.certificate(height).ok()??;
            let block = store.block(height).ok()??;
            let lineage = this.0.lineage(height)?;
            Receipt::new(block.header, &block.records, index as usize, certificate, lineage)
        })
        .await
        .flatten()
    }

    /// Certified blocks from a height on, whole, to be kept elsewhere; `None` while the node stops.
    pub async fn blocks_page(&self, from: Height) -> Option<BlocksPage> {
        let certified = self.query(|view| view.status().certified).await.ok()?;
        let (this, store) = (self.clone(), Arc::clone(&self.0.store));
        self.read(move || {
            let hash = store.certificate(certified).ok()?.map_or(Digest::ZERO, |one| one.block);
            let lineage = this.0.lineage(certified)?;
            let mut blocks = store.page(from, PAGE_BLOCKS_MAX, PAGE_BYTES_MAX).ok()?;
            blocks.retain(|block| block.header.height <= certified);
            Some(BlocksPage { certified, hash, lineage, blocks })
        })
        .await
        .flatten()
    }

    /// Builds and signs a transaction with the node's own client key, for clients who have none.
    ///
    /// # Errors
    /// Where the payload is too large.
    pub fn gateway_request(
        &self,
        operation: Operation,
        payload: Vec<u8>,
    ) -> Result<SealedTransaction, NodeError> {
        self.0.gateway.seal(operation, payload)
    }

    /// Builds the transaction by which this validator wishes for a change, signed with the key of its votes.
    ///
    /// # Errors
    /// Where this node is no validator, or the change is too large.
    pub fn wish(&self, first: Height, change: Change) -> Result<SealedTransaction, NodeError> {
        let none = NodeError::Forbidden("this node is no validator, so it has no wish to make");
        let last = self.0.roster.last().ok_or(none.clone())?;
        let (_, voter) = self.voter().ok_or(none)?;
        let wish = Wish { after: last.epoch.number, first, change };
        voter.seal(Operation { app: EPOCHS, verb: EPOCH_CHANGE }, wish.to_bytes())
    }

    /// Builds the transaction by which this validator founds the federation, signed with the key that the genesis names.
    ///
    /// # Errors
    /// Where the genesis does not name this node, or the founding is too large.
    pub fn founding(&self, founding: &Founding) -> Result<SealedTransaction, NodeError> {
        let is_named = |key: &PublicKey| {
            self.0.genesis.validators.iter().any(|validator| validator.key == *key)
        };
        let voter = self.0.voters.iter().find(|(key, _)| is_named(key));
        let none = NodeError::Forbidden("only the genesis' validators may found the federation");
        let (_, voter) = voter.ok_or(none)?;
        let operation = Operation { app: REGISTRY, verb: registry::Verb::Found as u16 };
        voter.seal(operation, founding.to_bytes())
    }

    /// Builds the transaction by which this validator wishes another chain connected, signed with the key of its votes.
    ///
    /// # Errors
    /// Where this node is no validator, or the genesis is too large.
    pub fn connecting(&self, genesis: Genesis) -> Result<SealedTransaction, NodeError> {
        let none = NodeError::Forbidden("this node is no validator, so it has no wish to make");
        let (_, voter) = self.voter().ok_or(none)?;
        let operation = Operation { app: CROSSINGS, verb: Verb::Connect as u16 };
        voter.seal(operation, Connect { genesis }.to_bytes())
    }

    /// What signs for this validator's seat in the last epoch that is agreed on.
    fn voter(&self) -> Option<&(PublicKey, Gateway)> {
        let last = self.0.roster.last()?;
        let is_member =
            |key: &PublicKey| last.epoch.members.iter().any(|member| member.validator.key == *key);
        self.0.voters.iter().find(|(key, _)| is_member(key))
    }

    /// Carries out a drill.
    ///
    /// # Errors
    /// Where the network is not tagged `dev`.
    pub async fn admin(&self, admin: Admin) -> Result<(), NodeError> {
        if !crate::genesis::is_dev(&self.0.genesis) {
            return Err(NodeError::Forbidden(
                "drills are refused: the network's name does not end in `dev`",
            ));
        }
        let blocked = match admin {
            Admin::Partition(nodes) => nodes,
            Admin::Heal => Vec::new(),
        };
        self.0.network.block(&blocked);
        self.0.board.block(blocked);
        Ok(())
    }

    /// The stream of what happened here.
    #[must_use]
    pub fn events(&self) -> &EventLog {
        &self.0.events
    }
    /// The chain's beginning.
    #[must_use]
    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.0.genesis
    }
    /// The epoch of a height, as far as this node knows.
    #[must_use]
    pub fn epoch_of(&self, height: Height) -> Epoch {
        let office = self.0.roster.at(height);
        office.map_or_else(|| Epoch::first_of(&self.0.genesis), |office| office.epoch.clone())
    }
    /// Which validator of the genesis this is; `None` for all others.
    #[must_use]
    pub fn me(&self) -> Option<NodeId> {
        self.0.me
    }
    /// The node's name: the validator's in the genesis, or the configured one of an observer.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
    /// The node's libp2p peer id.
    #[must_use]
    pub fn peer_id(&self) -> &str {
        &self.0.peer_id
    }
    /// Where it listens for peers, as multiaddresses.
    #[must_use]
    pub fn listen_addresses(&self) -> Vec<String> {
        self.0.board.listening()
    }
    /// The connected peers.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerSnapshot> {
        self.0.board.peers()
    }
    /// Who has provably lied, with both statements.
    #[must_use]
    pub fn evidence(&self) -> Vec<SeenEvidence> {
        self.0.board.evidence()
    }
    /// The last changes of view, oldest first.
    #[must_use]
    pub fn view_changes(&self) -> Vec<SeenViewChange> {
        self.0.board.view_changes()
    }
    /// Everything else that was seen of others.
    #[must_use]
    pub fn board(&self) -> &Board {
        &self.0.board
    }
    /// The counters that `/metrics` shows.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
    /// The configuration in force.
    #[must_use]
    pub fn settings(&self) -> &Arc<Settings> {
        &self.0.settings
    }
    /// The store, for its own numbers.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.0.store
    }
    /// Whether the node should be sent work, and why not.
    #[must_use]
    pub fn readiness(&self) -> &crate::readiness::Readiness {
        &self.0.readiness
    }
    /// The node's clock.
    #[must_use]
    pub fn now(&self) -> Time {
        crate::clock::now()
    }

    /// Reads the store where blocking is allowed.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        tokio::task::spawn_blocking(read).await.ok()
    }
}

impl Shared {
    /// How the validators at a height follow from the genesis; `None` where this node has not kept what proves it.
    pub(crate) fn lineage(&self, height: Height) -> Option<Lineage> {
        let mut epochs = self.roster.until(height);
        while epochs.last().is_some_and(|epoch| epoch.since < epoch.number) {
            epochs.pop();
        }
        let changes = epochs.iter().filter(|epoch| epoch.since == epoch.number);
        let handovers = changes.map(|epoch| {
            let last = Height::new(epoch.first.get().saturating_sub(1));
            let header = self.store.block(last).ok()??.header;
            Some(Handover { header, certificate: self.store.certificate(last).ok()?? })
        });
        let handovers: Option<Vec<Handover>> = handovers.collect();
        Some(Lineage { epochs, handovers: handovers? })
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.0.name)
    }
}
impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View at {:?}", self.executor.height())
    }
}
impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "not there in time; it may still happen",
            Self::TooManyWaiters => "too many requests wait already",
            Self::Stopping => "the node is stopping",
        })
    }
}
impl std::error::Error for WaitError {}
impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopping => f.write_str("the node is stopping"),
            Self::Busy => f.write_str("the node takes no more work at the moment"),
            Self::Store(error) => write!(f, "the store does not answer: {error}"),
            Self::Forbidden(why) | Self::TooLarge(why) => f.write_str(why),
        }
    }
}
impl std::error::Error for NodeError {}

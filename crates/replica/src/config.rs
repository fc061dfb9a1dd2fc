use app::Apps;
use ledger::{AppId, BlockCertificate, Epoch, Header};
use protocol::Protocol;
use types::{ChainId, Digest, Duration, Height, NodeId};

use crate::{Terms, mempool};

/// What one replica is told before it starts.
#[derive(Debug)]
pub struct Config<P: Protocol> {
    /// The chain.
    pub chain: ChainId,
    /// The first epoch.
    pub genesis: Epoch,
    /// What each epoch means here.
    pub terms: Terms<P>,
    /// By which id peers know this replica while it has no seat.
    pub me: NodeId,
    /// The applications.
    pub apps: Apps,
    /// The pool's bounds.
    pub mempool: mempool::Limits,
    /// A batch is sealed at this size, in bytes.
    pub batch_bytes: usize,
    /// A batch is sealed this long after its first transaction came.
    pub batch_delay: Duration,
    /// The least time between two payloads that this replica builds.
    pub block_interval: Duration,
    /// Most own batches on their way; while they are, the pool fills and pushes back.
    pub batches_in_flight_max: usize,
    /// How often to tell the others how far we are; zero for never.
    pub anti_entropy_interval: Duration,
    /// How long to wait for batches or blocks before asking somebody else.
    pub fetch_timeout: Duration,
    /// How far a proposal's time may be ahead of our own clock.
    pub clock_drift_max: Duration,
}

/// What was durable when the replica stopped; all empty for a fresh one.
#[derive(Debug)]
pub struct Recovered<P: Protocol> {
    /// The core's log.
    pub core_log: Vec<P::Record>,
    /// The epoch of that log: of the last [`crate::Effect::EnterEpoch`]; `None` where there was none.
    pub epoch: Option<Epoch>,
    /// All entries of all applications' states.
    pub entries: Vec<(AppId, Vec<u8>, Vec<u8>)>,
    /// The last blocks (1,024, or all where there are fewer), oldest first: headers and executed batches.
    pub last_blocks: Vec<(Header, Vec<Digest>)>,
    /// Batches that no kept block has executed.
    pub batches: Vec<std::sync::Arc<ledger::Batch>>,
    /// The certificate of the last certified block.
    pub certificate: Option<BlockCertificate>,
    /// The height of the last [`crate::Effect::ResetLedger`]; zero where there was none.
    pub attested: Height,
    /// The next number for own batches: above every one that was ever used.
    pub next_batch_number: u64,
    /// False where the sign-state is lost or older than what was once signed: the replica follows, and does not
    /// vote.
    pub may_vote: bool,
}

impl<P: Protocol> Recovered<P> {
    /// A fresh replica.
    #[must_use]
    pub const fn fresh() -> Self {
        Self {
            core_log: Vec::new(),
            epoch: None,
            entries: Vec::new(),
            last_blocks: Vec::new(),
            batches: Vec::new(),
            certificate: None,
            attested: Height::ZERO,
            next_batch_number: 0,
            may_vote: true,
        }
    }
}

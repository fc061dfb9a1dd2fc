use ledger::Epoch;
use protocol::Status;
use types::{Digest, Height, NodeId, Time};

/// What a replica shows of itself.
#[derive(Clone, Debug)]
pub struct ReplicaStatus {
    /// Its name.
    pub me: NodeId,
    /// The epoch that it is in.
    pub epoch: Epoch,
    /// The epoch that the validators have agreed on and that has not begun here.
    pub scheduled: Option<Epoch>,
    /// The core's own status, in heights of the chain; `None` for an observer.
    pub core: Option<Status>,
    /// The last block executed here.
    pub height: Height,
    /// Its hash.
    pub tip: Digest,
    /// Its agreed time.
    pub block_time: Time,
    /// The last block that a quorum attests and that we executed to the same hash.
    pub certified: Height,
    /// Whether a quorum attests another block than ours.
    pub diverged: bool,
    /// Whether blocks are being fetched from peers, and up to where.
    pub catching_up: Option<Height>,
    /// Transactions in the pool.
    pub pool_txs: usize,
    /// Their bytes.
    pub pool_bytes: usize,
    /// Batches at hand that wait to be ordered or executed.
    pub batches: usize,
    /// Batches that decided payloads name and that are missing here.
    pub batches_missing: usize,
    /// The heights that wait for attestations, and who attested, lowest first.
    pub attesting: Option<(Height, Vec<NodeId>, usize)>,
}

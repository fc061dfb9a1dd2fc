//! Run one whole validator as a pure machine: mempool, dissemination, consensus, execution, ledger, catch-up.
//!
//! The worlds drive it: they feed [`Input`]s and carry out [`Effect`]s in their order. As for a core, nothing
//! behind a [`Effect::Persist`] may leave the process before that record is durable, and a
//! [`Effect::Broadcast`] is also delivered back to the replica itself, behind the barrier.

#[macro_use]
mod mutants;

mod batches;
mod build;
mod catch_up;
mod certify;
mod config;
mod drive;
mod epoch;
mod execute;
pub mod mempool;
mod message;
mod replica;
mod status;

use std::sync::Arc;

use app::Event;
use crypto::{InEpoch, Signed, Verified};
use ledger::{
    Attestation, Batch, BlockCertificate, CertifiedBlock, Epoch, Header, StoredBlock, TxRecord,
};
use protocol::{Evidence, Protocol, Reject, ViewChangeCause};
use types::{Digest, Duration, Height, NodeId, View};

pub use config::{Config, Recovered};
pub use epoch::{Seat, Term, Terms};
pub use message::{Message, MessageKind};
#[cfg(any(test, feature = "mutants"))]
pub use mutants::Mutant;
pub use replica::Replica;
pub use status::ReplicaStatus;

#[cfg(test)]
mod tests;

/// What a replica is told.
#[derive(Debug)]
pub enum Input<P: Protocol> {
    /// A message came over the connection of `from` and passed the world's checks.
    Receive {
        /// The peer whose connection it came over.
        from: NodeId,
        /// The message, its signatures checked.
        message: Incoming<P>,
    },
    /// A peer sent a batch under this digest whose client signatures do not hold: it will never be accepted.
    BadBatch {
        /// The peer.
        from: NodeId,
        /// The batch.
        digest: Digest,
    },
    /// A timer that was set and not cancelled has run out.
    Timeout(Timer<P::Timer>),
    /// The answer to an [`Effect::Mine`].
    Mined {
        /// From the effect.
        work: Digest,
        /// The nonce that was found.
        nonce: u64,
    },
}

/// A peer's message after the world's checks: what had signatures is [`Verified`], and a batch's clients are checked.
#[derive(Debug)]
pub enum Incoming<P: Protocol> {
    /// A core's message, its signatures checked in the domain of its epoch.
    Core(Verified<InEpoch<P::Message>>),
    /// A batch of client transactions.
    Batch(Arc<Batch>),
    /// A peer asks for batches by name.
    BatchRequest(Vec<Digest>),
    /// A validator attests a block.
    Attestation {
        /// The epoch in which the set took office whose keys it was checked with.
        since: u64,
        /// The attestation.
        signed: Verified<Signed<Attestation>>,
    },
    /// A peer asks for certified blocks from a height on.
    BlockRequest(Height),
    /// Certified blocks, in ascending order.
    Blocks(Vec<CertifiedBlock>),
    /// A peer says how far it is: its last certified block.
    Tip(BlockCertificate),
}

/// What a replica wants done, in this order.
#[derive(Debug)]
pub enum Effect<P: Protocol> {
    /// Append to durable storage; nothing behind this may leave the process before it is durable.
    Persist(Record<P>),
    /// Replace the core's whole log at once; a barrier too.
    CompactCore(Vec<P::Record>),
    /// An epoch is agreed on, and may have begun: who is to vote in it is known from now on. Told of all at a start.
    Scheduled(Epoch),
    /// Forget the core's whole log and remember the epoch, at once, for [`Recovered::epoch`]; a barrier too.
    EnterEpoch(Epoch),
    /// Send to one peer.
    Send {
        /// The peer; never oneself.
        to: NodeId,
        /// The message.
        message: Message<P>,
    },
    /// Send to every validator. Core messages and attestations also come back to oneself, behind the barrier.
    Broadcast(Message<P>),
    /// Let [`Input::Timeout`] come after a span; replaces an earlier setting of the same timer.
    SetTimer {
        /// Its name.
        timer: Timer<P::Timer>,
        /// How long.
        after: Duration,
    },
    /// Forget a timer.
    CancelTimer(Timer<P::Timer>),
    /// Read kept certified blocks from `from` on, as many as fit one frame, and send them as [`Message::Blocks`].
    ServeBlocks {
        /// The peer.
        to: NodeId,
        /// The first height.
        from: Height,
    },
    /// Read kept batches by name and send those that are there, one [`Message::Batch`] each.
    ServeBatches {
        /// The peer.
        to: NodeId,
        /// Their digests.
        digests: Vec<Digest>,
    },
    /// Search a nonce with `crypto::work(&work, nonce) <= target`; answered by [`Input::Mined`]. A later search replaces
    /// an earlier one.
    Mine {
        /// The digest of what is worked on.
        work: Digest,
        /// The largest result that counts, as a big-endian number.
        target: Digest,
    },
    /// A block was executed here; not yet certified.
    Executed(Arc<ExecutedBlock>),
    /// A quorum attests a block that this replica executed to the same hash: it is final and provable.
    Certified(BlockCertificate),
    /// A peer has provably lied.
    Accuse {
        /// Who.
        offender: NodeId,
        /// In which epoch's domain its statements are signed, attestations in that of the set's first.
        epoch: u64,
        /// Both statements, by the offender's place in that epoch.
        evidence: Evidence,
    },
    /// A peer's message was dropped, counted by reason.
    Reject {
        /// The peer.
        peer: NodeId,
        /// Why.
        reason: Reject,
    },
    /// The core entered another view.
    ViewChanged {
        /// The new view.
        view: View,
        /// Why the last one ended before its time; `None` where it ended as planned, or the core did not see why.
        cause: Option<ViewChangeCause>,
    },
    /// A quorum attests another block than this replica computed: its state is damaged, it has stopped voting.
    Diverged {
        /// Where.
        height: Height,
    },
    /// Forget all kept blocks, certificates and state; batches and the core's log stay. A barrier. Follows
    /// [`Effect::Diverged`], once: the state is rebuilt from certified blocks of peers.
    ResetLedger {
        /// To be kept for [`Recovered::attested`]: no height up to here is attested again.
        attested: Height,
    },
}

/// A block that this replica executed, for its listeners.
#[derive(Debug)]
pub struct ExecutedBlock {
    /// Its header.
    pub header: Header,
    /// Its hash.
    pub hash: Digest,
    /// The transactions and their outcomes, in order.
    pub records: Vec<TxRecord>,
    /// What happened.
    pub events: Vec<Event>,
    /// Whether the core decided it here, or it came certified from a peer.
    pub caught_up: bool,
    /// The epoch whose core runs here.
    pub epoch: u64,
}

/// What must survive a crash.
#[derive(Debug)]
pub enum Record<P: Protocol> {
    /// A record of the core's log.
    Core(P::Record),
    /// A batch, before anything is voted that names it.
    Batch(Arc<Batch>),
    /// A block with its state changes, before it is attested.
    Block(Arc<StoredBlock>),
    /// A block's certificate. It may be lost: it can be had again from any quorum.
    Certificate(BlockCertificate),
}

impl<P: Protocol> Clone for Record<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Core(record) => Self::Core(record.clone()),
            Self::Batch(batch) => Self::Batch(Arc::clone(batch)),
            Self::Block(block) => Self::Block(Arc::clone(block)),
            Self::Certificate(certificate) => Self::Certificate(certificate.clone()),
        }
    }
}

/// The names of a replica's timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer<T> {
    /// A timer of the core.
    Core(T),
    /// Seal what waits in the pool.
    Seal,
    /// Build a payload for which it was too early.
    Build,
    /// Ask again for batches that are missing.
    FetchBatches,
    /// Send batches that nobody proposes to the leader, who may not have them.
    Forward,
    /// Ask another peer for blocks.
    CatchUp,
    /// Tell the others how far we are, and attest again what is not yet certified.
    AntiEntropy,
}

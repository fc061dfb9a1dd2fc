//! Why a block or a branch is refused, and what must not have happened.

use std::fmt;

use types::{Digest, Height, NodeId, Time};

use crate::{CertificateError, Outcome};

/// What is wrong with a block. All of it is found before anything changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BlockError {
    /// It was made for another chain.
    WrongChain,
    /// Its height is not the next one.
    Height {
        /// Its height.
        is: Height,
        /// The next one.
        must: Height,
    },
    /// Its time is not the later of its parent's and its proposer's.
    Time {
        /// Its time.
        is: Time,
        /// What it must be.
        must: Time,
    },
    /// Its time is too far ahead of now; it may be offered again later.
    TooEarly {
        /// Its time.
        is: Time,
        /// The latest that is accepted now.
        latest: Time,
    },
    /// The header does not name what was decided, or another than its proposer.
    Payload,
    /// It executes a batch that was not proposed, or in another order.
    Batches,
    /// Its vector clock does not move by this block alone.
    Clock,
    /// It has more transactions than a block may have.
    TooManyTransactions {
        /// How many.
        count: usize,
        /// How many it may have.
        max: usize,
    },
    /// Its transactions have more bytes than a block may have.
    TooLarge {
        /// How many.
        bytes: usize,
        /// How many it may have.
        max: usize,
    },
    /// The header counts other transactions than there are, or there is not one outcome for each.
    Count,
    /// The header's root is not over these transactions and outcomes.
    Root,
    /// The sender's signature on a transaction does not hold.
    ClientSignature {
        /// Which batch of the block.
        batch: usize,
        /// Its place in the batch.
        index: usize,
    },
    /// A transaction cannot have had this outcome: it is of another chain, expired or repeated, or is said to be and
    /// is not.
    Outcome {
        /// Its place in the block.
        index: usize,
        /// The outcome that the block names.
        is: Outcome,
        /// The refusal that it must have had, if any.
        must: Option<Outcome>,
    },
    /// Nothing that the protocol accepts vouches for it.
    Seal(SealError),
}

/// Why a seal does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SealError {
    /// The protocol seals blocks otherwise.
    OtherKind,
    /// It has no proposer, who should have sealed it.
    NoProposer,
    /// The certificate does not hold.
    Certificate(CertificateError),
    /// Those who signed the certificate have too small a share of the stake.
    Share {
        /// The stake that signed.
        have: u64,
        /// The stake that must have.
        need: u64,
    },
    /// The proposer is no validator, or its signature does not hold.
    Signature {
        /// Who claims to have sealed it.
        proposer: NodeId,
    },
    /// The proposer has sealed one of the last n/2 blocks.
    TooSoon {
        /// Who.
        proposer: NodeId,
    },
    /// The slot is another validator's, or no later than the parent's.
    Slot {
        /// The slot: whole block intervals since time zero.
        slot: u64,
    },
    /// The proposer's stake is too small to seal.
    Stake {
        /// Its stake.
        have: u64,
        /// The least that seals.
        need: u64,
    },
    /// The declared difficulty is not the one that the chain demands.
    Difficulty {
        /// What it declares.
        is: u64,
        /// What the chain below demands.
        must: u64,
    },
    /// The hash does not meet the declared difficulty.
    NoWork,
}

/// Why a block was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChainError {
    /// A block is bad: the one offered, or one of the branch that it would have made the chain.
    Block {
        /// Its hash.
        hash: Digest,
        /// What is wrong.
        error: BlockError,
    },
    /// Its parent is not known.
    UnknownParent {
        /// The parent's hash.
        parent: Digest,
    },
    /// It stands on a branch that leaves the chain below its last final block.
    BelowFinality {
        /// Where the branch leaves.
        fork: Height,
        /// The last final block.
        finalised: Height,
    },
    /// So many blocks beside the chain are kept already.
    TooManyBranches {
        /// How many.
        blocks: usize,
    },
    /// A certificate proves nothing.
    Certificate(CertificateError),
}

/// What must not happen while the protocol's assumptions hold; somebody should look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// A sealed block leaves the chain below its last final block.
    DeepFork {
        /// The block.
        block: Digest,
        /// Where its branch leaves the chain.
        fork: Height,
        /// The last final block.
        finalised: Height,
    },
    /// Two blocks of one height are certified.
    TwoCertificates {
        /// The height.
        height: Height,
        /// The block that stands.
        stands: Digest,
        /// The other.
        other: Digest,
    },
}

impl From<SealError> for BlockError {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongChain => f.write_str("it was made for another chain"),
            Self::Height { is, must } => write!(f, "its height is {is}, the next is {must}"),
            Self::Time { is, must } => {
                write!(f, "its time is {} us, it must be {} us", is.us(), must.us())
            }
            Self::TooEarly { is, latest } => {
                write!(f, "its time is {} us, the latest now is {} us", is.us(), latest.us())
            }
            Self::Payload => f.write_str("its header does not name what was decided"),
            Self::Batches => f.write_str("it executes batches that were not proposed so"),
            Self::Clock => f.write_str("its vector clock does not move by this block alone"),
            Self::TooManyTransactions { count, max } => {
                write!(f, "it has {count} transactions, at most {max} allowed")
            }
            Self::TooLarge { bytes, max } => {
                write!(f, "its transactions have {bytes} bytes, at most {max} allowed")
            }
            Self::Count => f.write_str("transactions, outcomes and the header's count differ"),
            Self::Root => f.write_str("its root is not over these transactions and outcomes"),
            Self::ClientSignature { batch, index } => {
                write!(f, "the signature on transaction {index} of batch {batch} does not hold")
            }
            Self::Outcome { index, is, must } => {
                let must = must.map_or("no such refusal", Outcome::label);
                write!(f, "transaction {index} is said to be {}, must be {must}", is.label())
            }
            Self::Seal(error) => error.fmt(f),
        }
    }
}
impl fmt::Display for SealError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKind => f.write_str("the protocol seals blocks otherwise"),
            Self::NoProposer => f.write_str("nobody proposed it, so nobody sealed it"),
            Self::Certificate(error) => error.fmt(f),
            Self::Share { have, need } => write!(f, "stake {have} signed, {need} must"),
            Self::Signature { proposer } => {
                write!(f, "{proposer} is no validator, or has not signed it")
            }
            Self::TooSoon { proposer } => write!(f, "{proposer} has sealed one of the last blocks"),
            Self::Slot { slot } => write!(f, "slot {slot} is not its proposer's, or is over"),
            Self::Stake { have, need } => write!(f, "its proposer has stake {have}, {need} seals"),
            Self::Difficulty { is, must } => {
                write!(f, "it declares difficulty {is}, the chain demands {must}")
            }
            Self::NoWork => f.write_str("its hash does not meet the difficulty it declares"),
        }
    }
}
impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block { hash, error } => write!(f, "block {hash} is refused: {error}"),
            Self::UnknownParent { parent } => write!(f, "its parent {parent} is not known"),
            Self::BelowFinality { fork, finalised } => write!(
                f,
                "its branch leaves the chain at height {fork}, but {finalised} is final: look at the alarms"
            ),
            Self::TooManyBranches { blocks } => {
                write!(f, "{blocks} blocks beside the chain are kept, which is the most")
            }
            Self::Certificate(error) => error.fmt(f),
        }
    }
}
impl std::error::Error for BlockError {}
impl std::error::Error for SealError {}
impl std::error::Error for ChainError {}

//! Why a store of a chain does not do what it should.

use std::fmt;

use types::{ChainId, Digest, Height};

/// Why a store does not do what it should.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HistoryError {
    /// It does not answer now: a server that is gone, a disk that fails, another writer. Asking again may help.
    Unavailable {
        /// What happened.
        what: String,
    },
    /// What is kept is damaged.
    Corrupt {
        /// The block, where it is one block.
        height: Option<Height>,
        /// What is wrong.
        what: String,
    },
    /// A block is left out.
    NotNext {
        /// The height of the block that was offered.
        offered: Height,
        /// The height of the last one that is kept.
        tip: Height,
    },
    /// Another block is final at a height: somebody has shown two histories.
    Fork {
        /// The height.
        height: Height,
        /// The block that is kept.
        kept: Digest,
        /// The block that was offered.
        offered: Digest,
    },
    /// It belongs to another chain.
    WrongChain {
        /// The chain that was found.
        found: ChainId,
        /// The chain that was expected.
        wanted: ChainId,
    },
    /// An offered block contradicts itself, or nobody vouches for it.
    Unsound {
        /// Its height.
        height: Height,
        /// Why.
        why: String,
    },
    /// The batches of a block are no longer kept.
    Pruned {
        /// The block.
        height: Height,
        /// Up to this height they are gone.
        up_to: Height,
    },
    /// A newer program has written it.
    TooNew {
        /// The number of its layout.
        found: u64,
        /// The newest layout that is known here.
        known: u64,
    },
    /// It cannot be written to.
    ReadOnly,
}

impl HistoryError {
    /// Damage of one block.
    #[must_use]
    pub fn corrupt(height: Height, what: impl Into<String>) -> Self {
        Self::Corrupt { height: Some(height), what: what.into() }
    }
    /// The same; damage that names no block is that of the block at a height.
    #[must_use]
    pub fn at(self, height: Height) -> Self {
        if let Self::Corrupt { height: None, what } = self {
            return Self::corrupt(height, what);
        }
        self
    }
    /// A block that must be there is not.
    #[must_use]
    pub fn missing(height: Height) -> Self {
        Self::corrupt(height, "it is missing")
    }
    /// Whether asking again may help.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { what } => write!(f, "the store does not answer: {what}"),
            Self::Corrupt { height: Some(height), what } => {
                write!(f, "block {height} is damaged: {what}")
            }
            Self::Corrupt { height: None, what } => write!(f, "the store is damaged: {what}"),
            Self::NotNext { offered, tip } => {
                write!(f, "block {offered} does not follow block {tip}, the last that is kept")
            }
            Self::Fork { height, kept, offered } => {
                write!(
                    f,
                    "two histories: block {kept} is final at height {height}, {offered} was offered"
                )
            }
            Self::WrongChain { found, wanted } => {
                write!(f, "it is of chain {}, not of {}", found.0, wanted.0)
            }
            Self::Unsound { height, why } => write!(f, "block {height} is refused: {why}"),
            Self::Pruned { height, up_to } => write!(
                f,
                "the transactions of block {height} are pruned, as all up to block {up_to}; an archive may have them"
            ),
            Self::TooNew { found, known } => write!(
                f,
                "its layout has number {found}, and this program knows them up to {known}"
            ),
            Self::ReadOnly => f.write_str("it is read and not written to"),
        }
    }
}
impl std::error::Error for HistoryError {}

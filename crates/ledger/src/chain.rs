//! A chain of blocks by itself: validated block by block, indexed, provable, and replaced only as its protocol allows.
//!
//! A validator of the network world executes what its core decides and keeps final blocks only. A [`Chain`] is for
//! everybody else: it takes blocks as they come, keeps what stands beside the chain, follows the protocol's fork choice
//! above the last final block, and raises an alarm where somebody would change what is final.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crypto::{PreparedKey, merkle};
use types::{ChainId, Digest, Height, Time, View};

use crate::{Account, Genesis, Header, Nonces, VectorClock};

mod block;
mod config;
mod error;
mod fork;
mod index;
mod queries;
mod rules;

pub(crate) use block::payload_digest;
pub use block::{Block, Seal, Sealed};
pub use config::{
    ConfigError, ConsensusConfig, CryptoConfig, FINALITY_DEPTH_MAX, ForkChoice, Sealing, way_of,
};
pub use error::{Alarm, BlockError, ChainError, SealError};
pub(crate) use index::Index;
pub use index::Place;
pub use queries::Summary;

use rules::Rules;

/// Most blocks kept beside the chain.
pub const SIDE_BLOCKS_MAX: usize = 1_024;
/// Most alarms that are remembered; later ones are counted.
pub const ALARMS_MAX: usize = 64;

/// A chain of blocks, from its genesis at height zero.
#[derive(Clone, Debug)]
pub struct Chain {
    rules: Rules,
    /// The blocks by height; the first stands for the genesis and holds nothing.
    blocks: Vec<Arc<Entry>>,
    tip: Arc<Entry>,
    /// The tree over the blocks' hashes, the first block's first.
    log: merkle::Tree,
    index: Index,
    accounts: BTreeMap<Account, Nonces>,
    /// For each block that is not final, the nonces of its senders before it; the last block's last.
    undo: VecDeque<Vec<(Account, Nonces)>>,
    /// Blocks beside the chain, each above a known one.
    side: BTreeMap<Digest, Arc<Entry>>,
    finalised: Height,
    alarms: Vec<Alarm>,
    alarms_missed: u64,
    keys: BTreeMap<Account, PreparedKey>,
}

/// A block in its place.
#[derive(Debug)]
struct Entry {
    hash: Digest,
    block: Block,
    /// Of all blocks up to this one.
    weight: u128,
    /// Under proof of work.
    difficulty: u64,
}

impl Entry {
    const fn height(&self) -> Height {
        self.block.header.height
    }
    const fn time(&self) -> Time {
        self.block.header.time
    }
}

/// What became of a block that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offered {
    /// It is known already.
    Known,
    /// It is the new head.
    Extended,
    /// It stands beside the chain.
    Beside,
    /// Its branch is the chain now.
    Reorganised {
        /// The last block that both have.
        fork: Height,
        /// The blocks that stand beside the chain now, lowest first.
        removed: Vec<Digest>,
        /// The blocks that are the chain now, lowest first.
        added: Vec<Digest>,
    },
}

impl Chain {
    /// The empty chain of a genesis.
    ///
    /// # Errors
    /// Where the rules are none, or not those of the genesis.
    pub fn new(
        genesis: &Genesis,
        consensus: ConsensusConfig,
        crypto: CryptoConfig,
    ) -> Result<Self, ConfigError> {
        Ok(Self::empty(Rules::new(genesis, consensus, crypto)?))
    }

    fn empty(rules: Rules) -> Self {
        let tip = Arc::new(Entry {
            hash: Digest::ZERO,
            block: root(rules.chain),
            weight: 0,
            difficulty: rules.consensus.difficulty_initial,
        });
        Self {
            rules,
            blocks: vec![Arc::clone(&tip)],
            tip,
            log: merkle::Tree::new(),
            index: Index::default(),
            accounts: BTreeMap::new(),
            undo: VecDeque::new(),
            side: BTreeMap::new(),
            finalised: Height::ZERO,
            alarms: Vec::new(),
            alarms_missed: 0,
            keys: BTreeMap::new(),
        }
    }

    /// Takes a block: checks it alone, whatever the chain's length, and follows the protocol's fork choice.
    ///
    /// # Errors
    /// Where it is refused; then nothing has changed but alarms, and the blocks beside the chain that are now known to
    /// be bad.
    pub fn offer(&mut self, block: Block, now: Time) -> Result<Offered, ChainError> {
        let hash = block.header.hash();
        if self.index.height(&hash).is_some() || self.side.contains_key(&hash) {
            return Ok(Offered::Known);
        }
        let parent = block.header.parent;
        let parent = self.find(&parent).ok_or(ChainError::UnknownParent { parent })?;
        let parent = Arc::clone(parent);
        let bad = |error| ChainError::Block { hash, error };
        self.rules.check_form(&parent, &block, now).map_err(bad)?;
        let weighs = self.check_seal(&parent, &block, hash).map_err(|error| bad(error.into()))?;
        self.check_fork(&parent, &block, hash)?;
        self.rules.check_senders(&block, &mut self.keys).map_err(bad)?;
        let weight = parent.weight.saturating_add(u128::from(weighs));
        let difficulty = match self.rules.sealing {
            Sealing::Work => weighs,
            Sealing::Certificate
            | Sealing::Turns
            | Sealing::Slots
            | Sealing::Stake
            | Sealing::Nothing => parent.difficulty,
        };
        let entry = Arc::new(Entry { hash, block, weight, difficulty });
        if parent.hash == self.tip.hash {
            self.extend(self.tip.height(), vec![entry])?;
            return Ok(Offered::Extended);
        }
        if self.side.len() >= SIDE_BLOCKS_MAX {
            return Err(ChainError::TooManyBranches { blocks: self.side.len() });
        }
        let is_heavier = entry.weight > self.tip.weight;
        self.side.insert(hash, Arc::clone(&entry));
        if is_heavier { self.reorganise(&entry) } else { Ok(Offered::Beside) }
    }

    /// The same chain up to a height, under the same rules: whoever works on it proves and signs as much as here.
    #[must_use]
    pub fn fork_at(&self, height: Height) -> Self {
        let mut fork = Self::empty(self.rules.clone());
        let blocks = self.blocks.iter().skip(1).take_while(|entry| entry.height() <= height);
        for entry in blocks {
            // These blocks stood under these rules, in this order.
            if fork.extend(fork.tip.height(), vec![Arc::clone(entry)]).is_err() {
                break;
            }
        }
        fork
    }

    /// The block with a hash, in the chain or beside it; the genesis has the hash zero.
    fn find(&self, hash: &Digest) -> Option<&Arc<Entry>> {
        if hash.is_zero() {
            return self.blocks.first();
        }
        match self.index.height(hash) {
            Some(height) => self.at(height),
            None => self.side.get(hash),
        }
    }
    fn at(&self, height: Height) -> Option<&Arc<Entry>> {
        self.blocks.get(usize::try_from(height.get()).ok()?)
    }
    fn is_standing(&self, entry: &Entry) -> bool {
        self.at(entry.height()).is_some_and(|standing| standing.hash == entry.hash)
    }
    fn parent(&self, entry: &Entry) -> Option<&Entry> {
        if entry.height() == Height::ZERO {
            return None;
        }
        self.find(&entry.block.header.parent).map(Arc::as_ref)
    }
    /// The block at a height of the branch that ends with `entry`.
    fn ancestor<'a>(&'a self, entry: &'a Entry, height: Height) -> Option<&'a Entry> {
        let mut at = entry;
        while at.height() > height && !self.is_standing(at) {
            at = self.parent(at)?;
        }
        if at.height() == height { Some(at) } else { self.at(height).map(Arc::as_ref) }
    }
}

/// What stands at height zero.
fn root(chain: ChainId) -> Block {
    let header = Header {
        chain,
        height: Height::ZERO,
        parent: Digest::ZERO,
        view: View::ZERO,
        proposer: None,
        time: Time::ZERO,
        payload: Digest::ZERO,
        tx_count: 0,
        tx_root: Digest::ZERO,
        state_roots: Vec::new(),
        clock: VectorClock::new(),
    };
    Block { header, proposal: None, batches: Vec::new(), outcomes: Vec::new(), seal: Seal::None }
}

#[cfg(test)]
mod tests;

//! A whole block: header, what was decided, the transactions and what became of them, and its seal.

use std::ops::Range;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader, record};
use crypto::{Hasher, Signature, Statement, merkle};
use types::{ChainId, Digest, Height};

use crate::{
    AppId, Batch, BlockCertificate, CertifiedBlock, Header, Outcome, Proposal, TxRecord, TxView,
};

/// A block with all that it holds, to be offered to a [`crate::Chain`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The header, whose hash names the block.
    pub header: Header,
    /// What was decided; `None` for a null request.
    pub proposal: Option<Proposal>,
    /// The batches that it executes, in order.
    pub batches: Vec<Arc<Batch>>,
    /// What became of their transactions, in order.
    pub outcomes: Vec<Outcome>,
    /// Why the block counts.
    pub seal: Seal,
}

record!(Block {
    header: Header, proposal: Option<Proposal>, batches: Vec<Arc<Batch>>, outcomes: Vec<Outcome>, seal: Seal,
});

/// Why a block counts under the chain's protocol. It vouches for the block's hash, and is no part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seal {
    /// Nothing vouches for it.
    None,
    /// A quorum attests it.
    Certificate(BlockCertificate),
    /// Its proposer signed [`Sealed`].
    Signed(Signature),
    /// Its maker searched for the nonce.
    Work {
        /// The declared difficulty, which must be the one that the chain below demands.
        difficulty: u64,
        /// The nonce.
        nonce: u64,
    },
}

impl Encode for Seal {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.push(0),
            Self::Certificate(certificate) => {
                out.push(1);
                certificate.encode(out);
            }
            Self::Signed(signature) => {
                out.push(2);
                signature.encode(out);
            }
            Self::Work { difficulty, nonce } => {
                out.push(3);
                (*difficulty, *nonce).encode(out);
            }
        }
    }
}
impl Decode for Seal {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            0 => Ok(Self::None),
            1 => BlockCertificate::decode(reader).map(Self::Certificate),
            2 => Signature::decode(reader).map(Self::Signed),
            3 => {
                let (difficulty, nonce) = <(u64, u64)>::decode(reader)?;
                Ok(Self::Work { difficulty, nonce })
            }
            tag => Err(DecodeError::UnknownTag { of: "Seal", tag }),
        }
    }
}

/// What a proposer signs where one signature seals a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// The height.
    pub height: Height,
    /// The block's hash.
    pub block: Digest,
}
record!(Sealed { height: Height, block: Digest });

impl Statement for Sealed {
    const KIND: u8 = 32;
}

impl Seal {
    /// Searches for work of a difficulty on a block's hash.
    #[must_use]
    pub fn search(block: &Digest, difficulty: u64, nonces: Range<u64>) -> Option<Self> {
        let work = work_of(block, difficulty);
        let mut nonces = nonces;
        nonces
            .find(|&nonce| is_enough(&crypto::work(&work, nonce), difficulty))
            .map(|nonce| Self::Work { difficulty, nonce })
    }
    /// Whether this is work of its declared difficulty on a block's hash.
    #[must_use]
    pub fn is_work_on(&self, block: &Digest) -> bool {
        match self {
            Self::Work { difficulty, nonce } => {
                is_enough(&crypto::work(&work_of(block, *difficulty), *nonce), *difficulty)
            }
            Self::None | Self::Certificate(_) | Self::Signed(_) => false,
        }
    }
}

fn work_of(block: &Digest, difficulty: u64) -> Digest {
    let mut hasher = Hasher::new("unisono-seal");
    hasher.update(block.as_bytes());
    hasher.update(&difficulty.to_le_bytes());
    hasher.finish()
}

/// Whether a hash is among the 2^256 / `difficulty` least.
fn is_enough(hash: &Digest, difficulty: u64) -> bool {
    let first = hash.as_bytes().first_chunk().map_or(u128::MAX, |it| u128::from_be_bytes(*it));
    difficulty > 0 && first <= u128::MAX / u128::from(difficulty)
}

/// The digest of what a core decided; the same as of a core's payload.
pub(crate) fn payload_digest(proposal: &Proposal) -> Digest {
    crypto::hash("unisono-payload", &proposal.to_bytes())
}

impl Block {
    /// Builds the block above `parent`, whose hash is `parent_hash`, without a seal.
    #[must_use]
    pub fn above(
        chain: ChainId,
        parent: &Header,
        parent_hash: Digest,
        proposal: Proposal,
        batches: Vec<Arc<Batch>>,
        outcomes: Vec<Outcome>,
        state_roots: Vec<(AppId, Digest)>,
    ) -> Self {
        let mut clock = parent.clock.clone();
        clock.increment(proposal.proposer);
        let mut block = Self {
            header: Header {
                chain,
                height: parent.height.next(),
                parent: parent_hash,
                view: proposal.view,
                proposer: Some(proposal.proposer),
                time: parent.time.max(proposal.time),
                payload: payload_digest(&proposal),
                tx_count: u32::try_from(outcomes.len()).unwrap_or(u32::MAX),
                tx_root: Digest::ZERO,
                state_roots,
                clock,
            },
            proposal: Some(proposal),
            batches,
            outcomes,
            seal: Seal::None,
        };
        block.header.tx_root = block.tree().root();
        block
    }
    /// A block as it comes from a validator that has executed it.
    #[must_use]
    pub fn certified(block: CertifiedBlock, outcomes: Vec<Outcome>) -> Self {
        let CertifiedBlock { header, proposal, batches, certificate } = block;
        Self { header, proposal, batches, outcomes, seal: Seal::Certificate(certificate) }
    }
    /// How many transactions its batches hold.
    #[must_use]
    pub fn tx_count(&self) -> usize {
        self.batches.iter().map(|batch| batch.len()).sum()
    }
    /// The transactions with their ids, in order.
    pub fn transactions(&self) -> impl Iterator<Item = (Digest, TxView<'_>)> {
        self.batches.iter().flat_map(|batch| batch.transactions())
    }
    /// The transaction at a place.
    #[must_use]
    pub fn transaction(&self, index: usize) -> Option<(Digest, TxView<'_>)> {
        let mut index = index;
        for batch in &self.batches {
            match batch.get(index) {
                Some(found) => return Some(found),
                None => index -= batch.len(),
            }
        }
        None
    }
    /// The leaves of its tree.
    pub fn records(&self) -> impl Iterator<Item = TxRecord> {
        let ids = self.batches.iter().flat_map(|batch| batch.ids());
        ids.zip(&self.outcomes).map(|(&id, &outcome)| TxRecord { id, outcome })
    }
    /// The tree over its transactions and what became of them, to be kept by who needs several proofs.
    #[must_use]
    pub fn tree(&self) -> merkle::Tree {
        self.records().map(|record| record.leaf()).collect()
    }
}

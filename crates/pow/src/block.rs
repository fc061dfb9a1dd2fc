//! Blocks: a header that the work is done on, and the payload that it names.

use codec::Encode as _;
use protocol::Payload;
use types::{Digest, Height, NodeId, Seq, Time, View};

use crate::Target;

/// What the work is done on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The block below.
    pub parent: Digest,
    /// One more than the parent's.
    pub height: Height,
    /// When the miner began, by its own word.
    pub time: Time,
    /// The target that the chain below demands; a header with another one is invalid.
    pub target: Target,
    /// Who mined it, by its own word.
    pub miner: NodeId,
    /// The view in which the payload was built.
    pub view: View,
    /// How many payloads the chain has, this one included.
    pub seq: Seq,
    /// The payload's digest; zero where there is none.
    pub payload: Digest,
    /// What makes the hash small enough.
    pub nonce: u64,
}
codec::record!(Header {
    parent: Digest,
    height: Height,
    time: Time,
    target: Target,
    miner: NodeId,
    view: View,
    seq: Seq,
    payload: Digest,
    nonce: u64
});

/// Bytes of the nonce, at the end of a header.
const NONCE_BYTES: usize = 8;

impl Header {
    /// The digest of everything but the nonce: what is mined on.
    #[must_use]
    pub fn work(&self) -> Digest {
        let bytes = self.to_bytes();
        let fixed = bytes.split_at_checked(bytes.len().saturating_sub(NONCE_BYTES));
        crypto::hash("unisono-pow-header", fixed.map_or(&[], |(fixed, _)| fixed))
    }
    /// The hash that must meet the target, and that names the block.
    #[must_use]
    pub fn id(&self) -> Digest {
        crypto::work(&self.work(), self.nonce)
    }
}

/// A header and its payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// What it orders, if anything.
    pub payload: Option<Payload>,
}
codec::record!(Block { header: Header, payload: Option<Payload> });

impl Block {
    /// The first block, which nobody mined: it follows from what all replicas are told.
    #[must_use]
    pub(crate) fn genesis(chain: Digest, target: Target) -> Self {
        let header = Header {
            parent: chain,
            height: Height::ZERO,
            time: Time::ZERO,
            target,
            miner: NodeId::new(0),
            view: View::ZERO,
            seq: Seq::ZERO,
            payload: Digest::ZERO,
            nonce: 0,
        };
        Self { header, payload: None }
    }
    /// Whether the payload is the one that the header names.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.header.payload == self.payload.as_ref().map_or(Digest::ZERO, Payload::digest)
    }
}

//! What replicas say to each other.

use std::sync::Arc;

use codec::Encode as _;
use crypto::{Authentic, Hasher, Signed, SignedBytes, Statement};
use protocol::Payload;
use types::{Digest, Height, NodeId, Seq, Time, View};

use crate::signers::Signers;

/// A signer's wish to change the set of signers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Vote {
    /// Whom it is about.
    pub target: NodeId,
    /// Whether the target is to become a signer, or to be one no longer.
    pub admit: bool,
}
codec::record!(Vote { target: NodeId, admit: bool });

/// The span within which a sealer speaks once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Slot {
    /// Clique: an era of several periods; one block for each height.
    Era(u64),
    /// Aura: a step; one block.
    Step(u64),
}
codec::tagged!(Slot { 1 => Era, 2 => Step });

/// A block that its sealer sealed before: the seals of an honest sealer are one line, whatever branches they are on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Link {
    /// Its name; zero before the first.
    pub name: Digest,
    /// Its height.
    pub height: Height,
}
codec::record!(Link { name: Digest, height: Height });

/// The signed part of a block.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Header {
    /// One above the parent's.
    pub height: Height,
    /// The parent's name; zero for the genesis.
    pub parent: Digest,
    /// When it was sealed.
    pub time: Time,
    /// The slot that the time falls into.
    pub slot: Slot,
    /// Clique: 2 in turn, 1 out of turn. Aura: 1.
    pub difficulty: u8,
    /// The parent's, or one more, where work that an earlier block carried in vain may be carried again.
    pub view: View,
    /// The payload's digest; zero where there is none.
    pub payload: Digest,
    /// What the sealer votes for.
    pub vote: Option<Vote>,
    /// At multiples of the epoch the signers, else empty.
    pub signers: Vec<NodeId>,
    /// What the sealer sealed before this, on whatever branch.
    pub previous: Link,
    /// The greatest height at which the sealer has sealed a block that is no ancestor of this one; zero for none.
    pub strayed: Height,
}
codec::record!(Header {
    height: Height, parent: Digest, time: Time, slot: Slot, difficulty: u8, view: View, payload: Digest,
    vote: Option<Vote>, signers: Vec<NodeId>, previous: Link, strayed: Height
});
impl Statement for Header {
    const KIND: u8 = 1;
}

/// The name of a sealed block: covers all that its sealer signed and the sealer, not the signature itself.
pub(crate) fn name(header: &Signed<Header>) -> Digest {
    let mut hasher = Hasher::new("unisono-poa-block");
    hasher.update(&header.signer.get().to_le_bytes());
    hasher.update(&header.statement.to_bytes());
    hasher.finish()
}

/// A block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// What its sealer signed.
    pub header: Signed<Header>,
    /// The payload, where it carries one.
    pub payload: Option<Payload>,
}
codec::record!(Block { header: Signed<Header>, payload: Option<Payload> });

/// WANT: the sender lacks the ancestors of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Want {
    /// The block that it wants to reach.
    pub tip: Digest,
    /// It has what it needs up to this height.
    pub above: Height,
}
codec::record!(Want { tip: Digest, above: Height });

/// BLOCKS: a piece of the chain below a tip, from the lowest on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocks {
    /// Where the chain leads.
    pub tip: Digest,
    /// The piece, parents first.
    pub blocks: Vec<Arc<Block>>,
}
codec::record!(Blocks { tip: Digest, blocks: Vec<Arc<Block>> });

/// HEAD: what the sender builds on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Its head.
    pub tip: Digest,
    /// The head's height.
    pub height: Height,
    /// The height of its last final block.
    pub settled: Height,
}
codec::record!(Head { tip: Digest, height: Height, settled: Height });

/// EXHIBIT: two headers of one sealer that contradict each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exhibit {
    /// One.
    pub first: Signed<Header>,
    /// The other.
    pub second: Signed<Header>,
}
codec::record!(Exhibit { first: Signed<Header>, second: Signed<Header> });

/// ANCHOR: a final block that the sender keeps nothing below, and what its descendants must know of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The block's name.
    pub name: Digest,
    /// Its height, a multiple of the kept history.
    pub height: Height,
    /// When it was sealed.
    pub time: Time,
    /// Its view.
    pub view: View,
    /// The sum of difficulties up to it.
    pub weight: u64,
    /// The place of the last payload up to it.
    pub payloads: Seq,
    /// The digest of the application's state after that payload.
    pub state: Digest,
    /// Who may seal above it, and the votes that are open.
    pub signers: Signers,
    /// The sealers of the block and of those below it, newest first.
    pub before: Vec<NodeId>,
}
codec::record!(Anchor {
    name: Digest, height: Height, time: Time, view: View, weight: u64, payloads: Seq, state: Digest,
    signers: Signers, before: Vec<NodeId>
});

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A fresh block, from its sealer.
    Block(Arc<Block>),
    /// See [`Want`]; unsigned, for it is believed only as far as answering goes.
    Want(Want),
    /// See [`Blocks`]; anybody may pass blocks on.
    Blocks(Blocks),
    /// See [`Head`]; unsigned, for it is believed only as far as asking goes.
    Head(Head),
    /// See [`Exhibit`]; anybody may show it.
    Exhibit(Arc<Exhibit>),
    /// See [`Anchor`]; unsigned, for it is believed only where f+1 replicas send the same.
    Anchor(Arc<Anchor>),
}

codec::tagged!(Message { 1 => Block, 2 => Want, 3 => Blocks, 4 => Head, 5 => Exhibit, 6 => Anchor });

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        match self {
            Self::Block(block) => Some(block.header.signer),
            Self::Want(_)
            | Self::Blocks(_)
            | Self::Head(_)
            | Self::Exhibit(_)
            | Self::Anchor(_) => None,
        }
    }

    fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        match self {
            Self::Block(block) => block.header.check(check),
            Self::Want(_) | Self::Head(_) | Self::Anchor(_) => true,
            Self::Blocks(piece) => piece.blocks.iter().all(|block| block.header.check(check)),
            Self::Exhibit(exhibit) => exhibit.first.check(check) && exhibit.second.check(check),
        }
    }
}

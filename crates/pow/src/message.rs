//! What replicas say to each other. Nothing is signed: the work in a block speaks for it, whoever passes it on.

use std::sync::Arc;

use crypto::{Authentic, SignedBytes};
use types::{Digest, NodeId};

pub use crate::block::{Block, Header};
use crate::tree::Base;

/// Most blocks in one answer.
pub(crate) const ANSWER_BLOCKS_MAX: usize = 64;
/// Most bytes of payloads in one answer, but for its first block.
pub(crate) const ANSWER_BYTES_MAX: usize = 512 * 1024;
/// Most blocks that somebody who asks names.
pub(crate) const LOCATOR_MAX: usize = 64;

/// ASK: "send me what stands above the first of these that is in your chain".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Blocks of the asker's chain, from its head down, ever further apart.
    pub have: Vec<Digest>,
}
codec::record!(Ask { have: Vec<Digest> });

/// BLOCKS: a stretch of the sender's chain, from below.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocks {
    /// The blocks; as many as one answer holds where there may be more.
    pub blocks: Vec<Arc<Block>>,
}
codec::record!(Blocks { blocks: Vec<Arc<Block>> });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A block that has just been mined.
    Block(Arc<Block>),
    /// The name of the sender's head, for those who may have missed it.
    Head(Digest),
    /// See [`Ask`].
    Ask(Ask),
    /// See [`Blocks`].
    Blocks(Blocks),
    /// The lowest block that the sender keeps, for somebody whose chain ends below it.
    Base(Arc<Base>),
}
codec::tagged!(Message { 1 => Block, 2 => Head, 3 => Ask, 4 => Blocks, 5 => Base });

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        None
    }
    fn check_signatures(&self, _check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        true
    }
}

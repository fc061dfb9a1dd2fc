//! Blocks, the proposals that carry them, and how they are named.

use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::{Hasher, Signature, Signed};
use protocol::Payload;
use types::{Digest, NodeId, Seq, View};

use crate::certificate::{Propose, Qc, Tc};

/// Names a block: its view, and the digest of its header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Link {
    /// The view it was proposed in.
    pub view: View,
    /// The digest of its header; zero for the genesis.
    pub block: Digest,
}
codec::record!(Link { view: View, block: Digest });

/// A link of the chain: a payload or none, on top of the block that its certificate names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The view it is proposed in.
    pub view: View,
    /// The first view of the run of views without a gap that it belongs to: the application builds and judges
    /// payloads under this number, so that what waits in one block is not put into the next one too.
    pub regime: View,
    /// The place of the last payload up to here; a block without a payload takes none.
    pub seq: Seq,
    /// Who proposes it.
    pub proposer: NodeId,
    /// Leaders that failed, oldest failure first: they are passed over.
    pub suspended: Vec<NodeId>,
    /// Certifies the parent.
    pub justify: Arc<Qc>,
    /// What it orders.
    pub payload: Option<Payload>,
    /// The digest of all this but the certificate's signatures.
    id: Digest,
}

/// What a block says about its place, apart from its parent's certificate and its payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub(crate) view: View,
    pub(crate) regime: View,
    pub(crate) seq: Seq,
    pub(crate) proposer: NodeId,
    pub(crate) suspended: Vec<NodeId>,
}

impl Block {
    pub(crate) fn new(header: Header, justify: Arc<Qc>, payload: Option<Payload>) -> Self {
        let Header { view, regime, seq, proposer, suspended } = header;
        let id = Digest::ZERO;
        let mut block = Self { view, regime, seq, proposer, suspended, justify, payload, id };
        block.id = block.hash();
        block
    }

    /// The block before all others: it ends the turn of the last replica, so that the first one leads view one.
    pub(crate) fn genesis(n: usize) -> Self {
        Self {
            view: View::ZERO,
            regime: View::ZERO.next(),
            seq: Seq::ZERO,
            proposer: NodeId::all(n).next_back().unwrap_or_default(),
            suspended: Vec::new(),
            justify: Arc::new(Qc::default()),
            payload: None,
            id: Digest::ZERO,
        }
    }

    /// How others name it.
    #[must_use]
    pub const fn link(&self) -> Link {
        Link { view: self.view, block: self.id }
    }
    /// The last place before it.
    #[must_use]
    pub fn parent_seq(&self) -> Seq {
        if self.payload.is_some() { self.seq.previous().unwrap_or_default() } else { self.seq }
    }

    fn hash(&self) -> Digest {
        let mut bytes = Vec::with_capacity(160 + 2 * self.suspended.len());
        self.encode_header(&mut bytes);
        self.justify.link().encode(&mut bytes);
        self.payload.as_ref().map_or(Digest::ZERO, Payload::digest).encode(&mut bytes);
        let mut hasher = Hasher::new("unisono-hotstuff-block");
        hasher.update(&bytes);
        hasher.finish()
    }
    fn encode_header(&self, out: &mut Vec<u8>) {
        self.view.encode(out);
        self.regime.encode(out);
        self.seq.encode(out);
        self.proposer.encode(out);
        self.suspended.encode(out);
    }
}

impl Encode for Block {
    fn encode(&self, out: &mut Vec<u8>) {
        self.encode_header(out);
        self.justify.encode(out);
        self.payload.encode(out);
    }
}
impl Decode for Block {
    const BYTES_MIN: usize = 3 * 8 + 2 + 4 + Qc::BYTES_MIN + 1;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let header = Header {
            view: View::decode(reader)?,
            regime: View::decode(reader)?,
            seq: Seq::decode(reader)?,
            proposer: NodeId::decode(reader)?,
            suspended: Vec::decode(reader)?,
        };
        Ok(Self::new(header, Decode::decode(reader)?, Decode::decode(reader)?))
    }
}

/// PROPOSAL: a block, signed by its proposer, and the certificate that its view began without one for the view
/// before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The block.
    pub block: Block,
    /// The proposer's signature under [`Propose`].
    pub signature: Signature,
    /// Shows that the view before has failed, where `block.justify` does not certify a block of it.
    pub tc: Option<Arc<Tc>>,
}
codec::record!(Proposal { block: Block, signature: Signature, tc: Option<Arc<Tc>> });

impl Proposal {
    /// What the proposer signed.
    #[must_use]
    pub const fn signed(&self) -> Signed<Propose> {
        let Link { view, block } = self.block.link();
        let statement = Propose { view, block };
        Signed { statement, signer: self.block.proposer, signature: self.signature }
    }
    /// How others name its block.
    #[must_use]
    pub const fn link(&self) -> Link {
        self.block.link()
    }
}

//! What replicas say to each other.

use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::{Authentic, Signature, Signed, SignedBytes, Statement};
use protocol::Payload;
use types::limits::NODES_MAX;
use types::{Digest, NodeId, Seq, View};

/// What a proposer signs: a block's place in time, its place in the order, and what it holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Header {
    /// The slot: a proposer signs one block for it.
    pub slot: u64,
    /// One above the parent's.
    pub seq: Seq,
    /// The block before.
    pub parent: Digest,
    /// The slot since which no payload is proposed twice; not before the parent's, nor after `slot`.
    pub era: View,
    /// The digest of the payload.
    pub payload: Digest,
}
codec::record!(Header { slot: u64, seq: Seq, parent: Digest, era: View, payload: Digest });
impl Statement for Header {
    const KIND: u8 = 1;
}
impl Header {
    /// The name of its block.
    #[must_use]
    pub fn digest(&self) -> Digest {
        crypto::hash("unisono-pos-block", &self.to_bytes())
    }
}

/// A block: a signed header and its payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// What the proposer signed.
    pub header: Signed<Header>,
    /// What it orders.
    pub payload: Payload,
}
codec::record!(Block { header: Signed<Header>, payload: Payload });

/// A block at the beginning of an epoch: the last one up to its first slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Checkpoint {
    /// The epoch.
    pub epoch: u64,
    /// The block's place in the order.
    pub seq: Seq,
    /// The block.
    pub block: Digest,
}
codec::record!(Checkpoint { epoch: u64, seq: Seq, block: Digest });

/// What a validator signs once in an epoch: the head that it sees, and a link from a justified checkpoint to the epoch's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Attestation {
    /// The head of its chain.
    pub head: Digest,
    /// The justified checkpoint it builds on.
    pub source: Checkpoint,
    /// The checkpoint of this epoch.
    pub target: Checkpoint,
}
codec::record!(Attestation { head: Digest, source: Checkpoint, target: Checkpoint });
impl Statement for Attestation {
    const KIND: u8 = 2;
}

/// One attestation inside a [`Link`], without what all of them share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vote {
    /// Whose.
    pub signer: NodeId,
    /// The head it names.
    pub head: Digest,
    /// The signature.
    pub signature: Signature,
}
codec::record!(Vote { signer: NodeId, head: Digest, signature: Signature });

/// A supermajority link: attestations by two thirds of the stake, all from `source` to `target`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The justified checkpoint.
    pub source: Checkpoint,
    /// The checkpoint that it justifies.
    pub target: Checkpoint,
    /// The attestations, by ascending signer.
    pub votes: Vec<Vote>,
}
impl Encode for Link {
    fn encode(&self, out: &mut Vec<u8>) {
        self.source.encode(out);
        self.target.encode(out);
        self.votes.encode(out);
    }
}
impl Decode for Link {
    const BYTES_MIN: usize = 2 * Checkpoint::BYTES_MIN + 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            source: Checkpoint::decode(reader)?,
            target: Checkpoint::decode(reader)?,
            votes: reader.list("votes of a link", NODES_MAX)?,
        })
    }
}
impl Link {
    /// The attestations as they were signed.
    pub fn attestations(&self) -> impl Iterator<Item = Signed<Attestation>> + '_ {
        let (source, target) = (self.source, self.target);
        self.votes.iter().map(move |vote| Signed {
            statement: Attestation { head: vote.head, source, target },
            signer: vote.signer,
            signature: vote.signature,
        })
    }
}

/// A request for a block and those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// The block.
    pub block: Digest,
    /// The place above which the sender lacks blocks.
    pub above: Seq,
}
codec::record!(Ask { block: Digest, above: Seq });

/// STATUS: how far the sender is; the others answer with what it lacks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusReport {
    /// The epoch of its last final checkpoint.
    pub finalized: u64,
    /// The epoch of its last justified checkpoint.
    pub justified: u64,
    /// The last place it has decided.
    pub decided: Seq,
    /// Its head.
    pub head: Digest,
}
codec::record!(StatusReport { finalized: u64, justified: u64, decided: Seq, head: Digest });

/// Two statements of one validator of which an honest one makes at most one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offence {
    /// Two blocks for one slot.
    Proposals((Signed<Header>, Signed<Header>)),
    /// Two attestations with one target epoch, or one around the other.
    Attestations((Signed<Attestation>, Signed<Attestation>)),
}
codec::tagged!(Offence { 1 => Proposals, 2 => Attestations });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A proposer's new block.
    Proposal(Arc<Block>),
    /// A validator's vote.
    Attestation(Signed<Attestation>),
    /// A block, passed on by anybody.
    Block(Arc<Block>),
    /// A supermajority link; anybody may pass it on.
    Link(Arc<Link>),
    /// See [`Ask`].
    Ask(Ask),
    /// See [`StatusReport`]; unsigned, for it is believed only as far as answering goes.
    Status(StatusReport),
    /// Evidence; anybody may pass it on.
    Evidence(Arc<Offence>),
    /// Attestations, passed on by anybody.
    Votes(Votes),
}
codec::tagged!(Message {
    1 => Proposal, 2 => Attestation, 3 => Block, 4 => Link, 5 => Ask, 6 => Status, 7 => Evidence, 8 => Votes
});

/// Most attestations in one message.
pub(crate) const VOTES_MAX: usize = NODES_MAX;

/// A bounded list of attestations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Votes(pub Arc<Vec<Signed<Attestation>>>);
impl Encode for Votes {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for Votes {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(Arc::new(reader.list("attestations", VOTES_MAX)?)))
    }
}

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        match self {
            Self::Proposal(block) => Some(block.header.signer),
            Self::Attestation(vote) => Some(vote.signer),
            Self::Block(_)
            | Self::Link(_)
            | Self::Ask(_)
            | Self::Status(_)
            | Self::Evidence(_)
            | Self::Votes(_) => None,
        }
    }

    fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        match self {
            Self::Proposal(block) | Self::Block(block) => block.header.check(check),
            Self::Attestation(vote) => vote.check(check),
            Self::Link(link) => link.attestations().all(|vote| vote.check(check)),
            Self::Ask(_) | Self::Status(_) => true,
            Self::Evidence(offence) => match &**offence {
                Offence::Proposals((first, second)) => first.check(check) && second.check(check),
                Offence::Attestations((first, second)) => first.check(check) && second.check(check),
            },
            Self::Votes(votes) => votes.0.iter().all(|vote| vote.check(check)),
        }
    }
}

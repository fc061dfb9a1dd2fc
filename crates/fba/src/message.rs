//! What replicas say to each other.

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::{Authentic, Signed, SignedBytes};
use protocol::Payload;
use types::{Digest, NodeId, Seq};

use crate::pledge::{Balloting, Nomination};
use crate::quorum_set::QuorumSet;

/// Most values in one message.
pub(crate) const VALUES_MAX: usize = 8;

/// What a slot agrees on: a payload and who proposed it. Statements name it by its digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    proposer: NodeId,
    payload: Payload,
    digest: Digest,
}

impl Value {
    /// A replica's proposal.
    #[must_use]
    pub fn new(proposer: NodeId, payload: Payload) -> Self {
        let mut bytes = proposer.to_bytes();
        payload.digest().encode(&mut bytes);
        Self { proposer, payload, digest: crypto::hash("unisono-fba-value", &bytes) }
    }
    /// Who proposed it.
    #[must_use]
    pub const fn proposer(&self) -> NodeId {
        self.proposer
    }
    /// The payload.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }
    /// Its name in statements.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}
impl Encode for Value {
    fn encode(&self, out: &mut Vec<u8>) {
        self.proposer.encode(out);
        self.payload.encode(out);
    }
}
impl Decode for Value {
    const BYTES_MIN: usize = 2 + Payload::BYTES_MIN;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::new(NodeId::decode(reader)?, Payload::decode(reader)?))
    }
}

/// A nomination, and its maker's own value where that is new to the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nominate {
    /// The statement.
    pub said: Signed<Nomination>,
    /// The value that its maker proposes.
    pub value: Option<Value>,
}
codec::record!(Nominate { said: Signed<Nomination>, value: Option<Value> });

/// Asks for values that a slot's statements name; their digests prove them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Want {
    /// The slot.
    pub seq: Seq,
    /// The values' digests.
    pub values: Vec<Digest>,
}
impl Encode for Want {
    fn encode(&self, out: &mut Vec<u8>) {
        self.seq.encode(out);
        self.values.encode(out);
    }
}
impl Decode for Want {
    const BYTES_MIN: usize = 8 + 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let seq = Seq::decode(reader)?;
        Ok(Self { seq, values: reader.list("wanted values", VALUES_MAX)? })
    }
}

/// Values that were asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Values {
    /// The slot.
    pub seq: Seq,
    /// The values.
    pub values: Vec<Value>,
}
impl Encode for Values {
    fn encode(&self, out: &mut Vec<u8>) {
        self.seq.encode(out);
        self.values.encode(out);
    }
}
impl Decode for Values {
    const BYTES_MIN: usize = 8 + 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let seq = Seq::decode(reader)?;
        Ok(Self { seq, values: reader.list("values", VALUES_MAX)? })
    }
}

/// How far the sender is; the others answer with the pledges of slots that it lacks. Unsigned: it is believed only as
/// far as answering goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// The last slot decided.
    pub decided: Seq,
}
codec::record!(Status { decided: Seq });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// See [`Nominate`].
    Nominate(Nominate),
    /// A pledge about a slot's ballots.
    Ballot(Signed<Balloting>),
    /// See [`Want`].
    Want(Want),
    /// See [`Values`].
    Values(Values),
    /// Asks for the quorum set with this digest.
    WantQuorumSet(Digest),
    /// A quorum set that was asked for; its digest proves it.
    QuorumSet(QuorumSet),
    /// See [`Status`].
    Status(Status),
}
codec::tagged!(Message {
    1 => Nominate, 2 => Ballot, 3 => Want, 4 => Values, 5 => WantQuorumSet, 6 => QuorumSet, 7 => Status
});

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        match self {
            Self::Nominate(message) => Some(message.said.signer),
            Self::Ballot(said) => Some(said.signer),
            Self::Want(_)
            | Self::Values(_)
            | Self::WantQuorumSet(_)
            | Self::QuorumSet(_)
            | Self::Status(_) => None,
        }
    }
    fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        match self {
            Self::Nominate(message) => message.said.check(check),
            Self::Ballot(said) => said.check(check),
            Self::Want(_)
            | Self::Values(_)
            | Self::WantQuorumSet(_)
            | Self::QuorumSet(_)
            | Self::Status(_) => true,
        }
    }
}

//! What travels, and the digests that bind it.

use std::sync::Arc;

use codec::{Bytes, Decode, DecodeError, Encode, Reader, record, tagged};
use crypto::Hasher;
use types::limits::PAYLOAD_BYTES_MAX;
use types::{Digest, NodeId, Seq};

/// Whose broadcast, and which of theirs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// Who sends.
    pub sender: NodeId,
    /// The sender's number for it, from zero without gaps.
    pub seq: Seq,
}
record!(Place { sender: NodeId, seq: Seq });

/// A payload in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carried {
    /// Where it belongs.
    pub place: Place,
    /// At most [`PAYLOAD_BYTES_MAX`] bytes.
    pub payload: Arc<Bytes>,
}

/// A payload's digest in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Where it belongs.
    pub place: Place,
    /// [`Carried::digest`] of the payload.
    pub digest: Digest,
}
record!(Claim { place: Place, digest: Digest });

/// A message between replicas.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// The sender begins.
    Initial(Carried),
    /// This is what the sender told me.
    Echo(Carried),
    /// A quorum was told this, or somebody honest says so.
    Ready(Claim),
}
tagged!(Message { 0 => Initial, 1 => Echo, 2 => Ready });

impl Message {
    /// Which broadcast it belongs to.
    #[must_use]
    pub const fn place(&self) -> Place {
        match self {
            Self::Initial(carried) | Self::Echo(carried) => carried.place,
            Self::Ready(claim) => claim.place,
        }
    }
}

impl Carried {
    /// Names the payload, its sender and its number: the same payload elsewhere has another digest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new("unisono-broadcast");
        hasher.update(&self.place.to_bytes());
        hasher.update(&self.payload.0);
        hasher.finish()
    }
    pub(crate) fn claim(&self) -> Claim {
        Claim { place: self.place, digest: self.digest() }
    }
}

impl Encode for Carried {
    fn encode(&self, out: &mut Vec<u8>) {
        self.place.encode(out);
        self.payload.encode(out);
    }
}
impl Decode for Carried {
    const BYTES_MIN: usize = Place::BYTES_MIN + 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let place = Place::decode(reader)?;
        let length = reader.length::<u8>("bytes of payload", PAYLOAD_BYTES_MAX)?;
        let payload = Arc::new(Bytes(reader.take(length)?.to_vec()));
        Ok(Self { place, payload })
    }
}

//! What replicas say to each other. Nothing is signed: the sequencer is trusted, and each message is its connection's.

use crypto::{Authentic, SignedBytes};
use protocol::Payload;
use types::{Digest, NodeId, Seq};

/// The sequencer gives a payload its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The place.
    pub seq: Seq,
    /// The payload.
    pub payload: Payload,
}
codec::record!(Order { seq: Seq, payload: Payload });

/// The sender has decided everything up to `seq`, and keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ack {
    /// The last place.
    pub seq: Seq,
}
codec::record!(Ack { seq: Seq });

/// The sender lacks the orders from `seq` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fetch {
    /// The first place that it lacks.
    pub seq: Seq,
}
codec::record!(Fetch { seq: Seq });

/// Where the sequencer's application stands, for those who lack orders that are not kept any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stand {
    /// The last executed place.
    pub seq: Seq,
    /// The digest of the state there.
    pub digest: Digest,
}
codec::record!(Stand { seq: Seq, digest: Digest });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// See [`Order`].
    Order(Order),
    /// See [`Ack`].
    Ack(Ack),
    /// See [`Fetch`].
    Fetch(Fetch),
    /// See [`Stand`].
    Stand(Stand),
}
codec::tagged!(Message { 1 => Order, 2 => Ack, 3 => Fetch, 4 => Stand });

impl Authentic for Message {
    /// Nobody's by name: a message is whose connection it came over.
    fn author(&self) -> Option<NodeId> {
        None
    }
    fn check_signatures(&self, _check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        true
    }
}

//! What a message commits its author to, and what a lying sequencer says.

use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Payload, Promise};
use types::View;

use crate::message::Order;
use crate::{Core, Message};

impl Inspect for Core {
    const KINDS: &'static [&'static str] = &["order", "ack", "fetch", "stand"];

    fn kind(message: &Message) -> usize {
        match message {
            Message::Order(_) => 0,
            Message::Ack(_) => 1,
            Message::Fetch(_) => 2,
            Message::Stand(_) => 3,
        }
    }

    /// One payload in a place, one state at a place.
    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        let (kind, place, value) = match message {
            Message::Order(order) => (1, order.seq.get(), order.payload.digest().short()),
            Message::Stand(stand) => (2, stand.seq.get(), stand.digest.short()),
            Message::Ack(_) | Message::Fetch(_) => return,
        };
        each(Promise::Says { kind, view: View::ZERO, place, value, vote: false });
    }

    /// Another payload in the same place, which a replica has no way to tell from the true one.
    fn contradict(message: &Message, _signer: &Signer) -> Option<Message> {
        match message {
            Message::Order(Order { seq, payload }) => {
                let payload = other_payload(payload)?;
                Some(Message::Order(Order { seq: *seq, payload }))
            }
            Message::Ack(_) | Message::Fetch(_) | Message::Stand(_) => None,
        }
    }

    /// Nothing is signed, so nothing proves anything against anybody.
    fn verify_evidence(_evidence: &Evidence, _verifier: &Verifier) -> bool {
        false
    }
}

/// A proposal's canonical bytes hold its time behind its view and proposer.
const PROPOSAL_TIME_AT: usize = 8 + 2;

/// Another payload, which replicas check and accept as they would the first: the same batches, a microsecond off.
fn other_payload(payload: &Payload) -> Option<Payload> {
    let mut bytes = payload.bytes().to_vec();
    *bytes.get_mut(PROPOSAL_TIME_AT)? ^= 1;
    Some(Payload::new(&bytes))
}

//! What checkers and drills know of the messages. A miner promises nothing: it may mine two blocks above one parent,
//! and no signature ties it to either, so there is nothing to accuse anybody of.

use std::sync::Arc;

use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Payload, Promise};

use crate::block::Block;
use crate::{Core, Message};

/// The names of the messages' kinds, by [`kind`].
pub(crate) const KINDS: [&str; 5] = ["block", "head", "ask", "blocks", "base"];

/// The index of a message's kind in [`KINDS`].
pub(crate) const fn kind(message: &Message) -> usize {
    match message {
        Message::Block(_) => 0,
        Message::Head(_) => 1,
        Message::Ask(_) => 2,
        Message::Blocks(_) => 3,
        Message::Base(_) => 4,
    }
}

impl Inspect for Core {
    const KINDS: &'static [&'static str] = &KINDS;

    fn kind(message: &Message) -> usize {
        kind(message)
    }
    fn promises(_message: &Message, _each: &mut dyn FnMut(Promise)) {}

    /// The same header over a payload that it does not name: the only lie that costs no work.
    fn contradict(message: &Message, _signer: &Signer) -> Option<Message> {
        match message {
            Message::Block(block) => {
                let mut bytes = block.payload.as_ref()?.bytes().to_vec();
                *bytes.last_mut()? ^= 1;
                let payload = Some(Payload::new(&bytes));
                Some(Message::Block(Arc::new(Block { header: block.header, payload })))
            }
            Message::Head(_) | Message::Ask(_) | Message::Blocks(_) | Message::Base(_) => None,
        }
    }
    fn verify_evidence(_evidence: &Evidence, _verifier: &Verifier) -> bool {
        false
    }
}

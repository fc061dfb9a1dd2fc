//! What a message commits its author to, for those who check that nobody goes back on it.

use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Promise};
use types::View;

use crate::contradict::{ahead, contradict};
use crate::evidence::{value, verify_evidence};
use crate::message::Slot;
use crate::{Core, Message};

/// The names of the messages' kinds, by [`kind`].
pub(crate) const KINDS: [&str; 6] = ["block", "want", "blocks", "head", "exhibit", "anchor"];

/// The index of a message's kind in [`KINDS`].
pub(crate) const fn kind(message: &Message) -> usize {
    match message {
        Message::Block(_) => 0,
        Message::Want(_) => 1,
        Message::Blocks(_) => 2,
        Message::Head(_) => 3,
        Message::Exhibit(_) => 4,
        Message::Anchor(_) => 5,
    }
}

impl Inspect for Core {
    const KINDS: &'static [&'static str] = &KINDS;

    fn kind(message: &Message) -> usize {
        kind(message)
    }
    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        match message {
            Message::Block(block) => {
                let header = &block.header.statement;
                let (kind, view, place) = match header.slot {
                    Slot::Era(era) => (1, View::new(era), header.height.get()),
                    Slot::Step(step) => (2, View::new(step), 0),
                };
                let value = value(&block.header);
                each(Promise::Says { kind, view, place, value, vote: true });
                let (view, place) = (View::ZERO, header.previous.name.short());
                each(Promise::Says { kind: 3, view, place, value, vote: false });
            }
            Message::Want(_)
            | Message::Blocks(_)
            | Message::Head(_)
            | Message::Exhibit(_)
            | Message::Anchor(_) => {}
        }
    }
    fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
        contradict(message, signer)
    }
    fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
        ahead(message, signer, by)
    }
    fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
        verify_evidence(evidence, verifier)
    }
}

//! What a message commits its author to, for those who check that nobody goes back on it.

use codec::Encode as _;
use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Promise};
use types::View;

use crate::evidence::verify_evidence;
use crate::{Core, Message, contradict};

impl Inspect for Core {
    const KINDS: &'static [&'static str] =
        &["proposal", "attestation", "block", "link", "ask", "status", "evidence", "votes"];

    fn kind(message: &Message) -> usize {
        match message {
            Message::Proposal(_) => 0,
            Message::Attestation(_) => 1,
            Message::Block(_) => 2,
            Message::Link(_) => 3,
            Message::Ask(_) => 4,
            Message::Status(_) => 5,
            Message::Evidence(_) => 6,
            Message::Votes(_) => 7,
        }
    }

    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        match message {
            Message::Proposal(block) => {
                let header = block.header.statement;
                let (view, value) = (View::new(header.slot), header.digest().short());
                each(Promise::Says { kind: 1, view, place: 0, value, vote: true });
            }
            Message::Attestation(vote) => {
                let place = vote.statement.target.epoch;
                let value = crypto::hash("unisono-promise", &vote.statement.to_bytes()).short();
                each(Promise::Says { kind: 2, view: View::ZERO, place, value, vote: false });
            }
            Message::Block(_)
            | Message::Link(_)
            | Message::Ask(_)
            | Message::Status(_)
            | Message::Evidence(_)
            | Message::Votes(_) => {}
        }
    }

    fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
        contradict::contradict(message, signer)
    }

    fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
        contradict::ahead(message, signer, by)
    }
    fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
        verify_evidence(evidence, verifier)
    }
}

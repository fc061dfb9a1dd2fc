//! What a message commits its author to, for those who check that nobody goes back on it.

use codec::Encode;
use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Promise};
use types::View;

use crate::certificate::Vote;
use crate::contradict::{ahead, contradict};
use crate::evidence::verify_evidence;
use crate::{Core, Message};

impl Inspect for Core {
    const KINDS: &'static [&'static str] =
        &["proposal", "vote", "timeout", "certified", "expired", "fetch", "blocks"];

    fn kind(message: &Message) -> usize {
        match message {
            Message::Proposal(_) => 0,
            Message::Vote(_) => 1,
            Message::Timeout(_) => 2,
            Message::Certified(_) => 3,
            Message::Expired(_) => 4,
            Message::Fetch(_) => 5,
            Message::Blocks(_) => 6,
        }
    }

    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        match message {
            Message::Proposal(proposal) => {
                let view = proposal.block.view;
                let value = proposal.link().block.short();
                each(Promise::Says { kind: 1, view, place: 0, value, vote: false });
            }
            Message::Vote(vote) => each(says(&vote.statement, true)),
            Message::Timeout(timeout) => {
                let said = timeout.expire.statement;
                let (view, value) = (said.view, said.high.get());
                each(Promise::Says { kind: 3, view, place: 0, value, vote: false });
                each(Promise::Leaves { view: view.next() });
                // The vote inside was cast before; it may only be repeated.
                if let Some(vote) = &timeout.vote {
                    each(says(&vote.statement, false));
                }
            }
            Message::Certified(_)
            | Message::Expired(_)
            | Message::Fetch(_)
            | Message::Blocks(_) => {}
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

fn says(said: &Vote, vote: bool) -> Promise {
    let value = crypto::hash("unisono-vote", &said.to_bytes()).short();
    let view: View = said.view;
    Promise::Says { kind: 2, view, place: 0, value, vote }
}

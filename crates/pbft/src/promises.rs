//! What a message commits its author to, for those who check that nobody goes back on it.

use crypto::{Signature, Signer, Verifier};
use protocol::{Evidence, Inspect, Promise};
use types::{Digest, View};

use crate::contradict::{ahead, contradict};
use crate::evidence::verify_evidence;
use crate::{Core, Message};

impl Inspect for Core {
    const KINDS: &'static [&'static str] = &KINDS;

    fn kind(message: &Message) -> usize {
        kind(message)
    }
    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        promises(message, each);
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

/// The names of the messages' kinds, by [`kind`].
pub(crate) const KINDS: [&str; 10] = [
    "pre-prepare",
    "prepare",
    "commit",
    "checkpoint",
    "view-change",
    "new-view",
    "status",
    "stable",
    "committed",
    "exhibit",
];

/// The index of a message's kind in [`KINDS`].
pub(crate) const fn kind(message: &Message) -> usize {
    match message {
        Message::PrePrepare(_) => 0,
        Message::Prepare(_) => 1,
        Message::Commit(_) => 2,
        Message::Checkpoint(_) => 3,
        Message::ViewChange(_) => 4,
        Message::NewView(_) => 5,
        Message::Status(_) => 6,
        Message::Stable(_) => 7,
        Message::Committed(_) => 8,
        Message::Exhibit(_) => 9,
    }
}

/// Shows every promise that the author of one of its own messages makes with it.
pub(crate) fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
    match message {
        Message::PrePrepare(message) => {
            let statement = message.propose.statement;
            each(vote(1, statement.view, statement.seq.get(), &statement.digest));
        }
        Message::Prepare(message) => {
            let statement = message.statement;
            each(vote(2, statement.view, statement.seq.get(), &statement.digest));
        }
        Message::Commit(message) => {
            let statement = message.statement;
            each(vote(3, statement.view, statement.seq.get(), &statement.digest));
        }
        Message::Checkpoint(message) => {
            let statement = message.statement;
            let (place, value) = (statement.seq.get(), statement.digest.short());
            each(Promise::Says { kind: 4, view: View::ZERO, place, value, vote: false });
        }
        Message::ViewChange(message) => {
            let view = message.vote.statement.view;
            // Signatures are deterministic, so equal ones mean equal votes.
            let value = short(&message.vote.signature);
            each(Promise::Says { kind: 5, view, place: 0, value, vote: false });
            each(Promise::Leaves { view });
        }
        // Passed on by anybody; the one that its signer makes is the only one of its view all the same.
        Message::NewView(message) => {
            let (view, value) = (message.view(), message.vote.statement.content.short());
            each(Promise::Says { kind: 6, view, place: 0, value, vote: false });
        }
        Message::Status(_) | Message::Stable(_) | Message::Committed(_) | Message::Exhibit(_) => {}
    }
}

fn vote(kind: u8, view: View, place: u64, digest: &Digest) -> Promise {
    Promise::Says { kind, view, place, value: digest.short(), vote: true }
}

fn short(signature: &Signature) -> u64 {
    signature.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

//! What a message commits its author to, for those who check that nobody goes back on it.

use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Promise};
use types::{Digest, Seq};

use crate::contradict::{ahead, contradict};
use crate::evidence::verify_evidence;
use crate::safety::view_of;
use crate::{Core, Message, Round};

impl Inspect for Core {
    const KINDS: &'static [&'static str] =
        &["proposal", "prevote", "precommit", "polka", "committed", "status", "exhibit"];

    fn kind(message: &Message) -> usize {
        match message {
            Message::Proposal(_) => 0,
            Message::Prevote(_) => 1,
            Message::Precommit(_) => 2,
            Message::Polka(_) => 3,
            Message::Committed(_) => 4,
            Message::Status(_) => 5,
            Message::Exhibit(_) => 6,
        }
    }
    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        match message {
            Message::Proposal(message) => {
                let said = message.propose.statement;
                each(says(1, said.seq, said.round, &said.digest, said.valid_round));
            }
            Message::Prevote(vote) => {
                let said = vote.statement;
                each(says(2, said.seq, said.round, &said.digest, said.valid_round));
            }
            Message::Precommit(vote) => {
                let said = vote.statement;
                each(says(3, said.seq, said.round, &said.digest, None));
            }
            Message::Polka(_)
            | Message::Committed(_)
            | Message::Status(_)
            | Message::Exhibit(_) => {}
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

/// A statement about a height and round, of which there is one of each kind. Older rounds' votes may be repeated, so a
/// vote is not a leaving.
fn says(kind: u8, seq: Seq, round: Round, digest: &Digest, valid: Option<Round>) -> Promise {
    let value = digest.short() ^ valid.map_or(0, |valid| u64::from(valid.get()) + 1);
    Promise::Says { kind, view: view_of(seq, round), place: seq.get(), value, vote: true }
}

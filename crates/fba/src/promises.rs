//! What a message commits its author to, for those who check that nobody goes back on it.

use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Promise};
use types::{Digest, Seq, View};

use crate::contradict::{ahead, contradict};
use crate::evidence::verify_evidence;
use crate::pledge::Pledge;
use crate::{Core, Message};

impl Inspect for Core {
    const KINDS: &'static [&'static str] = &[
        "nominate",
        "prepare",
        "confirm",
        "externalize",
        "want",
        "values",
        "want-quorum-set",
        "quorum-set",
        "status",
    ];

    fn kind(message: &Message) -> usize {
        match message {
            Message::Nominate(_) => 0,
            Message::Ballot(said) => match said.statement.pledge {
                Pledge::Prepare(_) => 1,
                Pledge::Confirm(_) => 2,
                Pledge::Externalize(_) => 3,
            },
            Message::Want(_) => 4,
            Message::Values(_) => 5,
            Message::WantQuorumSet(_) => 6,
            Message::QuorumSet(_) => 7,
            Message::Status(_) => 8,
        }
    }

    /// A ballot's value is fixed at its counter unless h reaches that counter; the value that is accepted as committed
    /// is fixed for the slot. Nominations promise nothing here: they only grow.
    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        let Message::Ballot(said) = message else { return };
        let seq = said.statement.seq;
        match &said.statement.pledge {
            Pledge::Prepare(pledge) if pledge.high >= pledge.ballot.counter => {}
            Pledge::Prepare(pledge) => {
                let view = View::new(pledge.ballot.counter);
                each(says(1, view, seq, &pledge.ballot.value));
            }
            Pledge::Confirm(pledge) => each(says(2, View::ZERO, seq, &pledge.ballot.value)),
            Pledge::Externalize(pledge) => each(says(2, View::ZERO, seq, &pledge.commit.value)),
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

fn says(kind: u8, view: View, seq: Seq, value: &Digest) -> Promise {
    Promise::Says { kind, view, place: seq.get(), value: value.short(), vote: false }
}

//! What a message commits its author to, for those who check that nobody goes back on it.

use crypto::{Signer, Verifier};
use protocol::{Evidence, Inspect, Promise};
use types::View;

use crate::log::places;
use crate::{Core, Message};

/// The names of the messages' kinds, by [`Inspect::kind`].
const KINDS: [&str; 12] = [
    "pre-vote",
    "pre-voted",
    "vote",
    "voted",
    "append",
    "appended",
    "refused",
    "commit",
    "heartbeat",
    "heartbeat-ack",
    "install",
    "timeout-now",
];

impl Inspect for Core {
    const KINDS: &'static [&'static str] = &KINDS;

    fn kind(message: &Message) -> usize {
        match message {
            Message::PreVote(_) => 0,
            Message::PreVoted(_) => 1,
            Message::Vote(_) => 2,
            Message::Voted(_) => 3,
            Message::Append(_) => 4,
            Message::Appended(_) => 5,
            Message::Refused(_) => 6,
            Message::Commit(_) => 7,
            Message::Heartbeat(_) => 8,
            Message::HeartbeatAck(_) => 9,
            Message::Install(_) => 10,
            Message::TimeoutNow(_) => 11,
        }
    }

    /// One vote in a term, and in a term one entry at a place.
    fn promises(message: &Message, each: &mut dyn FnMut(Promise)) {
        match message {
            Message::Vote(ask) => each(vote(ask.term, u64::from(ask.candidate.get()))),
            Message::Voted(answer) if answer.granted => {
                each(vote(answer.term, u64::from(answer.candidate.get())));
                each(Promise::Leaves { view: answer.term });
            }
            Message::Append(append) => {
                let entries = places(append.prev.seq.next()).zip(append.entries.iter());
                for (seq, entry) in entries {
                    let value = entry.content.digest().short() ^ entry.term.get();
                    let (kind, view, place) = (2, append.term, seq.get());
                    each(Promise::Says { kind, view, place, value, vote: false });
                }
            }
            Message::PreVote(_)
            | Message::PreVoted(_)
            | Message::Voted(_)
            | Message::Appended(_)
            | Message::Refused(_)
            | Message::Commit(_)
            | Message::Heartbeat(_)
            | Message::HeartbeatAck(_)
            | Message::Install(_)
            | Message::TimeoutNow(_) => {}
        }
    }

    /// Raft has no place for liars: no drill makes one.
    fn contradict(_message: &Message, _signer: &Signer) -> Option<Message> {
        None
    }

    /// Nothing is signed, so nothing proves anything against anybody.
    fn verify_evidence(_evidence: &Evidence, _verifier: &Verifier) -> bool {
        false
    }
}

const fn vote(view: View, value: u64) -> Promise {
    Promise::Says { kind: 1, view, place: 0, value, vote: true }
}

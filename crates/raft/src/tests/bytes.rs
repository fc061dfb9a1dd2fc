//! The pinned bytes of everything that reaches a wire or a disk.

use std::sync::Arc;

use conformance::check;
use protocol::Payload;
use types::{Digest, NodeId, Prng, Seq, View};

use crate::record::Written;
use crate::{
    Answer, Append, Appended, Ask, CommitTo, Content, Entry, Heartbeat, HeartbeatAck, Install,
    Members, Message, Position, Record, Refused, Snapshot, Term, TimeoutNow,
};

fn bytes<const N: usize>(prng: &mut Prng) -> [u8; N] {
    let mut bytes = [0; N];
    prng.fill(&mut bytes);
    bytes
}
fn view(prng: &mut Prng) -> View {
    View::new(prng.next_u64())
}
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(prng.next_u64())
}
fn node(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::from_le_bytes(bytes(prng)))
}
fn position(prng: &mut Prng) -> Position {
    Position { seq: seq(prng), term: view(prng) }
}
fn members(prng: &mut Prng) -> Arc<Members> {
    let mut set = || (0..prng.below(4)).map(|_| node(prng)).collect();
    Arc::new(Members { voters: set(), outgoing: set(), learners: set() })
}
fn entry(prng: &mut Prng) -> Entry {
    let term = view(prng);
    let content = match prng.below(4) {
        0 => Content::Null,
        1 => Content::Members(members(prng)),
        _ => Content::Payload(Payload::new(&bytes::<24>(prng))),
    };
    Entry { term, content }
}
fn entries(prng: &mut Prng) -> Arc<Vec<Entry>> {
    Arc::new((0..prng.below(4)).map(|_| entry(prng)).collect())
}
fn ask(prng: &mut Prng) -> Ask {
    let (term, candidate, last) = (view(prng), node(prng), position(prng));
    Ask { term, candidate, last, transfer: prng.chance_ppm(500_000) }
}
fn answer(prng: &mut Prng) -> Answer {
    let (term, candidate) = (view(prng), node(prng));
    Answer { term, candidate, granted: prng.chance_ppm(500_000) }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    let term = view(prng);
    match prng.below(12) {
        0 => Message::PreVote(ask(prng)),
        1 => Message::PreVoted(answer(prng)),
        2 => Message::Vote(ask(prng)),
        3 => Message::Voted(answer(prng)),
        4 => {
            let (prev, commit, entries) = (position(prng), seq(prng), entries(prng));
            Message::Append(Append { term, prev, commit, entries })
        }
        5 => Message::Appended(Appended { term, matched: seq(prng) }),
        6 => Message::Refused(Refused { term, prev: seq(prng), hint: position(prng) }),
        7 => Message::Commit(CommitTo { term, seq: seq(prng) }),
        8 => {
            let (commit, round) = (seq(prng), prng.next_u64());
            Message::Heartbeat(Heartbeat { term, commit, round })
        }
        9 => Message::HeartbeatAck(HeartbeatAck { term, round: prng.next_u64() }),
        10 => {
            let (position, digest) = (position(prng), Digest::new(bytes(prng)));
            let members = members(prng);
            Message::Install(Arc::new(Install { term, position, digest, members }))
        }
        _ => Message::TimeoutNow(TimeoutNow { term }),
    }
}

fn record(prng: &mut Prng) -> Record {
    match prng.below(3) {
        0 => {
            let (term, vote) = (view(prng), node(prng));
            Record::Term(Term { term, vote: prng.chance_ppm(500_000).then_some(vote) })
        }
        1 => Record::Append(Written { first: seq(prng), entries: entries(prng) }),
        _ => Record::Snapshot(Snapshot {
            position: position(prng),
            digest: Digest::new(bytes(prng)),
            members: members(prng),
            base: position(prng),
        }),
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("raft::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("raft::Record", record);
}

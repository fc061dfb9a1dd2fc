//! The pinned bytes of everything that reaches a wire or a disk.

use conformance::check;
use crypto::{Signature, Signed};
use protocol::Payload;
use types::{Digest, NodeId, Prng, Seq};

use crate::{
    Ballot, Balloting, Confirm, Externalize, Kept, Message, Nominate, Nomination, Pledge, Pledged,
    Prepare, QuorumSet, Record, Status, Value, Values, Want,
};

fn bytes<const N: usize>(prng: &mut Prng) -> [u8; N] {
    let mut bytes = [0; N];
    prng.fill(&mut bytes);
    bytes
}
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(prng.next_u64())
}
fn digest(prng: &mut Prng) -> Digest {
    Digest::new(bytes(prng))
}
fn node(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::from_le_bytes(bytes(prng)))
}
fn signed<S>(prng: &mut Prng, statement: S) -> Signed<S> {
    Signed { statement, signer: node(prng), signature: Signature(bytes(prng)) }
}
fn maybe<T>(prng: &mut Prng, item: impl Fn(&mut Prng) -> T) -> Option<T> {
    prng.chance_ppm(500_000).then(|| item(prng))
}
fn list<T>(prng: &mut Prng, mut item: impl FnMut(&mut Prng) -> T) -> Vec<T> {
    (0..prng.below(3)).map(|_| item(prng)).collect()
}
fn ascending(prng: &mut Prng) -> Vec<Digest> {
    let mut list = list(prng, digest);
    list.sort();
    list
}
fn value(prng: &mut Prng) -> Value {
    let length = usize::try_from(prng.below(40)).unwrap();
    let bytes: [u8; 40] = bytes(prng);
    Value::new(node(prng), Payload::new(&bytes[..length]))
}
fn ballot(prng: &mut Prng) -> Ballot {
    Ballot::new(prng.next_u64(), digest(prng))
}
fn nomination(prng: &mut Prng) -> Signed<Nomination> {
    let said = Nomination {
        seq: seq(prng),
        quorum_set: digest(prng),
        votes: ascending(prng),
        accepted: ascending(prng),
    };
    signed(prng, said)
}
fn balloting(prng: &mut Prng) -> Signed<Balloting> {
    let pledge = match prng.below(3) {
        0 => Pledge::Prepare(Prepare {
            ballot: ballot(prng),
            prepared: maybe(prng, ballot),
            prepared_prime: maybe(prng, ballot),
            commit: prng.next_u64(),
            high: prng.next_u64(),
        }),
        1 => Pledge::Confirm(Confirm {
            ballot: ballot(prng),
            prepared: prng.next_u64(),
            commit: prng.next_u64(),
            high: prng.next_u64(),
        }),
        _ => Pledge::Externalize(Externalize { commit: ballot(prng), high: prng.next_u64() }),
    };
    let said = Balloting { seq: seq(prng), quorum_set: digest(prng), pledge };
    signed(prng, said)
}
fn quorum_set(prng: &mut Prng, depth: usize) -> QuorumSet {
    let threshold = u32::from_le_bytes(bytes(prng));
    let validators = list(prng, node);
    let inner =
        if depth == 0 { Vec::new() } else { list(prng, |prng| quorum_set(prng, depth - 1)) };
    QuorumSet { threshold, validators, inner }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(7) {
        0 => Message::Nominate(Nominate { said: nomination(prng), value: maybe(prng, value) }),
        1 => Message::Ballot(balloting(prng)),
        2 => Message::Want(Want { seq: seq(prng), values: list(prng, digest) }),
        3 => Message::Values(Values { seq: seq(prng), values: list(prng, value) }),
        4 => Message::WantQuorumSet(digest(prng)),
        5 => Message::QuorumSet(quorum_set(prng, 3)),
        _ => Message::Status(Status { decided: seq(prng) }),
    }
}

fn record(prng: &mut Prng) -> Record {
    match prng.below(4) {
        0 => Record::Value(Kept { seq: seq(prng), value: value(prng) }),
        1 => Record::Nominated(nomination(prng)),
        2 => Record::Pledged(Pledged { said: balloting(prng), high: maybe(prng, ballot) }),
        _ => Record::Base(seq(prng)),
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("fba::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("fba::Record", record);
}

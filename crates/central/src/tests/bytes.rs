//! The pinned bytes of everything that reaches a wire or a disk.

use conformance::check;
use protocol::Payload;
use types::{Digest, Prng, Seq};

use crate::{Ack, Fetch, Message, Order, Record, Stand};

fn seq(prng: &mut Prng) -> Seq {
    Seq::new(prng.next_u64())
}
fn order(prng: &mut Prng) -> Order {
    let mut bytes = [0; 24];
    prng.fill(&mut bytes);
    Order { seq: seq(prng), payload: Payload::new(&bytes) }
}
fn stand(prng: &mut Prng) -> Stand {
    let mut bytes = [0; 32];
    prng.fill(&mut bytes);
    Stand { seq: seq(prng), digest: Digest::new(bytes) }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(4) {
        0 => Message::Order(order(prng)),
        1 => Message::Ack(Ack { seq: seq(prng) }),
        2 => Message::Fetch(Fetch { seq: seq(prng) }),
        _ => Message::Stand(stand(prng)),
    }
}
fn record(prng: &mut Prng) -> Record {
    if prng.chance_ppm(700_000) { Record::Order(order(prng)) } else { Record::Base(seq(prng)) }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("central::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("central::Record", record);
}

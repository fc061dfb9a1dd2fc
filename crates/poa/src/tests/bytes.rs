//! The pinned bytes of everything that reaches a wire or a disk.

use std::sync::Arc;

use conformance::check;
use crypto::{Signature, Signed};
use protocol::Payload;
use types::{Digest, Height, NodeId, Prng, Seq, Time, View};

use crate::safety::Own;
use crate::{
    Anchor, Block, Blocks, Exhibit, Head, Header, Link, Message, Record, Root, Signers, Slot, Vote,
    Want,
};

fn bytes<const N: usize>(prng: &mut Prng) -> [u8; N] {
    let mut bytes = [0; N];
    prng.fill(&mut bytes);
    bytes
}
fn height(prng: &mut Prng) -> Height {
    Height::new(prng.next_u64())
}
fn digest(prng: &mut Prng) -> Digest {
    Digest::new(bytes(prng))
}
fn node(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::from_le_bytes(bytes(prng)))
}
fn list<T>(prng: &mut Prng, mut item: impl FnMut(&mut Prng) -> T) -> Vec<T> {
    (0..prng.below(3)).map(|_| item(prng)).collect()
}
fn slot(prng: &mut Prng) -> Slot {
    let number = prng.next_u64();
    if prng.chance_ppm(500_000) { Slot::Era(number) } else { Slot::Step(number) }
}
fn vote(prng: &mut Prng) -> Vote {
    Vote { target: node(prng), admit: prng.chance_ppm(500_000) }
}
fn link(prng: &mut Prng) -> Link {
    Link { name: digest(prng), height: height(prng) }
}
fn header(prng: &mut Prng) -> Signed<Header> {
    let statement = Header {
        height: height(prng),
        parent: digest(prng),
        time: Time::from_us(prng.next_u64()),
        slot: slot(prng),
        difficulty: bytes::<1>(prng)[0],
        view: View::new(prng.next_u64()),
        payload: digest(prng),
        vote: prng.chance_ppm(500_000).then(|| vote(prng)),
        signers: list(prng, node),
        previous: link(prng),
        strayed: height(prng),
    };
    Signed { statement, signer: node(prng), signature: Signature(bytes(prng)) }
}
fn block(prng: &mut Prng) -> Arc<Block> {
    let length = usize::try_from(prng.below(40)).unwrap();
    let load: [u8; 40] = bytes(prng);
    let payload = prng.chance_ppm(700_000).then(|| Payload::new(&load[..length]));
    Arc::new(Block { header: header(prng), payload })
}
fn signers(prng: &mut Prng) -> Signers {
    let mut signers = Signers::new(&list(prng, node));
    for _ in 0..prng.below(3) {
        let config = crate::Config::new(4);
        signers = signers.after(1, node(prng), Some(vote(prng)), &config);
    }
    signers
}
fn anchor(prng: &mut Prng) -> Anchor {
    Anchor {
        name: digest(prng),
        height: height(prng),
        time: Time::from_us(prng.next_u64()),
        view: View::new(prng.next_u64()),
        weight: prng.next_u64(),
        payloads: Seq::new(prng.next_u64()),
        state: digest(prng),
        signers: signers(prng),
        before: list(prng, node),
    }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(6) {
        0 => Message::Block(block(prng)),
        1 => Message::Want(Want { tip: digest(prng), above: height(prng) }),
        2 => Message::Blocks(Blocks { tip: digest(prng), blocks: list(prng, block) }),
        3 => {
            let (tip, height, settled) = (digest(prng), height(prng), height(prng));
            Message::Head(Head { tip, height, settled })
        }
        4 => Message::Exhibit(Exhibit { first: header(prng), second: header(prng) }.into()),
        _ => Message::Anchor(anchor(prng).into()),
    }
}

fn record(prng: &mut Prng) -> Record {
    if prng.chance_ppm(500_000) {
        return Record::Block(block(prng));
    }
    let own = |prng: &mut Prng| Own { name: digest(prng), height: height(prng), slot: slot(prng) };
    Record::Root(Box::new(Root {
        anchor: anchor(prng),
        own: list(prng, own),
        last: link(prng),
        strayed: height(prng),
        lock: height(prng),
    }))
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("poa::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("poa::Record", record);
}

//! The pinned bytes of everything that reaches a wire or a disk.

use std::sync::Arc;

use conformance::check;
use crypto::{Signature, Signed};
use protocol::Payload;
use types::{Digest, NodeId, Prng, Seq, View};

use crate::message::Votes;
use crate::{
    Ask, Attestation, Block, Checkpoint, Header, Link, Message, Offence, Protection, Record, Root,
    StatusReport, Vote,
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
fn list<T>(prng: &mut Prng, mut item: impl FnMut(&mut Prng) -> T) -> Vec<T> {
    (0..prng.below(3)).map(|_| item(prng)).collect()
}
fn header(prng: &mut Prng) -> Signed<Header> {
    let said = Header {
        slot: prng.next_u64(),
        seq: seq(prng),
        parent: digest(prng),
        era: View::new(prng.next_u64()),
        payload: digest(prng),
    };
    signed(prng, said)
}
fn block(prng: &mut Prng) -> Arc<Block> {
    let length = usize::try_from(prng.below(40)).unwrap();
    let bytes: [u8; 40] = bytes(prng);
    Arc::new(Block { header: header(prng), payload: Payload::new(&bytes[..length]) })
}
fn checkpoint(prng: &mut Prng) -> Checkpoint {
    Checkpoint { epoch: prng.next_u64(), seq: seq(prng), block: digest(prng) }
}
fn attestation(prng: &mut Prng) -> Signed<Attestation> {
    let said =
        Attestation { head: digest(prng), source: checkpoint(prng), target: checkpoint(prng) };
    signed(prng, said)
}
fn link(prng: &mut Prng) -> Arc<Link> {
    let vote = |prng: &mut Prng| Vote {
        signer: node(prng),
        head: digest(prng),
        signature: Signature(bytes(prng)),
    };
    Arc::new(Link { source: checkpoint(prng), target: checkpoint(prng), votes: list(prng, vote) })
}
fn offence(prng: &mut Prng) -> Offence {
    if prng.chance_ppm(500_000) {
        Offence::Proposals((header(prng), header(prng)))
    } else {
        Offence::Attestations((attestation(prng), attestation(prng)))
    }
}
fn status(prng: &mut Prng) -> StatusReport {
    StatusReport {
        finalized: prng.next_u64(),
        justified: prng.next_u64(),
        decided: seq(prng),
        head: digest(prng),
    }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(8) {
        0 => Message::Proposal(block(prng)),
        1 => Message::Attestation(attestation(prng)),
        2 => Message::Block(block(prng)),
        3 => Message::Link(link(prng)),
        4 => Message::Ask(Ask { block: digest(prng), above: seq(prng) }),
        5 => Message::Status(status(prng)),
        6 => Message::Evidence(Arc::new(offence(prng))),
        _ => Message::Votes(Votes(Arc::new(list(prng, attestation)))),
    }
}

/// Any record, of any kind.
pub(super) fn record(prng: &mut Prng) -> Record {
    match prng.below(7) {
        6 => Record::Slashed(Arc::new(offence(prng))),
        0 => Record::Proposed(block(prng)),
        1 => Record::Attested(attestation(prng)),
        2 => Record::Block(block(prng)),
        3 => Record::Link(link(prng)),
        4 => Record::Root(Root { checkpoint: checkpoint(prng), slot: prng.next_u64() }),
        _ => Record::Protection(Protection {
            slot: prng.next_u64(),
            source_epoch: prng.next_u64(),
            target_epoch: prng.next_u64(),
        }),
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("pos::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("pos::Record", record);
}

//! The pinned bytes of everything that reaches a wire or a disk.

use std::sync::Arc;

use conformance::check;
use protocol::Payload;
use types::{Digest, Duration, Height, NodeId, Prng, Seq, Time, View};

use crate::{Ask, Base, Block, Blocks, Header, Message, Record, Start, Target};

fn digest(prng: &mut Prng) -> Digest {
    let mut bytes = [0; 32];
    prng.fill(&mut bytes);
    Digest::new(bytes)
}
fn list<T>(prng: &mut Prng, mut item: impl FnMut(&mut Prng) -> T) -> Vec<T> {
    (0..prng.below(3)).map(|_| item(prng)).collect()
}
fn payload(prng: &mut Prng) -> Option<Payload> {
    let mut bytes = [0; 40];
    prng.fill(&mut bytes);
    let length = usize::try_from(prng.below(40)).unwrap();
    prng.chance_ppm(700_000).then(|| Payload::new(&bytes[..length]))
}
fn block(prng: &mut Prng) -> Arc<Block> {
    let payload = payload(prng);
    let is_whole = prng.chance_ppm(800_000);
    let named = payload.as_ref().map_or(Digest::ZERO, Payload::digest);
    let header = Header {
        parent: digest(prng),
        height: Height::new(prng.next_u64()),
        time: Time::from_us(prng.next_u64()),
        target: Target::from_compact(u32::try_from(prng.below(1 << 32)).unwrap()),
        miner: NodeId::new(u16::try_from(prng.below(1 << 16)).unwrap()),
        view: View::new(prng.next_u64()),
        seq: Seq::new(prng.next_u64()),
        payload: if is_whole { named } else { digest(prng) },
        nonce: prng.next_u64(),
    };
    Arc::new(Block { header, payload })
}
fn base(prng: &mut Prng) -> Base {
    Base {
        block: block(prng),
        times: list(prng, |prng| Time::from_us(prng.next_u64())),
        active: Duration::from_us(prng.next_u64()),
        since: Duration::from_us(prng.next_u64()),
    }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(5) {
        0 => Message::Block(block(prng)),
        1 => Message::Head(digest(prng)),
        2 => Message::Ask(Ask { have: list(prng, digest) }),
        3 => Message::Blocks(Blocks { blocks: list(prng, block) }),
        _ => Message::Base(Arc::new(base(prng))),
    }
}

pub(super) fn record(prng: &mut Prng) -> Record {
    match prng.below(3) {
        0 => Record::Base(Start { base: base(prng), line: Height::new(prng.next_u64()) }),
        1 => Record::Adopted(list(prng, block)),
        _ => Record::Halted(digest(prng)),
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("pow::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("pow::Record", record);
}

//! The pinned bytes of everything that reaches a wire or a disk.

use std::sync::Arc;

use conformance::check;
use crypto::{Aggregate, Certificate, Signature, Signed};
use protocol::Payload;
use types::{Digest, NodeId, Prng, Seq, View};

use crate::block::Header;
use crate::{
    Block, Expire, ExpireGroup, Fetch, Link, Message, Proposal, Qc, Record, Tc, Timeout, Vote,
    Voted,
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
fn digest(prng: &mut Prng) -> Digest {
    Digest::new(bytes(prng))
}
fn member(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::try_from(prng.below(1_000)).unwrap())
}
fn signed<S>(prng: &mut Prng, statement: S) -> Signed<S> {
    Signed { statement, signer: member(prng), signature: Signature(bytes(prng)) }
}
fn list<T>(prng: &mut Prng, min: u64, mut item: impl FnMut(&mut Prng) -> T) -> Vec<T> {
    (0..prng.between(min, 3)).map(|_| item(prng)).collect()
}
fn maybe<T>(prng: &mut Prng, item: impl FnOnce(&mut Prng) -> T) -> Option<T> {
    prng.chance_ppm(600_000).then(|| item(prng))
}
fn certificate(prng: &mut Prng) -> Certificate {
    if prng.chance_ppm(500_000) {
        let signers = list(prng, 1, member);
        return Certificate::Aggregate(Aggregate::new(signers.into_iter(), bytes(prng)));
    }
    let votes = list(prng, 1, |prng| (member(prng), Signature(bytes(prng))));
    Certificate::List(votes.into_iter().collect())
}
fn link(prng: &mut Prng) -> Link {
    Link { view: view(prng), block: digest(prng) }
}
fn vote(prng: &mut Prng) -> Vote {
    Vote { view: view(prng), block: digest(prng), justify: view(prng), lock: view(prng) }
}
fn qc(prng: &mut Prng) -> Arc<Qc> {
    Arc::new(Qc { vote: vote(prng), votes: maybe(prng, certificate) })
}
fn tc(prng: &mut Prng) -> Arc<Tc> {
    let group = |prng: &mut Prng| ExpireGroup { high: view(prng), votes: certificate(prng) };
    Arc::new(Tc { view: view(prng), groups: list(prng, 0, group), high_qc: qc(prng) })
}
fn payload(prng: &mut Prng) -> Payload {
    let length = usize::try_from(prng.below(40)).unwrap();
    let bytes: [u8; 40] = bytes(prng);
    Payload::new(&bytes[..length])
}
fn proposal(prng: &mut Prng) -> Arc<Proposal> {
    let header = Header {
        view: view(prng),
        regime: view(prng),
        seq: seq(prng),
        proposer: member(prng),
        suspended: list(prng, 0, member),
    };
    let block = Block::new(header, qc(prng), maybe(prng, payload));
    Arc::new(Proposal { block, signature: Signature(bytes(prng)), tc: maybe(prng, tc) })
}
fn timeout(prng: &mut Prng) -> Arc<Timeout> {
    let expire = Expire { view: view(prng), high: view(prng) };
    let voted = vote(prng);
    Arc::new(Timeout {
        expire: signed(prng, expire),
        high_qc: qc(prng),
        tc: maybe(prng, tc),
        vote: maybe(prng, |prng| signed(prng, voted)),
    })
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(7) {
        0 => Message::Proposal(proposal(prng)),
        1 => {
            let said = vote(prng);
            Message::Vote(signed(prng, said))
        }
        2 => Message::Timeout(timeout(prng)),
        3 => Message::Certified(qc(prng)),
        4 => Message::Expired(tc(prng)),
        5 => Message::Fetch(Fetch { block: link(prng), above: seq(prng) }),
        _ => Message::Blocks(list(prng, 0, proposal)),
    }
}

fn voted(prng: &mut Prng) -> Voted {
    Voted { lock: link(prng), vote: vote(prng), proposal: proposal(prng) }
}

fn record(prng: &mut Prng) -> Record {
    match prng.below(6) {
        0 => Record::Proposed(voted(prng)),
        1 => Record::Voted(voted(prng)),
        2 => Record::TimedOut(timeout(prng)),
        3 => Record::Certified(qc(prng)),
        4 => Record::Expired(tc(prng)),
        _ => Record::Kept(proposal(prng)),
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("hotstuff::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("hotstuff::Record", record);
}

//! The pinned bytes of everything that reaches a wire or a disk.

use std::sync::Arc;

use conformance::check;
use crypto::{Signature, Signatures, Signed};
use protocol::Payload;
use types::{Digest, NodeId, Prng, Seq};

use crate::{
    Committed, Message, Polka, Precommit, Prevote, Proposal, Propose, Record, Round, StatusReport,
};

fn bytes<const N: usize>(prng: &mut Prng) -> [u8; N] {
    let mut bytes = [0; N];
    prng.fill(&mut bytes);
    bytes
}
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(prng.next_u64())
}
fn round(prng: &mut Prng) -> Round {
    Round::new(u32::from_le_bytes(bytes(prng)))
}
fn valid_round(prng: &mut Prng) -> Option<Round> {
    prng.chance_ppm(500_000).then(|| round(prng))
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
fn signatures(prng: &mut Prng) -> Signatures {
    (0..prng.below(4)).map(|_| (node(prng), Signature(bytes(prng)))).collect()
}
fn payload(prng: &mut Prng) -> Payload {
    let length = usize::try_from(prng.below(40)).unwrap();
    let bytes: [u8; 40] = bytes(prng);
    Payload::new(&bytes[..length])
}
fn propose(prng: &mut Prng) -> Signed<Propose> {
    let (seq, round, digest, valid_round) =
        (seq(prng), round(prng), digest(prng), valid_round(prng));
    signed(prng, Propose { seq, round, digest, valid_round })
}
fn prevote(prng: &mut Prng) -> Prevote {
    Prevote {
        seq: seq(prng),
        round: round(prng),
        digest: digest(prng),
        valid_round: valid_round(prng),
    }
}
fn precommit(prng: &mut Prng) -> Precommit {
    Precommit { seq: seq(prng), round: round(prng), digest: digest(prng) }
}
fn polka(prng: &mut Prng) -> Arc<Polka> {
    Arc::new(Polka { prevote: prevote(prng), prevotes: signatures(prng) })
}
fn proposal(prng: &mut Prng) -> Arc<Proposal> {
    let (propose, payload) = (propose(prng), payload(prng));
    let polka = prng.chance_ppm(400_000).then(|| polka(prng));
    Arc::new(Proposal { propose, payload, polka })
}
fn committed(prng: &mut Prng) -> Arc<Committed> {
    let (precommit, payload) = (precommit(prng), payload(prng));
    Arc::new(Committed { precommit, payload, precommits: signatures(prng) })
}
fn status(prng: &mut Prng) -> StatusReport {
    StatusReport { seq: seq(prng), round: round(prng), valid_round: valid_round(prng) }
}

/// Any message, of any kind.
pub(super) fn message(prng: &mut Prng) -> Message {
    match prng.below(7) {
        0 => Message::Proposal(proposal(prng)),
        1 => {
            let said = prevote(prng);
            Message::Prevote(signed(prng, said))
        }
        2 => {
            let said = precommit(prng);
            Message::Precommit(signed(prng, said))
        }
        3 => Message::Polka(polka(prng)),
        4 => Message::Committed(committed(prng)),
        5 => Message::Status(status(prng)),
        _ => Message::Exhibit(propose(prng)),
    }
}

fn record(prng: &mut Prng) -> Record {
    match prng.below(6) {
        0 => Record::Proposed(proposal(prng)),
        1 => {
            let said = prevote(prng);
            Record::Prevoted(signed(prng, said))
        }
        2 => Record::Valid(proposal(prng), polka(prng)),
        3 => {
            let said = precommit(prng);
            Record::Precommitted(signed(prng, said))
        }
        4 => Record::Excuse(polka(prng)),
        _ => Record::Decided(committed(prng)),
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("tendermint::Message", message);
}

#[test]
fn the_bytes_of_records_are_pinned() {
    check("tendermint::Record", record);
}

//! The pinned bytes, and bytes of nobody.

use codec::{Bytes, Decode, Encode};
use conformance::check;
use types::limits::PAYLOAD_BYTES_MAX;
use types::{Digest, NodeId, Prng, Seq};

use super::{initial, place};
use crate::{Carried, Claim, Message, Place};

fn random_place(prng: &mut Prng) -> Place {
    let sender = NodeId::new(u16::try_from(prng.below(1 << 16)).unwrap());
    Place { sender, seq: Seq::new(prng.next_u64()) }
}
fn message(prng: &mut Prng) -> Message {
    let place = random_place(prng);
    let mut payload = vec![0; usize::try_from(prng.below(40)).unwrap()];
    prng.fill(&mut payload);
    let carried = Carried { place, payload: std::sync::Arc::new(Bytes(payload)) };
    match prng.below(3) {
        0 => Message::Initial(carried),
        1 => Message::Echo(carried),
        _ => {
            let mut digest = [0; 32];
            prng.fill(&mut digest);
            Message::Ready(Claim { place, digest: Digest::new(digest) })
        }
    }
}

#[test]
fn the_bytes_of_messages_are_pinned() {
    check("broadcast::Message", message);
}

#[test]
fn a_payload_has_its_bound_on_the_wire() {
    let bytes = |length| initial(place(0, 0), &vec![0; length]).to_bytes();
    assert!(Message::from_bytes(&bytes(PAYLOAD_BYTES_MAX)).is_ok());
    assert!(Message::from_bytes(&bytes(PAYLOAD_BYTES_MAX + 1)).is_err());
}

#[test]
fn bytes_of_nobody_do_not_panic() {
    let mut prng = Prng::new(4, 0);
    let mut replica = crate::Broadcast::new(NodeId::new(0), 4);
    for _ in 0..20_000 {
        let mut bytes = vec![0; usize::try_from(prng.below(60)).unwrap()];
        prng.fill(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            *first %= 4;
        }
        if let Ok(message) = Message::from_bytes(&bytes) {
            let _ = replica.receive(NodeId::new(1), &message);
        }
        let mut message = message(&mut prng);
        if let Message::Initial(carried) | Message::Echo(carried) = &mut message {
            carried.place.sender = NodeId::new(u16::try_from(prng.below(6)).unwrap());
        }
        let _ = replica.receive(NodeId::new(u16::try_from(prng.below(6)).unwrap()), &message);
    }
}

#[test]
fn a_digest_is_bound_to_sender_number_and_payload() {
    let digest = |sender, seq, payload: &[u8]| super::carried(place(sender, seq), payload).digest();
    let one = digest(0, 0, b"word");
    for other in [digest(1, 0, b"word"), digest(0, 1, b"word"), digest(0, 0, b"work")] {
        assert_ne!(one, other);
    }
}

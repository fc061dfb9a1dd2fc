//! Hostile input: bytes that are no message, and messages that make no sense.

use codec::{Decode as _, Encode as _};
use proptest::prelude::*;
use protocol::{Input, Payload, Reply};
use testkit::{ms, request};
use types::{Digest, NodeId, Prng, Seq, View};

use super::world::World;
use crate::{Ack, Fetch, Message, Order, Record, Stand, Timer};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Message::from_bytes(&bytes);
        let _ = Record::from_bytes(&bytes);
    }

    #[test]
    fn spoilt_messages_never_panic(seed in any::<u64>(), place in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = super::bytes::message(&mut Prng::new(seed, 0)).to_bytes();
        let length = bytes.len();
        bytes[place % length] = byte;
        if let Ok(message) = Message::from_bytes(&bytes) {
            prop_assert_eq!(message.to_bytes(), bytes);
        }
    }

    #[test]
    fn hostile_messages_never_panic(seed in any::<u64>()) {
        besiege(seed);
    }
}

/// Numbers that are near what a replica works with, or absurd.
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(match prng.below(6) {
        0 => u64::MAX - prng.below(3),
        1 => 1 << prng.below(63),
        _ => prng.below(24),
    })
}

fn besiege(seed: u64) {
    let mut prng = Prng::new(seed, 3);
    let mut world = World::with(4, None, |config| config.orders_kept = 3);
    world.submit(request(1, 1));
    for _ in 0..150 {
        let to = u16::try_from(prng.below(4)).unwrap();
        let from = u16::try_from(prng.below(6)).unwrap();
        let (place, digest, view) = (seq(&mut prng), Digest::ZERO, View::ZERO);
        let payload = Payload::new(&prng.below(4).to_le_bytes());
        match prng.below(12) {
            0 => world.restart(to),
            1 => world.step(NodeId::new(to), Input::Timeout(Timer::Retry)),
            2 => world.run(ms(30)),
            3 => {
                let reply = match prng.below(4) {
                    0 => Reply::Built { view, seq: place, payload: Some(payload) },
                    1 => Reply::Checked { view, seq: place, digest: payload.digest(), valid: true },
                    2 => Reply::Executed { seq: place, digest, done: Vec::new() },
                    _ => Reply::Transferred { seq: place, digest, done: Vec::new() },
                };
                world.step(NodeId::new(to), Input::Reply(reply));
            }
            kind if from != to => {
                let message = match kind % 4 {
                    0 => Message::Order(Order { seq: place, payload }),
                    1 => Message::Ack(Ack { seq: place }),
                    2 => Message::Fetch(Fetch { seq: place }),
                    _ => Message::Stand(Stand { seq: place, digest }),
                };
                world.inject(from, to, message);
            }
            _ => world.run(ms(1)),
        }
    }
    world.run(ms(20));
    assert!(world.nodes.iter().all(|node| node.core.is_some()), "nothing ends a replica");
}

//! Random lies, random order.

use types::{NodeId, Prng};

use super::{World, echo, initial, place, ready};
use crate::Message;
use crate::tests::Verdict;

const SEEDS: u64 = match option_env!("UNISONO_BROADCAST_SEEDS") {
    Some(_) => 100_000,
    None => 300,
};

const PAYLOADS: [&[u8]; 3] = [b"black", b"white", b""];

fn lie(prng: &mut Prng, n: usize, liar: usize) -> Message {
    let payload = PAYLOADS[usize::try_from(prng.below(3)).unwrap()];
    let sender = usize::try_from(prng.below(n as u64)).unwrap();
    match prng.below(5) {
        0 => initial(place(liar, prng.below(2)), payload),
        1 | 2 => echo(place(sender, prng.below(3)), payload),
        _ => ready(place(sender, prng.below(3)), payload),
    }
}

fn run(seed: u64) -> Verdict {
    let mut prng = Prng::new(seed, 1);
    let n = usize::try_from(prng.between(4, 10)).unwrap();
    let mut world = World::new(n, None, seed);
    for sender in 0..world.honest {
        for _ in 0..prng.below(3) {
            world.send(sender, PAYLOADS[usize::try_from(prng.below(3)).unwrap()]);
        }
    }
    for liar in world.honest..n {
        for _ in 0..prng.below(60) {
            let message = lie(&mut prng, n, liar);
            if prng.below(2) == 0 {
                world.say(liar, &message);
            } else {
                world.tell(liar, usize::try_from(prng.below(n as u64)).unwrap(), message);
            }
        }
    }
    world.run();
    world.check()
}

#[test]
fn the_rules_hold_under_random_lies() {
    for seed in 0..SEEDS {
        assert_eq!(run(seed), Ok(()), "seed {seed}");
    }
}

/// However much f liars say, a replica's state has its bound.
#[test]
fn lies_take_a_bounded_room() {
    let n = 7;
    let mut world = World::new(n, None, 1);
    let mut prng = Prng::new(9, 0);
    for _ in 0..20_000 {
        let from = NodeId::new(u16::try_from(prng.below(n as u64)).unwrap());
        let mut message = lie(&mut prng, n, from.index());
        let payload = prng.next_u64().to_le_bytes();
        let far = place(usize::try_from(prng.below(n as u64)).unwrap(), prng.below(20));
        if prng.below(2) == 0 {
            message = echo(far, &payload);
        }
        let _ = world.replicas[0].receive(from, &message);
    }
    let (places, payloads) = world.replicas[0].held();
    assert!(places <= n * crate::SEQUENCES_OPEN_MAX, "{places} places");
    assert!(payloads <= 3 * places, "{payloads} payloads");
}

//! Hostile input: bytes that are no message, messages that make no sense, blocks by somebody who holds all keys.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::Signer;
use proptest::prelude::*;
use protocol::{Input, Protocol as _, Reject, Reply};
use testkit::{Cluster, ms, node, payload, request};
use types::{Digest, Height, NodeId, Prng, Seq, Time, View};

use super::forge::forge_on;
use crate::{
    Anchor, Block, Blocks, Core, Exhibit, Head, Header, Link, Message, Record, Slot, Style, Timer,
    Vote, Want,
};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

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
fn number(prng: &mut Prng) -> u64 {
    match prng.below(8) {
        0 => u64::MAX - prng.below(3),
        1 => 1 << prng.below(63),
        2..=4 => prng.below(4),
        _ => prng.below(24),
    }
}
fn digest(prng: &mut Prng, core: &Core) -> Digest {
    let known = core.tree.entries();
    let at = usize::try_from(prng.below(known.len() as u64 + 1)).unwrap();
    known.get(at).map_or(Digest::new([7; 32]), |entry| entry.name)
}

fn spoil(prng: &mut Prng, core: &Core, header: &mut Header) {
    for _ in 0..prng.below(3) {
        match prng.below(11) {
            0 => header.height = Height::new(number(prng)),
            1 => header.parent = digest(prng, core),
            2 => header.time = Time::from_us(number(prng)),
            3 => header.slot = Slot::Era(number(prng)),
            4 => header.slot = Slot::Step(number(prng)),
            5 => header.difficulty = u8::try_from(prng.below(256)).unwrap(),
            6 => header.view = View::new(number(prng)),
            7 => {
                let target = NodeId::new(u16::try_from(number(prng) & 0xffff).unwrap());
                header.vote = Some(Vote { target, admit: prng.chance_ppm(500_000) });
            }
            8 => header.signers = (0..4).map(node).collect(),
            9 => {
                header.previous =
                    Link { name: digest(prng, core), height: Height::new(number(prng)) };
            }
            _ => header.strayed = Height::new(number(prng)),
        }
    }
}

fn block(prng: &mut Prng, core: &Core, signer: &Signer, now: Time) -> Arc<Block> {
    let parent = usize::try_from(prng.below(core.tree.len() as u64)).unwrap();
    let parent = if prng.chance_ppm(700_000) { core.best } else { parent };
    let load = prng.chance_ppm(400_000).then(|| payload(&[request(1, prng.below(9))]));
    let mut spoiling = prng.clone();
    prng.next_u64();
    forge_on(core, parent, signer, now, load, |header| spoil(&mut spoiling, core, header))
}

fn hostile(prng: &mut Prng, cluster: &Cluster<Core>, by: u16) -> Message {
    let (core, signer, now) = (cluster.core(1), cluster.signer(by), cluster.now);
    match prng.below(12) {
        0 => Message::Want(Want { tip: digest(prng, core), above: Height::new(number(prng)) }),
        1 => {
            let tip = digest(prng, core);
            let blocks = (0..prng.below(40)).map(|_| {
                let by = u16::try_from(prng.below(4)).unwrap();
                block(prng, core, cluster.signer(by), now)
            });
            Message::Blocks(Blocks { tip, blocks: blocks.collect() })
        }
        2 => {
            let (height, settled) = (Height::new(number(prng)), Height::new(number(prng)));
            Message::Head(Head { tip: digest(prng, core), height, settled })
        }
        3 => {
            let first = block(prng, core, signer, now).header.clone();
            let second = block(prng, core, signer, now).header.clone();
            Message::Exhibit(Arc::new(Exhibit { first, second }))
        }
        4 => Message::Anchor(Arc::new(Anchor {
            name: digest(prng, core),
            height: Height::new(number(prng)),
            time: Time::from_us(number(prng)),
            weight: number(prng),
            payloads: Seq::new(number(prng) % 2),
            ..Anchor::genesis(&core.config)
        })),
        _ => Message::Block(block(prng, core, signer, now)),
    }
}

fn reply(prng: &mut Prng) -> Reply {
    let (view, seq, digest) =
        (View::new(number(prng)), Seq::new(number(prng)), Digest::new([3; 32]));
    match prng.below(5) {
        0 => Reply::Built { view, seq, payload: Some(payload(&[request(1, 1)])) },
        1 => Reply::Checked { view, seq, digest, valid: prng.chance_ppm(500_000) },
        2 => Reply::Executed { seq: Seq::new(prng.below(3)), digest, done: vec![digest] },
        3 => Reply::Transferred { seq: Seq::new(prng.below(3)), digest, done: vec![digest] },
        _ => Reply::Diverged { seq },
    }
}

/// One core among nothing but liars with all keys: it may be led anywhere, but it never panics, and what it keeps stays
/// bounded.
fn besiege(seed: u64) {
    let mut prng = Prng::new(seed, 3);
    let style = if prng.chance_ppm(500_000) { Style::Clique } else { Style::Aura };
    let mut cluster = Cluster::<Core>::with(4, None, |config| {
        config.style = style;
        config.epoch = 5;
    });
    for index in [0, 2, 3] {
        cluster.corrupt(index);
    }
    for _ in 0..60 {
        let by = [0, 2, 3][usize::try_from(prng.below(3)).unwrap()];
        let message = cluster.signer(by).own(hostile(&mut prng, &cluster, by));
        let input = match prng.below(12) {
            0 => Input::Timeout([Timer::Seal, Timer::Retry, Timer::Early][usize::from(by % 3)]),
            1 => Input::Submit(Digest::new([u8::try_from(by).unwrap(); 32])),
            2 => Input::Reply(reply(&mut prng)),
            _ => Input::Receive { from: node(by), message },
        };
        cluster.step(node(1), input);
        cluster.run(ms(prng.below(150)));
        let _ = cluster.core(1).status();
        if prng.chance_ppm(50_000) {
            cluster.restart(1);
        }
    }
}

/// A flood of blocks that lead nowhere, and of sealers' twins: bounded, and counted.
#[test]
fn a_flood_is_bounded() {
    let mut cluster = Cluster::<Core>::new(4, None);
    cluster.corrupt(3);
    cluster.run(ms(1_000));
    for count in 0..1_500_u64 {
        let signer = cluster.signer(3).clone();
        let (core, signer, now) = (cluster.core(0), &signer, cluster.now);
        let twin = forge_on(core, 0, signer, now, None, |header| {
            header.strayed = Height::new(count);
        });
        let orphan = forge_on(core, 0, signer, now, None, |header| {
            header.parent = Digest::new([9; 32]);
            header.strayed = Height::new(count);
        });
        for block in [twin, orphan] {
            let message = signer.own(Message::Block(block));
            cluster.step(node(0), Input::Receive { from: node(3), message });
        }
        if count % 100 == 0 {
            cluster.run(ms(5));
        }
    }
    let core = cluster.core(0);
    assert!(core.status().log_entries <= 2_048 + 2 * 16 + 33, "{}", core.status().log_entries);
    assert!(cluster.at(0).disk.len() <= 5_000);
    assert!(cluster.at(0).evidence.len() <= 16);
    assert!(cluster.at(0).rejects.iter().any(|reject| reject.1 == Reject::Conflicting));
    cluster.lives(1, ms(5_000)).unwrap();
}

#[test]
fn a_peer_outside_the_set_is_a_stranger() {
    let mut cluster = Cluster::<Core>::new(4, None);
    let (tip, height) = (Digest::ZERO, Height::ZERO);
    let message = cluster.signer(2).own(Message::Head(Head { tip, height, settled: height }));
    cluster.step(node(1), Input::Receive { from: NodeId::new(900), message });
    assert_eq!(cluster.at(1).rejects, [(NodeId::new(900), Reject::Stranger)]);
}

//! Hostile input: bytes that are no message, and messages that make no sense. Lies are out of the model, so nothing is
//! asked of the outcome but that no input ends a replica.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use proptest::prelude::*;
use protocol::{Input, Payload, Protocol as _, Reply};
use testkit::{ms, request};
use types::{Digest, NodeId, Prng, Seq, View};

use super::world::{World, elect, ids};
use crate::{
    Answer, Append, Appended, Ask, CommitTo, Content, Entry, Heartbeat, HeartbeatAck, Install,
    Members, Message, Position, Record, Refused, TimeoutNow, Timer,
};

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
fn number(prng: &mut Prng) -> u64 {
    match prng.below(8) {
        0 => u64::MAX - prng.below(3),
        1 => 1 << prng.below(63),
        2..=4 => prng.below(4),
        _ => prng.below(24),
    }
}
fn view(prng: &mut Prng) -> View {
    View::new(number(prng))
}
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(number(prng))
}
fn position(prng: &mut Prng) -> Position {
    Position { seq: seq(prng), term: view(prng) }
}
fn node(prng: &mut Prng) -> NodeId {
    NodeId::new(u16::try_from(number(prng) % 70_000).unwrap_or(u16::MAX))
}
fn members(prng: &mut Prng) -> Arc<Members> {
    let mut set = |most: u64| (0..prng.below(most)).map(|_| node(prng)).collect();
    Arc::new(Members { voters: set(4), outgoing: set(2), learners: set(3) })
}
fn entry(prng: &mut Prng) -> Entry {
    let term = view(prng);
    let content = match prng.below(5) {
        0 => Content::Null,
        1 => Content::Members(members(prng)),
        _ => Content::Payload(Payload::new(&prng.below(4).to_le_bytes())),
    };
    Entry { term, content }
}
fn message(prng: &mut Prng) -> Message {
    let term = view(prng);
    let granted = prng.chance_ppm(700_000);
    let candidate = node(prng);
    match prng.below(12) {
        kind @ (0 | 2) => {
            let ask = Ask { term, candidate, last: position(prng), transfer: granted };
            if kind == 0 { Message::PreVote(ask) } else { Message::Vote(ask) }
        }
        kind @ (1 | 3) => {
            let answer = Answer { term, candidate, granted };
            if kind == 1 { Message::PreVoted(answer) } else { Message::Voted(answer) }
        }
        4 => {
            let (prev, commit) = (position(prng), seq(prng));
            let count = if prng.chance_ppm(10_000) { 300 } else { prng.below(5) };
            let entries = Arc::new((0..count).map(|_| entry(prng)).collect());
            Message::Append(Append { term, prev, commit, entries })
        }
        5 => Message::Appended(Appended { term, matched: seq(prng) }),
        6 => Message::Refused(Refused { term, prev: seq(prng), hint: position(prng) }),
        7 => Message::Commit(CommitTo { term, seq: seq(prng) }),
        8 => Message::Heartbeat(Heartbeat { term, commit: seq(prng), round: number(prng) }),
        9 => Message::HeartbeatAck(HeartbeatAck { term, round: number(prng) }),
        10 => {
            let (position, members) = (position(prng), members(prng));
            let install = Install { term, position, digest: Digest::ZERO, members };
            Message::Install(Arc::new(install))
        }
        _ => Message::TimeoutNow(TimeoutNow { term }),
    }
}
fn reply(prng: &mut Prng) -> Reply {
    let (view, seq, digest) = (view(prng), seq(prng), Digest::ZERO);
    match prng.below(6) {
        0 => Reply::Built { view, seq, payload: Some(Payload::new(b"x")) },
        1 => Reply::Built { view, seq, payload: None },
        2 => Reply::Checked { view, seq, digest, valid: prng.chance_ppm(800_000) },
        3 => Reply::Executed { seq, digest, done: vec![digest] },
        4 => Reply::Transferred { seq, digest, done: vec![digest] },
        _ => Reply::Mined { work: digest, nonce: 0 },
    }
}

fn besiege(seed: u64) {
    let mut prng = Prng::new(seed, 3);
    let mut world = World::with(4, None, |config| config.snapshot_interval = 3);
    let _ = elect(&mut world, 0);
    world.submit(request(1, 1));
    for _ in 0..150 {
        let to = u16::try_from(prng.below(4)).unwrap();
        let from = u16::try_from(prng.below(6)).unwrap();
        match prng.below(40) {
            0 => world.restart(to),
            1 => world.step(NodeId::new(to), Input::Timeout(Timer::Election)),
            2 => world.step(NodeId::new(to), Input::Timeout(Timer::Transfer)),
            3 => world.step(NodeId::new(to), Input::Reply(reply(&mut prng))),
            4 => world.with_core(NodeId::new(to), |core, ctx| {
                let _ = core.change_members(ids(&[0, 1, from]), ids(&[2]), ctx);
                let _ = core.transfer_leadership(NodeId::new(from), ctx);
                let _ = core.read(1, ctx);
            }),
            5 => world.run(ms(60)),
            _ if from != to => world.inject(from, to, message(&mut prng)),
            _ => world.run(ms(1)),
        }
    }
    world.run(ms(20));
    for node in &world.nodes {
        let core = node.core.as_ref().expect("nothing ends a replica");
        let _ = core.status();
    }
}

//! Hostile input: bytes that are no message, and messages that make no sense, by somebody who holds all keys.

use codec::{Decode as _, Encode as _};
use crypto::Signer;
use proptest::prelude::*;
use protocol::{Input, Protocol as _, Reply};
use testkit::{ms, node, payload, request};
use types::{Digest, NodeId, Prng, Seq, View};

use super::World;
use crate::{
    Ballot, Balloting, Confirm, Externalize, Message, Nominate, Nomination, Pledge, Prepare,
    QuorumSet, Record, Status, Timer, Value, Values, Want,
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
        2..=5 => prng.below(4),
        _ => prng.below(24),
    }
}
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(number(prng))
}
fn value(prng: &mut Prng) -> Value {
    let client = u16::try_from(prng.below(4)).unwrap();
    Value::new(node(client), payload(&[request(client, 1)]))
}
fn digest(prng: &mut Prng) -> Digest {
    if prng.chance_ppm(100_000) { Digest::ZERO } else { value(prng).digest() }
}
fn digests(prng: &mut Prng) -> Vec<Digest> {
    let mut list: Vec<Digest> = (0..prng.below(4)).map(|_| digest(prng)).collect();
    list.sort();
    list.dedup();
    list
}
fn ballot(prng: &mut Prng) -> Ballot {
    Ballot::new(number(prng), digest(prng))
}
fn set(prng: &mut Prng) -> QuorumSet {
    match prng.below(6) {
        0 => QuorumSet::of(u32::try_from(prng.below(4)).unwrap(), &[0, 1, 2]),
        1 => QuorumSet::of(1, &[900]),
        _ => QuorumSet::flat(4),
    }
}

fn pledge(prng: &mut Prng) -> Pledge {
    let (ballot, at) = (ballot(prng), number(prng));
    match prng.below(3) {
        0 => {
            let prepared = prng.chance_ppm(600_000).then(|| self::ballot(prng));
            let prepared_prime = prng.chance_ppm(300_000).then(|| self::ballot(prng));
            let commit = if prng.chance_ppm(500_000) { 0 } else { at };
            Pledge::Prepare(Prepare {
                ballot,
                prepared,
                prepared_prime,
                commit,
                high: number(prng),
            })
        }
        1 => {
            let (commit, high) = (number(prng), number(prng));
            Pledge::Confirm(Confirm { ballot, prepared: at, commit, high })
        }
        _ => Pledge::Externalize(Externalize { commit: ballot, high: at }),
    }
}

/// A message that every signature check would let pass.
fn hostile(prng: &mut Prng, signer: &Signer) -> Message {
    match prng.below(10) {
        0..=2 => {
            let said = Nomination {
                seq: seq(prng),
                quorum_set: set(prng).digest(),
                votes: digests(prng),
                accepted: digests(prng),
            };
            let value = prng.chance_ppm(500_000).then(|| value(prng));
            Message::Nominate(Nominate { said: signer.sign(said), value })
        }
        3..=5 => {
            let (seq, quorum_set) = (seq(prng), set(prng).digest());
            Message::Ballot(signer.sign(Balloting { seq, quorum_set, pledge: pledge(prng) }))
        }
        6 => Message::Want(Want { seq: seq(prng), values: digests(prng) }),
        7 => Message::Values(Values { seq: seq(prng), values: vec![value(prng)] }),
        8 => Message::QuorumSet(set(prng)),
        _ => Message::Status(Status { decided: seq(prng) }),
    }
}

/// One core among nothing but liars: it may be led anywhere, but it never panics, and what it keeps stays bounded.
fn besiege(seed: u64) {
    let mut prng = Prng::new(seed, 3);
    let mut cluster = World::with(4, None, |config| config.history = 4);
    for index in [0, 2, 3] {
        cluster.corrupt(index);
    }
    let signers = cluster.signers.clone();
    for _ in 0..80 {
        let by = usize::try_from(prng.below(4)).unwrap();
        let from = node(u16::try_from(by).unwrap());
        let message = signers[by].own(hostile(&mut prng, &signers[by]));
        let input = match prng.below(12) {
            0 => Input::Timeout([Timer::Nomination, Timer::Ballot, Timer::Retry][by % 3]),
            1 => Input::Submit(digest(&mut prng)),
            2 => Input::Reply(reply(&mut prng)),
            _ => Input::Receive { from, message },
        };
        cluster.step(node(1), input);
        cluster.run(ms(prng.below(50)));
        let core = cluster.core(1);
        assert!(core.status().log_entries <= 4 + 1 + 16, "{:?}", core.status());
        assert!(core.slot.values.len() <= 64 + 8, "{}", core.slot.values.len());
        if prng.chance_ppm(50_000) {
            cluster.restart(1);
        }
    }
}

fn reply(prng: &mut Prng) -> Reply {
    let (view, seq, digest) = (View::new(number(prng)), seq(prng), digest(prng));
    match prng.below(5) {
        0 => Reply::Built { view, seq, payload: Some(payload(&[request(1, 1)])) },
        1 => Reply::Checked { view, seq, digest, valid: prng.chance_ppm(500_000) },
        2 => Reply::Executed { seq, digest, done: vec![digest] },
        3 => Reply::Transferred { seq, digest, done: vec![digest] },
        _ => Reply::Diverged { seq },
    }
}

#[test]
fn a_peer_outside_the_set_is_a_stranger() {
    let mut cluster = World::new(4, None);
    let message = cluster.signer(2).own(Message::Status(Status { decided: Seq::ZERO }));
    cluster.step(node(1), Input::Receive { from: NodeId::new(900), message });
    assert_eq!(cluster.at(1).rejects, [(NodeId::new(900), protocol::Reject::Stranger)]);
}

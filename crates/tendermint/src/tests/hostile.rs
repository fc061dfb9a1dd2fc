//! Hostile input: bytes that are no message, messages that make no sense, certificates that prove nothing.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::{Signature, Signatures, Signer};
use proptest::prelude::*;
use protocol::{Input, Protocol as _, Reject, Reply};
use testkit::{ms, node};
use types::{Digest, NodeId, Prng, Seq, View};

use super::world::{Cluster, digest_of, value};
use crate::early::EARLY_MAX;
use crate::repair::ANSWER_HEIGHTS_MAX;
use crate::rounds::ROUNDS_KEPT;
use crate::{
    Committed, Message, Polka, Precommit, Prevote, Proposal, Propose, Record, Round, StatusReport,
    Timer,
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
fn seq(prng: &mut Prng) -> Seq {
    Seq::new(number(prng))
}
fn round(prng: &mut Prng) -> Round {
    Round::new(u32::try_from(number(prng)).unwrap_or(u32::MAX))
}
fn valid_round(prng: &mut Prng) -> Option<Round> {
    prng.chance_ppm(400_000).then(|| round(prng))
}
fn digest(prng: &mut Prng) -> Digest {
    if prng.chance_ppm(200_000) {
        Digest::ZERO
    } else {
        digest_of(u16::try_from(prng.below(4)).unwrap())
    }
}
fn signatures(prng: &mut Prng, sign: impl Fn(usize) -> Signature) -> Signatures {
    (0..6)
        .filter(|_| prng.chance_ppm(700_000))
        .map(|index| (node(index), sign(usize::from(index % 4))))
        .collect()
}
fn polka(prng: &mut Prng, signers: &[Signer]) -> Arc<Polka> {
    let (seq, round, digest, valid_round) =
        (seq(prng), round(prng), digest(prng), valid_round(prng));
    let prevote = Prevote { seq, round, digest, valid_round };
    let prevotes = signatures(prng, |index| signers[index].sign(prevote).signature);
    Arc::new(Polka { prevote, prevotes })
}

/// A message that every signature check would let pass, made by somebody who holds all keys.
fn hostile(prng: &mut Prng, signers: &[Signer], by: usize, at: Seq) -> Message {
    let signer = &signers[by];
    let seq = if prng.chance_ppm(600_000) { at } else { seq(prng) };
    let (round, digest, valid_round) = (round(prng), digest(prng), valid_round(prng));
    match prng.below(8) {
        0 | 1 => {
            let payload = value(u16::try_from(prng.below(4)).unwrap());
            let digest = if prng.chance_ppm(900_000) { payload.digest() } else { digest };
            let propose = signer.sign(Propose { seq, round, digest, valid_round });
            let polka = prng.chance_ppm(300_000).then(|| polka(prng, signers));
            Message::Proposal(Arc::new(Proposal { propose, payload, polka }))
        }
        2 => Message::Prevote(signer.sign(Prevote { seq, round, digest, valid_round })),
        3 => Message::Precommit(signer.sign(Precommit { seq, round, digest })),
        4 => {
            let mut polka = polka(prng, signers);
            Arc::make_mut(&mut polka).prevote.seq = seq;
            Message::Polka(polka)
        }
        5 => {
            let precommit = Precommit { seq, round, digest };
            let precommits = signatures(prng, |index| signers[index].sign(precommit).signature);
            let payload = value(u16::try_from(prng.below(4)).unwrap());
            Message::Committed(Arc::new(Committed { precommit, payload, precommits }))
        }
        6 => Message::Status(StatusReport { seq, round, valid_round }),
        _ => Message::Exhibit(signer.sign(Propose { seq, round, digest, valid_round })),
    }
}

/// One core among nothing but liars with all keys: it may be led anywhere, but it never panics, and its log stays
/// bounded.
fn besiege(seed: u64) {
    let mut prng = Prng::new(seed, 3);
    let mut cluster = Cluster::with(4, None, |config| config.history = 8);
    for index in [0, 2, 3] {
        cluster.corrupt(index);
    }
    let signers = cluster.signers.clone();
    for _ in 0..80 {
        let by = usize::try_from(prng.below(4)).unwrap();
        let from = node(u16::try_from(by).unwrap());
        let at = cluster.core(1).seq;
        let message = signers[by].own(hostile(&mut prng, &signers, by, at));
        let timers = [Timer::Propose, Timer::Prevote, Timer::Precommit, Timer::Retry];
        let input = match prng.below(12) {
            0 => Input::Timeout(timers[by]),
            1 => Input::Submit(digest(&mut prng)),
            2 => Input::Reply(reply(&mut prng)),
            _ => Input::Receive { from, message },
        };
        cluster.step(node(1), input);
        cluster.run(ms(prng.below(50)));
        let entries = cluster.core(1).status().log_entries;
        let rounds = usize::try_from(ROUNDS_KEPT).unwrap() + 1;
        assert!(entries <= 8 + ANSWER_HEIGHTS_MAX + 4 * EARLY_MAX + rounds, "{entries}");
        if prng.chance_ppm(50_000) {
            cluster.restart(1);
        }
    }
}

fn reply(prng: &mut Prng) -> Reply {
    let (seq, digest) = (seq(prng), digest(prng));
    let view = View::new(seq.get().saturating_mul(1_000));
    match prng.below(8) {
        0 | 1 => Reply::Built { view, seq, payload: Some(value(1)) },
        2..=4 => Reply::Checked { view, seq, digest, valid: prng.chance_ppm(500_000) },
        5 => Reply::Executed { seq, digest, done: vec![digest] },
        6 => Reply::Transferred { seq: Seq::new(seq.get() % 30), digest, done: vec![digest] },
        _ => Reply::Diverged { seq },
    }
}

#[test]
fn a_peer_outside_the_set_is_a_stranger() {
    let mut cluster = Cluster::new(4, None);
    let report = StatusReport { seq: Seq::ZERO, round: Round::ZERO, valid_round: None };
    let message = cluster.signer(2).own(Message::Status(report));
    cluster.step(node(1), Input::Receive { from: NodeId::new(900), message });
    assert_eq!(cluster.at(1).rejects, [(NodeId::new(900), Reject::Stranger)]);
}

/// Certificates by too few, by strangers, or for another payload prove nothing.
#[test]
fn certificates_that_prove_nothing_are_refused() {
    let mut cluster = Cluster::new(4, None);
    let signers = cluster.signers.clone();
    let said = Precommit { seq: Seq::new(1), round: Round::ZERO, digest: digest_of(1) };
    let by = |who: &[u16]| -> Signatures {
        let sign = |&i: &u16| (node(i), signers[usize::from(i % 4)].sign(said).signature);
        who.iter().map(sign).collect()
    };
    let wrong = [(by(&[0, 2]), value(1)), (by(&[0, 2, 7]), value(1)), (by(&[0, 2, 3]), value(2))];
    for (count, (precommits, payload)) in wrong.into_iter().enumerate() {
        let proof = Arc::new(Committed { precommit: said, payload, precommits });
        let message = signers[3].own(Message::Committed(proof));
        cluster.step(node(1), Input::Receive { from: node(3), message });
        assert_eq!(cluster.at(1).rejects.len(), count + 1);
        assert_eq!(cluster.at(1).rejects[count], (node(3), Reject::BadCertificate));
    }
    assert_eq!(cluster.height(1), 0);
}

/// A core without members, or whose members weigh nothing, waits for ever.
#[test]
fn nobody_decides_nothing() {
    for weights in [vec![0; 4], Vec::new()] {
        let mut cluster = Cluster::with(4, None, |config| config.weights.clone_from(&weights));
        cluster.submit(testkit::request(1, 1));
        cluster.run(ms(1_000));
        assert!((0..4).all(|index| cluster.height(index) == 0));
    }
}

//! Hostile input: bytes that are no message, messages that make no sense, certificates that prove nothing.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::{Signature, Signatures, Signed, Signer};
use proptest::prelude::*;
use protocol::{Input, Protocol as _, Reply};
use testkit::{ms, node, payload, request};
use types::{Digest, NodeId, Prng, Seq, View};

use super::common_rules::digest_of;
use super::subject::Cluster;
use crate::{
    Checkpoint, CheckpointCertificate, Claim, Commit, Committed, Message, NewView, NewViewVote,
    PrePrepare, Prepare, Prepared, PreparedCertificate, Propose, Record, StatusReport, Timer,
    ViewChange, ViewChangeVote, safety,
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
fn digest(prng: &mut Prng) -> Digest {
    if prng.chance_ppm(200_000) {
        Digest::ZERO
    } else {
        digest_of(u16::try_from(prng.below(4)).unwrap())
    }
}
fn signatures(prng: &mut Prng, sign: impl Fn(u16) -> Signature) -> Signatures {
    (0..7)
        .filter(|_| prng.chance_ppm(600_000))
        .map(|index| (node(index), sign(index % 4)))
        .collect()
}

fn certificate(prng: &mut Prng, signers: &[Signer]) -> PreparedCertificate {
    let (view, seq, digest) = (view(prng), seq(prng), digest(prng));
    let leader = usize::try_from(view.get() % 4).unwrap();
    let propose = signers[leader].sign(Propose { view, seq, digest });
    let vote = Prepare { view, seq, digest };
    let mut prepares = signatures(prng, |index| signers[usize::from(index)].sign(vote).signature);
    if prng.chance_ppm(700_000) {
        let leader = signers[leader].me();
        let is_backup = |node: &NodeId| *node != leader && node.index() < 4;
        let kept = prepares.iter().filter(|(node, _)| is_backup(node));
        prepares = kept.map(|(node, signature)| (*node, *signature)).collect();
    }
    PreparedCertificate { propose, prepares }
}

fn checkpoint(prng: &mut Prng, signers: &[Signer]) -> CheckpointCertificate {
    if prng.chance_ppm(400_000) {
        return CheckpointCertificate::default();
    }
    let (seq, digest) = (Seq::new(number(prng) & !3), digest(prng));
    let said = Checkpoint { seq, digest };
    let checkpoints = signatures(prng, |index| signers[usize::from(index)].sign(said).signature);
    CheckpointCertificate { seq, digest, checkpoints }
}

fn view_change(prng: &mut Prng, signers: &[Signer], by: usize) -> ViewChange {
    let checkpoint = checkpoint(prng, signers);
    let payload_of = |digest: Digest| {
        (0..4)
            .map(|client| payload(&[request(client, 1)]))
            .find(|payload| payload.digest() == digest)
    };
    let mut prepared: Vec<Prepared> = (0..prng.below(4))
        .map(|_| certificate(prng, signers))
        .map(|certificate| Prepared {
            payload: payload_of(certificate.propose.statement.digest),
            certificate,
        })
        .collect();
    if prng.chance_ppm(800_000) {
        prepared.sort_by_key(|prepared| prepared.certificate.propose.statement.seq);
        prepared.dedup_by_key(|prepared| prepared.certificate.propose.statement.seq);
    }
    let claims: Vec<Claim> = prepared.iter().map(|prepared| prepared.certificate.claim()).collect();
    let (stable, state) = (checkpoint.seq, checkpoint.digest);
    let vote =
        signers[by].sign(ViewChangeVote { view: view(prng), stable, state, prepared: claims });
    ViewChange { vote, checkpoint, prepared }
}

fn new_view(prng: &mut Prng, signers: &[Signer], by: usize) -> NewView {
    let view = View::new(number(prng) & !3 | by as u64);
    let mut asked: Vec<ViewChange> = (0..4)
        .filter_map(|index| {
            let mut asked = view_change(prng, signers, index);
            asked.vote.statement.view = view;
            asked.vote = signers[index].sign(asked.vote.statement);
            prng.chance_ppm(900_000).then_some(asked)
        })
        .collect();
    if prng.chance_ppm(100_000) {
        asked.extend(asked.first().cloned());
    }
    let config = crate::Config { window: 8, checkpoint_interval: 4, ..crate::Config::new(4) };
    let votes: Vec<Signed<ViewChangeVote>> = asked.iter().map(|asked| asked.vote.clone()).collect();
    let is_bounded = votes.iter().all(|vote| {
        let said = &vote.statement;
        said.prepared.iter().all(|claim| claim.seq.above(said.stable) <= 8)
    });
    let mut proposals = Vec::new();
    let mut prepared = Vec::new();
    if is_bounded {
        let plan = safety::plan(&config, votes.iter().map(|vote| &vote.statement));
        for (index, place) in plan.places.iter().take(32).enumerate() {
            let digest = place.map_or(Digest::ZERO, |claim| claim.digest);
            let proof = asked.iter().flat_map(|asked| &asked.prepared);
            let proof = proof.clone().find(|proof| Some(proof.certificate.claim()) == *place);
            prepared.extend(proof.map(|proof| proof.certificate.clone()));
            let propose = signers[by].sign(Propose { view, seq: plan.seq(index), digest });
            proposals.push(PrePrepare { propose, payload: proof.and_then(|p| p.payload.clone()) });
        }
    }
    let content = safety::content(&votes, &proposals);
    let highest = asked.iter().map(|asked| asked.checkpoint.clone()).max_by_key(|c| c.seq);
    NewView {
        vote: signers[by].sign(NewViewVote { view, content }),
        view_changes: votes,
        checkpoint: highest.unwrap_or_default(),
        prepared,
        proposals,
    }
}

/// A message that every signature check would let pass, made by somebody who holds all keys.
fn hostile(prng: &mut Prng, signers: &[Signer], by: usize) -> Message {
    let signer = &signers[by];
    let (view, seq, digest) = (view(prng), seq(prng), digest(prng));
    match prng.below(10) {
        0 => {
            let client = u16::try_from(prng.below(4)).unwrap();
            let payload = prng.chance_ppm(900_000).then(|| payload(&[request(client, 1)]));
            let named = payload.as_ref().map_or(digest, protocol::Payload::digest);
            let propose = signer.sign(Propose { view, seq, digest: named });
            Message::PrePrepare(PrePrepare { propose, payload })
        }
        1 => Message::Prepare(signer.sign(Prepare { view, seq, digest })),
        2 => Message::Commit(signer.sign(Commit { view, seq, digest })),
        3 => Message::Checkpoint(signer.sign(Checkpoint { seq, digest })),
        4 => Message::ViewChange(Arc::new(view_change(prng, signers, by))),
        5 => Message::NewView(Arc::new(new_view(prng, signers, by))),
        6 => Message::Status(StatusReport { view, normal: true, stable: seq, decided: seq }),
        7 => Message::Stable(Arc::new(checkpoint(prng, signers))),
        8 => {
            let said = Commit { view, seq, digest };
            let commits =
                signatures(prng, |index| signers[usize::from(index)].sign(said).signature);
            Message::Committed(Arc::new(Committed { view, seq, digest, payload: None, commits }))
        }
        _ => Message::Exhibit(signer.sign(Propose { view, seq, digest })),
    }
}

/// One core among nothing but liars with all keys: it may be led anywhere, but it never panics, and its log stays
/// bounded.
fn besiege(seed: u64) {
    let mut prng = Prng::new(seed, 3);
    let mut cluster = Cluster::new(4, None);
    for index in [0, 2, 3] {
        cluster.corrupt(index);
    }
    let signers = cluster.signers.clone();
    for _ in 0..80 {
        let by = usize::try_from(prng.below(4)).unwrap();
        let from = node(u16::try_from(by).unwrap());
        let message = signers[by].own(hostile(&mut prng, &signers, by));
        let input = match prng.below(12) {
            0 => Input::Timeout([Timer::Request, Timer::ViewChange, Timer::Retry][by % 3]),
            1 => Input::Submit(digest(&mut prng)),
            2 => Input::Reply(reply(&mut prng)),
            _ => Input::Receive { from, message },
        };
        cluster.step(node(1), input);
        cluster.run(ms(prng.below(50)));
        let status = cluster.core(1).status();
        assert!(status.log_entries <= 8 + 4 + 2 + 4 * 64, "{}", status.log_entries);
        if prng.chance_ppm(50_000) {
            cluster.restart(1);
        }
    }
}

fn reply(prng: &mut Prng) -> Reply {
    let (view, seq, digest) = (view(prng), seq(prng), digest(prng));
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
    let mut cluster = Cluster::new(4, None);
    let message = cluster.signer(2).own(Message::Status(StatusReport {
        view: View::ZERO,
        normal: true,
        stable: Seq::ZERO,
        decided: Seq::ZERO,
    }));
    cluster.step(node(1), Input::Receive { from: NodeId::new(900), message });
    assert_eq!(cluster.at(1).rejects, [(NodeId::new(900), protocol::Reject::Stranger)]);
}

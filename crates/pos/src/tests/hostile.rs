//! Hostile input: bytes that are no message, messages that make no sense, links that prove nothing.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::Signer;
use proptest::prelude::*;
use protocol::{Input, Protocol as _, Reply};
use testkit::{ms, node, payload, request};
use types::{Digest, NodeId, Prng, Seq, View};

use super::Cluster;
use super::bytes::{message, record};
use crate::message::Votes;
use crate::{
    Ask, Attestation, Block, Checkpoint, Header, Link, Message, Offence, Record, StatusReport,
    Timer, Vote,
};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Message::from_bytes(&bytes);
        let _ = Record::from_bytes(&bytes);
    }

    #[test]
    fn messages_and_records_come_back(seed in any::<u64>()) {
        let message = message(&mut Prng::new(seed, 0));
        prop_assert_eq!(Message::from_bytes(&message.to_bytes()), Ok(message));
        let record = record(&mut Prng::new(seed, 1));
        prop_assert_eq!(Record::from_bytes(&record.to_bytes()), Ok(record));
    }

    #[test]
    fn spoilt_messages_never_panic(seed in any::<u64>(), place in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = message(&mut Prng::new(seed, 0)).to_bytes();
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

/// What the liars have said so far, so that they can build on it.
struct Liars {
    signers: Vec<Signer>,
    blocks: Vec<Digest>,
    prng: Prng,
}

impl Liars {
    fn number(&mut self) -> u64 {
        number(&mut self.prng)
    }
    fn digest(&mut self) -> Digest {
        let at = usize::try_from(self.prng.below(self.blocks.len() as u64)).unwrap();
        self.blocks[at]
    }
    fn signer(&mut self) -> Signer {
        let at = usize::try_from(self.prng.below(4)).unwrap();
        self.signers[at].clone()
    }
    fn header(&mut self) -> Header {
        let client = u16::try_from(self.prng.below(4)).unwrap();
        Header {
            slot: self.number(),
            seq: Seq::new(self.number()),
            parent: self.digest(),
            era: View::new(self.number()),
            payload: payload(&[request(client, 1)]).digest(),
        }
    }
    fn block(&mut self, cluster: &Cluster) -> Arc<Block> {
        let mut said = self.header();
        if self.prng.chance_ppm(800_000) {
            said.slot = said.slot.min(cluster.now.us() / 20_000 + 1);
            said.era = View::new(said.slot);
        }
        let leader = cluster.core(1).leader_of(said.slot).index();
        let header = self.signers[leader].sign(said);
        self.blocks.push(said.digest());
        let payloads = (0..4).map(|client| payload(&[request(client, 1)]));
        let payload = payloads.into_iter().find(|payload| payload.digest() == said.payload);
        Arc::new(Block { header, payload: payload.unwrap() })
    }
    fn checkpoint(&mut self) -> Checkpoint {
        Checkpoint { epoch: self.number(), seq: Seq::new(self.number()), block: self.digest() }
    }
    fn attestation(&mut self) -> Attestation {
        Attestation { head: self.digest(), source: self.checkpoint(), target: self.checkpoint() }
    }
    fn link(&mut self) -> Link {
        let Attestation { head, source, target } = self.attestation();
        let said = Attestation { head, source, target };
        let mut votes: Vec<Vote> = (0..4)
            .filter(|_| self.prng.chance_ppm(850_000))
            .map(|index| {
                let signature = self.signers[index].sign(said).signature;
                Vote { signer: NodeId::new(u16::try_from(index).unwrap()), head, signature }
            })
            .collect();
        if self.prng.chance_ppm(100_000) {
            votes.extend(votes.first().copied());
        }
        Link { source, target, votes }
    }
    /// A message that every signature check would let pass, made by somebody who holds all keys.
    fn message(&mut self, cluster: &Cluster, by: usize) -> Message {
        match self.prng.below(9) {
            0 | 1 => Message::Block(self.block(cluster)),
            2 => {
                let said = self.attestation();
                Message::Attestation(self.signers[by].sign(said))
            }
            3 | 4 => Message::Link(Arc::new(self.link())),
            5 => Message::Ask(Ask { block: self.digest(), above: Seq::new(self.number()) }),
            6 => Message::Status(StatusReport {
                finalized: self.number(),
                justified: self.number(),
                decided: Seq::new(self.number()),
                head: self.digest(),
            }),
            7 => {
                let (signer, first, second) =
                    (self.signer(), self.attestation(), self.attestation());
                let pair = (signer.sign(first), signer.sign(second));
                Message::Evidence(Arc::new(Offence::Attestations(pair)))
            }
            _ => {
                let (signer, said) = (self.signer(), self.attestation());
                Message::Votes(Votes(Arc::new(vec![signer.sign(said)])))
            }
        }
    }
    fn reply(&mut self) -> Reply {
        let (view, seq, digest) =
            (View::new(self.number()), Seq::new(self.number()), self.digest());
        match self.prng.below(5) {
            0 => Reply::Built { view, seq, payload: Some(payload(&[request(1, 1)])) },
            1 => Reply::Checked { view, seq, digest, valid: self.prng.chance_ppm(500_000) },
            2 => Reply::Executed { seq, digest, done: vec![digest] },
            3 => Reply::Transferred { seq, digest, done: vec![digest] },
            _ => Reply::Diverged { seq },
        }
    }
}

/// One core among nothing but liars with all keys: it may be led anywhere, but it never panics, and its log stays
/// bounded.
fn besiege(seed: u64) {
    let mut cluster = Cluster::new(4, None);
    for index in [0, 2, 3] {
        cluster.corrupt(index);
    }
    let genesis = cluster.core(1).finalized().block;
    let mut liars = Liars {
        signers: cluster.signers.clone(),
        blocks: vec![genesis, Digest::ZERO, Digest::new([9; 32])],
        prng: Prng::new(seed, 3),
    };
    for _ in 0..80 {
        let by = usize::try_from(liars.prng.below(4)).unwrap();
        let from = node(u16::try_from(by).unwrap());
        let message = liars.message(&cluster, by);
        let message = liars.signers[by].own(message);
        let input = match liars.prng.below(12) {
            0 => Input::Timeout([Timer::Slot, Timer::Attest][by % 2]),
            1 => Input::Submit(liars.digest()),
            2 => Input::Reply(liars.reply()),
            _ => Input::Receive { from, message },
        };
        cluster.step(node(1), input);
        cluster.run(ms(liars.prng.below(30)));
        let status = cluster.core(1).status();
        assert!(status.log_entries <= 1_024 + 256 + 4 * 64, "{}", status.log_entries);
        if liars.prng.chance_ppm(50_000) {
            cluster.restart(1);
        }
    }
}

#[test]
fn a_peer_outside_the_set_is_a_stranger() {
    let mut cluster = Cluster::new(4, None);
    let report =
        StatusReport { finalized: 0, justified: 0, decided: Seq::ZERO, head: Digest::ZERO };
    let message = cluster.signer(2).own(Message::Status(report));
    cluster.step(node(1), Input::Receive { from: NodeId::new(900), message });
    assert_eq!(cluster.at(1).rejects, [(NodeId::new(900), protocol::Reject::Stranger)]);
}

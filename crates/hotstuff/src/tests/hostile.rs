//! Hostile input: bytes that are no message, messages that make no sense, certificates that prove nothing.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::{Certificate, Signatures, Signer};
use proptest::prelude::*;
use protocol::{Input, Protocol as _, Reject, Reply};
use testkit::{ms, node, payload, request};
use types::{Digest, NodeId, Prng, Seq, View};

use super::with_phases;
use crate::block::Header;
use crate::{
    Block, Expire, ExpireGroup, Fetch, Link, Message, Phases, Proposal, Propose, Qc, Record, Tc,
    Timeout, Timer, Vote,
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
        Siege::new(seed).run();
    }
}

/// One core among nothing but liars with all keys: it may be led anywhere, but it never panics, and what it keeps
/// stays bounded.
struct Siege {
    prng: Prng,
    signers: Vec<Signer>,
    /// Blocks that were made so far, to build on.
    known: Vec<Arc<Proposal>>,
    phases: Phases,
}

impl Siege {
    fn new(seed: u64) -> Self {
        let mut prng = Prng::new(seed, 3);
        let phases = if prng.chance_ppm(500_000) { Phases::Two } else { Phases::Three };
        Self { prng, signers: Vec::new(), known: Vec::new(), phases }
    }

    /// Numbers that are near what a replica works with, or absurd.
    fn number(&mut self) -> u64 {
        match self.prng.below(9) {
            0 => u64::MAX - self.prng.below(3),
            1 => 1 << self.prng.below(63),
            2..=5 => self.prng.below(5),
            _ => self.prng.below(24),
        }
    }
    fn view(&mut self) -> View {
        View::new(self.number())
    }
    fn digest(&mut self) -> Digest {
        Digest::new([u8::try_from(self.prng.below(3)).unwrap(); 32])
    }
    fn chance(&mut self, percent: u32) -> bool {
        self.prng.chance_ppm(percent * 10_000)
    }
    fn known(&mut self) -> Option<Arc<Proposal>> {
        let index = usize::try_from(self.prng.below(self.known.len() as u64)).unwrap();
        self.known.get(index).cloned()
    }
    fn signers_of<S: crypto::Statement + Copy>(&mut self, statement: S) -> Certificate {
        let least = self.prng.below(4);
        let sign = |(index, signer): (usize, &Signer)| {
            let signed = signer.sign(statement);
            (index as u64 != least).then_some((signed.signer, signed.signature))
        };
        let votes: Signatures = self.signers.iter().enumerate().filter_map(sign).collect();
        Certificate::List(votes)
    }
    fn vote(&mut self) -> Vote {
        match self.known().filter(|_| self.chance(80)) {
            Some(proposal) => {
                let Link { view, block } = proposal.link();
                let justify = proposal.block.justify.view();
                Vote { view, block, justify, lock: View::ZERO }
            }
            None => {
                let (view, block) = (self.view(), self.digest());
                Vote { view, block, justify: self.view(), lock: self.view() }
            }
        }
    }
    fn qc(&mut self) -> Arc<Qc> {
        if self.chance(20) {
            return Arc::default();
        }
        let vote = self.vote();
        let votes = Some(self.signers_of(vote)).filter(|_| self.chance(95));
        Arc::new(Qc { vote, votes })
    }
    fn tc(&mut self) -> Arc<Tc> {
        let high_qc = self.qc();
        let view =
            if self.chance(70) { high_qc.view().plus(self.prng.below(3)) } else { self.view() };
        let high = if self.chance(80) { high_qc.view() } else { self.view() };
        let groups = vec![ExpireGroup { high, votes: self.signers_of(Expire { view, high }) }];
        Arc::new(Tc { view, groups, high_qc })
    }
    fn proposal(&mut self, by: usize) -> Arc<Proposal> {
        let justify = self.qc();
        let tc = if self.chance(40) { Some(self.tc()) } else { None };
        let next = tc.as_ref().map_or(justify.view(), |tc| tc.view).next();
        let view = if self.chance(80) { next } else { self.view() };
        let header = Header {
            view,
            regime: if self.chance(50) { View::new(1) } else { view },
            seq: Seq::new(self.number()),
            proposer: node(u16::try_from(by).unwrap()),
            suspended: if self.chance(80) { Vec::new() } else { vec![node(1), node(900)] },
        };
        let client = u16::try_from(self.prng.below(4)).unwrap();
        let payload = if self.chance(60) { Some(payload(&[request(client, 1)])) } else { None };
        let block = Block::new(header, justify, payload);
        let Link { view, block: id } = block.link();
        let signature = self.signers[by].sign(Propose { view, block: id }).signature;
        let proposal = Arc::new(Proposal { block, signature, tc });
        self.known.push(Arc::clone(&proposal));
        proposal
    }
    fn timeout(&mut self, by: usize) -> Arc<Timeout> {
        let high_qc = self.qc();
        let tc = if self.chance(40) { Some(self.tc()) } else { None };
        let next = tc.as_ref().map_or(high_qc.view(), |tc| tc.view).next();
        let view = if self.chance(80) { next } else { self.view() };
        let high = if self.chance(90) { high_qc.view() } else { self.view() };
        let vote = self.vote();
        let vote = if self.chance(50) { Some(self.signers[by].sign(vote)) } else { None };
        Arc::new(Timeout {
            expire: self.signers[by].sign(Expire { view, high }),
            high_qc,
            tc,
            vote,
        })
    }
    fn message(&mut self, by: usize) -> Message {
        match self.prng.below(9) {
            0..=2 => Message::Proposal(self.proposal(by)),
            3 => {
                let vote = self.vote();
                Message::Vote(self.signers[by].sign(vote))
            }
            4 => Message::Timeout(self.timeout(by)),
            5 => Message::Certified(self.qc()),
            6 => Message::Expired(self.tc()),
            7 => {
                let block = Link { view: self.view(), block: self.digest() };
                Message::Fetch(Fetch { block, above: Seq::new(self.number()) })
            }
            _ => {
                let blocks = (0..self.prng.below(4)).filter_map(|_| self.known()).collect();
                Message::Blocks(blocks)
            }
        }
    }
    fn reply(&mut self) -> Reply {
        let (view, seq, digest) = (self.view(), Seq::new(self.number()), self.digest());
        match self.prng.below(5) {
            0 => Reply::Built { view, seq, payload: Some(payload(&[request(1, 1)])) },
            1 => Reply::Checked { view, seq, digest, valid: self.chance(50) },
            2 => Reply::Executed { seq, digest, done: vec![digest] },
            3 => Reply::Transferred { seq, digest, done: vec![digest] },
            _ => Reply::Diverged { seq },
        }
    }

    fn run(&mut self) {
        let mut cluster = with_phases(4, self.phases, None);
        [0, 2, 3].iter().for_each(|&index| cluster.corrupt(index));
        self.signers = cluster.signers.clone();
        for _ in 0..80 {
            let by = usize::try_from(self.prng.below(4)).unwrap();
            let from = node(u16::try_from(by).unwrap());
            let input = match self.prng.below(12) {
                0 => Input::Timeout(if by == 0 { Timer::Fetch } else { Timer::View }),
                1 => Input::Submit(self.digest()),
                2 => Input::Reply(self.reply()),
                _ => {
                    let message = self.message(by);
                    let message = self.signers[by].own(message);
                    Input::Receive { from, message }
                }
            };
            cluster.step(node(1), input);
            cluster.run(ms(self.prng.below(50)));
            let status = cluster.core(1).status();
            assert!(status.log_entries <= 1 + 128 + 256 + 80, "{}", status.log_entries);
            if self.chance(5) {
                cluster.restart(1);
            }
        }
    }
}

#[test]
fn a_peer_outside_the_set_is_a_stranger() {
    let mut cluster = with_phases(4, Phases::Two, None);
    let fetch = Fetch { block: Link::default(), above: Seq::ZERO };
    let message = cluster.signer(2).own(Message::Fetch(fetch));
    cluster.step(node(1), Input::Receive { from: NodeId::new(900), message });
    assert_eq!(cluster.at(1).rejects, [(NodeId::new(900), Reject::Stranger)]);
}

/// A peer that asks and asks gets a few answers, and is counted.
#[test]
fn answers_are_rationed() {
    let mut cluster = with_phases(4, Phases::Two, None);
    cluster.corrupt(3);
    cluster.submit(request(1, 1));
    cluster.run(ms(20));
    let block = cluster.core(1).high_qc.link();
    for _ in 0..100 {
        cluster.inject(3, 1, Message::Fetch(Fetch { block, above: Seq::ZERO }));
    }
    cluster.run(ms(10));
    let answers = cluster.at(1).said.iter().filter(|said| matches!(said, Message::Blocks(_)));
    assert_eq!(answers.count(), 16);
    assert!(cluster.at(1).rejects.contains(&(node(3), Reject::OverLimit)));
}

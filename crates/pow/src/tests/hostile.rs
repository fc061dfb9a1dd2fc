//! Hostile input: bytes that are no message, and messages that make no sense but have the work in them.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use proptest::prelude::*;
use protocol::{Ctx, Input, Protocol as _, Reply};
use testkit::{ms, node, payload, request};
use types::{Digest, Height, NodeId, Prng, Seq, Time, View};

use super::{Branch, bytes, lone, prove};
use crate::{Ask, Base, Block, Blocks, Core, Message, Record, Target, Timer};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Message::from_bytes(&bytes);
        let _ = Record::from_bytes(&bytes);
    }

    #[test]
    fn spoilt_messages_never_panic(seed in any::<u64>(), place in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = bytes::message(&mut Prng::new(seed, 0)).to_bytes();
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

    /// A log that no replica wrote leads to some chain, and never to a panic.
    #[test]
    fn any_log_can_be_started_from(seed in any::<u64>()) {
        let mut prng = Prng::new(seed, 5);
        let log: Vec<Record> = (0..prng.below(6)).map(|_| bytes::record(&mut prng)).collect();
        let cluster = lone(None, |_| {});
        let mut effects = Vec::new();
        let mut ctx = Ctx::new(cluster.now, cluster.signer(0), &mut effects);
        let mut core = Core::start(cluster.at(0).config.clone(), log, &mut ctx);
        core.step(Input::Submit(Digest::ZERO), &mut ctx);
        core.step(Input::Timeout(Timer::Retry), &mut ctx);
        let _ = core.status();
    }
}

/// A target that costs a test sixteen hashes.
const EASY: Target = Target::from_compact(0x200f_ffff);

/// Numbers that are near what a replica works with, or absurd.
fn number(prng: &mut Prng) -> u64 {
    match prng.below(8) {
        0 => u64::MAX - prng.below(3),
        1 => 1 << prng.below(63),
        _ => prng.below(12),
    }
}

/// A block above some other, mostly valid, with absurd fields now and then, and nearly always with its work done.
fn block(prng: &mut Prng, branches: &mut Vec<Branch>) -> Arc<Block> {
    let at = usize::try_from(prng.below(branches.len() as u64)).unwrap();
    let mut branch = branches[at].clone();
    branch.blocks.clear();
    let client = u16::try_from(prng.below(4)).unwrap();
    let mut asked = request(client, 1);
    asked.forged = prng.chance_ppm(100_000);
    let payload = (client > 0).then(|| payload(&[asked]));
    let mut header = branch.next(payload.as_ref());
    match prng.below(16) {
        0 => header.time = Time::from_us(number(prng)),
        1 => header.height = Height::new(number(prng)),
        2 => header.seq = Seq::new(number(prng)),
        3 => header.view = View::new(number(prng)),
        4 => header.miner = NodeId::new(u16::try_from(number(prng) & 0xffff).unwrap()),
        5 => {
            header.target = Target::from_compact(u32::try_from(number(prng) & 0xffff_ffff).unwrap())
        }
        6 => header.parent = Digest::new([3; 32]),
        7 => header.payload = Digest::new([4; 32]),
        _ => {}
    }
    let is_provable = header.target.number() >= EASY.number();
    if !is_provable {
        return Arc::new(Block { header, payload });
    }
    let block = branch.push(header, payload);
    branches.push(branch);
    if branches.len() > 12 {
        branches.remove(0);
    }
    block
}

fn message(prng: &mut Prng, branches: &mut Vec<Branch>) -> Message {
    match prng.below(12) {
        0 => Message::Head(Digest::new([u8::try_from(prng.below(3)).unwrap(); 32])),
        1 => {
            let have = (0..prng.below(80)).map(|_| branches[0].id).collect();
            Message::Ask(Ask { have })
        }
        2 => {
            let blocks = (0..prng.below(5)).map(|_| block(prng, branches)).collect();
            Message::Blocks(Blocks { blocks })
        }
        3 => {
            let block = block(prng, branches);
            let count = prng.below(14);
            let mut times: Vec<Time> = (0..count).map(|_| Time::from_us(number(prng))).collect();
            times.push(block.header.time);
            let active = types::Duration::from_us(number(prng));
            let since = types::Duration::from_us(number(prng));
            Message::Base(Arc::new(Base { block, times, active, since }))
        }
        _ => Message::Block(block(prng, branches)),
    }
}

fn reply(prng: &mut Prng) -> Reply {
    let (view, seq) = (View::new(number(prng)), Seq::new(number(prng)));
    let digest = payload(&[request(1, 1)]).digest();
    match prng.below(6) {
        0 => Reply::Built { view, seq, payload: Some(payload(&[request(2, 1)])) },
        1 => Reply::Checked { view, seq, digest, valid: prng.chance_ppm(500_000) },
        2 => Reply::Executed { seq, digest, done: vec![digest] },
        3 => Reply::Transferred { seq, digest, done: Vec::new() },
        4 => Reply::Mined { work: digest, nonce: number(prng) },
        _ => Reply::Diverged { seq },
    }
}

/// One core among nothing but liars with much hashing: it may be led anywhere, but it never panics, and what it keeps
/// stays bounded.
fn besiege(seed: u64) {
    let mut prng = Prng::new(seed, 3);
    let is_mining = prng.chance_ppm(500_000);
    let mut cluster = lone(None, |config| {
        config.voting = is_mining;
        config.target_initial = EASY;
        config.retarget_interval = 5;
        config.history = 8;
        config.confirmations = 2;
    });
    let mut branches = vec![Branch::new(&cluster.at(0).config)];
    for _ in 0..60 {
        let from = node(u16::try_from(prng.below(5)).unwrap());
        let message = message(&mut prng, &mut branches);
        let input = match prng.below(12) {
            0 => Input::Timeout(Timer::Retry),
            1 => Input::Submit(Digest::new([u8::try_from(prng.below(9)).unwrap(); 32])),
            2 => Input::Reply(reply(&mut prng)),
            _ => Input::Receive { from, message: cluster.signer(0).own(message) },
        };
        cluster.step(node(0), input);
        cluster.run(ms(prng.below(50)));
        let status = crate::tests::status(&cluster, 0);
        assert!(status.log_entries <= 400, "{}", status.log_entries);
        if prng.chance_ppm(50_000) {
            cluster.restart(0);
        }
    }
}

/// A claim that cannot be true is dropped with a reason.
#[test]
fn a_block_of_a_stranger_is_refused() {
    let mut cluster = lone(None, |_| {});
    let mut header = Branch::new(&cluster.at(0).config).next(None);
    header.miner = NodeId::new(u16::MAX);
    let block = Arc::new(Block { header: prove(header), payload: None });
    super::show(&mut cluster, 1, &[block]);
    assert_eq!(cluster.at(0).rejects.len(), 1);
}

//! Random faults: loss, delay, crashes, restarts, and a liar that says different things to different replicas;
//! then a whole network, in which everything must go on.

use std::sync::Arc;

use codec::Encode as _;
use crypto::Signer;
use testkit::{Verdict, ms, payload, request};
use types::{Digest, NodeId, Prng, Time};

use super::subject::{Cluster, Fate};
use crate::{Commit, Message, PrePrepare, Prepare, Propose, ViewChange};

const CHAOS_US: u64 = 12_000_000;

/// What a liar says in place of an honest message.
fn lie(liar: &Signer, to: NodeId, message: &Message, prng: &mut Prng) -> Message {
    let other = payload(&[request(50 + to.get() % 2, 1)]);
    match message {
        Message::PrePrepare(proposal) => {
            let Propose { view, seq, .. } = proposal.propose.statement;
            let propose = liar.sign(Propose { view, seq, digest: other.digest() });
            Message::PrePrepare(PrePrepare { propose, payload: Some(other) })
        }
        Message::Prepare(vote) => {
            Message::Prepare(liar.sign(Prepare { digest: other.digest(), ..vote.statement }))
        }
        Message::Commit(vote) => {
            Message::Commit(liar.sign(Commit { digest: other.digest(), ..vote.statement }))
        }
        Message::Checkpoint(signed) => {
            let mut said = signed.statement;
            said.digest = Digest::new([u8::try_from(prng.below(256)).unwrap(); 32]);
            Message::Checkpoint(liar.sign(said))
        }
        Message::ViewChange(asked) => {
            let mut said = asked.vote.statement.clone();
            said.prepared.clear();
            let vote = liar.sign(said);
            let checkpoint = asked.checkpoint.clone();
            Message::ViewChange(Arc::new(ViewChange { vote, checkpoint, prepared: Vec::new() }))
        }
        Message::NewView(_)
        | Message::Status(_)
        | Message::Stable(_)
        | Message::Committed(_)
        | Message::Exhibit(_) => message.clone(),
    }
}

fn swarm(seed: u64) -> Verdict {
    let mut prng = Prng::new(seed, 1);
    let n = [4, 4, 5, 6, 7, 10][usize::try_from(prng.below(6)).unwrap()];
    let (interval, pipeline) = (prng.between(1, 6), prng.between(1, 5));
    let mut cluster = Cluster::with(n, None, |config| {
        config.checkpoint_interval = interval;
        config.window = interval * 2;
        config.pipeline = pipeline;
    });
    let size = u16::try_from(n).unwrap();
    let liars_count = usize::try_from(prng.below(types::Quorum::of(n).f() as u64 + 1)).unwrap();
    let mut liars: Vec<u16> = (0..size).collect();
    prng.shuffle(&mut liars);
    liars.truncate(liars_count);
    for &liar in &liars {
        cluster.at_mut(liar).is_liar = true;
    }
    let (loss, lies) = (prng.below(250_000), prng.below(600_000));
    let signers = cluster.signers.clone();
    let mut dice = Prng::new(seed, 2);
    cluster.network = Box::new(move |now, from, to, message| {
        let is_chaos = now < Time::from_us(CHAOS_US);
        if is_chaos && dice.chance_ppm(u32::try_from(loss).unwrap()) {
            return Fate::Drop;
        }
        if liars.contains(&from.get()) && dice.chance_ppm(u32::try_from(lies).unwrap()) {
            return Fate::Instead(vec![lie(&signers[from.index()], to, message, &mut dice)]);
        }
        if is_chaos && dice.chance_ppm(300_000) {
            return Fate::Delay(types::Duration::from_us(dice.below(300_000)));
        }
        Fate::Pass
    });
    let mut timestamp = 0;
    while cluster.now < Time::from_us(CHAOS_US) {
        timestamp += 1;
        let client = u16::try_from(prng.below(3)).unwrap();
        cluster.submit(request(client, timestamp));
        let victim = u16::try_from(prng.below(u64::from(size))).unwrap();
        if prng.chance_ppm(100_000) {
            cluster.at_mut(victim).crash_on = Some(usize::try_from(prng.below(6)).unwrap());
        }
        cluster.run(ms(prng.between(1, 400)));
        if cluster.at(victim).core.is_none() || prng.chance_ppm(50_000) {
            cluster.restart(victim);
        }
        if timestamp % 8 == 0 {
            cluster.verdict()?;
        }
    }
    for index in 0..size {
        cluster.at_mut(index).crash_on = None;
        if cluster.at(index).core.is_none() {
            cluster.restart(index);
        }
    }
    cluster.lives(99, ms(60_000))
}

#[test]
fn random_faults_break_nothing() {
    let seeds = option_env!("PBFT_SWARM_SEEDS").and_then(|seeds| seeds.parse().ok()).unwrap_or(40);
    for seed in 0..seeds {
        swarm(seed).unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
    }
}

/// The same seed gives the same run, and another seed another.
#[test]
fn a_seed_is_a_run() {
    let run = |seed: u64| {
        let mut cluster = Cluster::new(4, None);
        cluster.lose(200_000, Time::from_us(3_000_000), seed);
        for timestamp in 1..=10 {
            cluster.submit(request(1, timestamp));
            cluster.run(ms(200));
        }
        let said: Vec<u8> = cluster.nodes.iter().flat_map(|node| node.said.to_bytes()).collect();
        crypto::hash("test-run", &said)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

//! How fast the core is by itself, printed: `cargo test --release -p hotstuff speed -- --ignored --nocapture`.

use std::collections::VecDeque;
use std::time::Instant;

use crypto::{Certificate, KeyRing, Scheme, Signer, Verified, Verifier};
use protocol::{Ctx, Effect, Input, Protocol as _, Reply};
use testkit::domain;
use types::{Digest, NodeId, Time};

use crate::{Config, Core, Message, Phases};

struct World {
    cores: Vec<Core>,
    signers: Vec<Signer>,
    verifier: Verifier,
    queue: VecDeque<(usize, Input<Core>)>,
    messages: usize,
    decisions: usize,
    built: u64,
}

impl World {
    fn new(n: usize, phases: Phases, scheme: Scheme) -> Self {
        let (ring, keys) = KeyRing::simulated(scheme, n, 7);
        let domain = domain("hotstuff");
        let signers: Vec<Signer> = keys
            .into_iter()
            .zip(NodeId::all(n))
            .map(|(key, id)| Signer::simulated(id, domain, key))
            .collect();
        let config = Config { phases, ..Config::new(n) };
        let mut effects = Vec::new();
        let cores = signers
            .iter()
            .map(|signer| {
                let mut ctx = Ctx::new(Time::from_us(1), signer, &mut effects);
                Core::start(config.clone(), Vec::new(), &mut ctx)
            })
            .collect();
        let work = Digest::new([1; 32]);
        let queue = (0..n).map(|index| (index, Input::Submit(work))).collect();
        let verifier = Verifier::new(domain, ring);
        Self { cores, signers, verifier, queue, messages: 0, decisions: 0, built: 0 }
    }

    fn send(&mut self, from: usize, to: usize, message: &Verified<Message>) {
        self.messages += 1;
        let from = self.signers[from].me();
        self.queue.push_back((to, Input::Receive { from, message: message.clone() }));
    }

    fn run(&mut self, decisions: usize) {
        let mut effects = Vec::new();
        while self.decisions < decisions * self.cores.len() {
            let (me, input) = self.queue.pop_front().expect("work goes on for ever");
            let mut ctx = Ctx::new(Time::from_us(1), &self.signers[me], &mut effects);
            self.cores[me].step(input, &mut ctx);
            for effect in std::mem::take(&mut effects) {
                self.carry_out(me, effect);
            }
        }
    }

    fn carry_out(&mut self, me: usize, effect: Effect<Core>) {
        let reply = match effect {
            Effect::Send { to, message } => {
                let from = self.signers[me].me();
                let message = self.verifier.verify(from, message).unwrap();
                return self.send(me, to.index(), &message);
            }
            Effect::Broadcast(message) => {
                let from = self.signers[me].me();
                let message = self.verifier.verify(from, message).unwrap();
                (0..self.cores.len()).for_each(|to| self.send(me, to, &message));
                self.messages -= 1;
                return;
            }
            Effect::Call(protocol::Call::Build { view, seq }) => {
                self.built += 1;
                let payload = Some(protocol::Payload::new(&self.built.to_le_bytes()));
                Reply::Built { view, seq, payload }
            }
            Effect::Call(protocol::Call::Check { view, seq, payload, .. }) => {
                Reply::Checked { view, seq, digest: payload.digest(), valid: true }
            }
            Effect::Decide(decision) => {
                self.decisions += 1;
                Reply::Executed { seq: decision.seq, digest: Digest::ZERO, done: Vec::new() }
            }
            _ => return,
        };
        self.queue.push_back((me, Input::Reply(reply)));
    }
}

/// Under BLS a certificate is one signature, whoever made it, and the protocol is the same.
#[test]
fn certificates_are_folded_under_bls() {
    if !Scheme::Bls.is_available() {
        return println!("this build has no BLS");
    }
    for phases in super::PHASES {
        let mut world = World::new(4, phases, Scheme::Bls);
        world.run(3);
        for core in &world.cores {
            let votes = core.high_qc.votes.as_ref();
            assert!(matches!(votes, Some(Certificate::Aggregate(_))), "{votes:?}");
        }
    }
}

#[test]
#[ignore = "prints; says something only in a release build"]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn speed() {
    for phases in super::PHASES {
        for (n, decisions) in [(4, 50_000), (16, 5_000), (64, 1_000), (100, 500)] {
            let mut world = World::new(n, phases, Scheme::Cheap);
            let start = Instant::now();
            world.run(decisions);
            let ns = start.elapsed().as_nanos() / world.messages as u128;
            println!("{phases:?} n = {n}: {ns} ns a message, {} messages", world.messages);
        }
    }
}

//! How fast the core is by itself, printed: `cargo test --release -p pos speed -- --ignored --nocapture`.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use crypto::{KeyRing, Scheme, Signer, Verified};
use protocol::{Call, Ctx, Effect, Input, Payload, Protocol as _, Reply};
use testkit::domain;
use types::{Digest, NodeId, Time};

use crate::{Config, Core, Message, Timer};

/// Cores that hear each other at once, and slots that pass as fast as they can.
struct World {
    cores: Vec<Core>,
    signers: Vec<Signer>,
    queue: VecDeque<(usize, Input<Core>)>,
    timers: BTreeMap<(usize, Timer), Time>,
    now: Time,
    messages: u64,
    decisions: u64,
    built: u64,
}

impl World {
    fn new(n: usize) -> Self {
        let (_, keys) = KeyRing::simulated(Scheme::Cheap, n, 7);
        let signers: Vec<Signer> = keys
            .into_iter()
            .zip(NodeId::all(n))
            .map(|(key, id)| Signer::simulated(id, domain("pos"), key))
            .collect();
        let now = Time::from_us(1);
        let mut effects = Vec::new();
        let cores = signers
            .iter()
            .map(|signer| {
                let mut ctx = Ctx::new(now, signer, &mut effects);
                Core::start(Config::new(n), Vec::new(), &mut ctx)
            })
            .collect();
        let work = Digest::new([1; 32]);
        let queue = (0..n).map(|index| (index, Input::Submit(work))).collect();
        let timers = BTreeMap::new();
        Self { cores, signers, queue, timers, now, messages: 0, decisions: 0, built: 0 }
    }

    fn send(&mut self, from: usize, to: usize, message: &Verified<Message>) {
        self.messages += u64::from(from != to);
        let from = self.signers[from].me();
        self.queue.push_back((to, Input::Receive { from, message: message.clone() }));
    }

    fn run(&mut self, decisions: u64) {
        let mut effects = Vec::new();
        while self.decisions < decisions * self.cores.len() as u64 {
            let Some((me, input)) = self.queue.pop_front() else {
                let (&(me, timer), &at) = self.timers.iter().min_by_key(|(_, at)| **at).unwrap();
                self.timers.remove(&(me, timer));
                self.now = self.now.max(at);
                self.queue.push_back((me, Input::Timeout(timer)));
                continue;
            };
            let mut ctx = Ctx::new(self.now, &self.signers[me], &mut effects);
            self.cores[me].step(input, &mut ctx);
            for effect in std::mem::take(&mut effects) {
                self.carry_out(me, effect);
            }
        }
    }

    fn carry_out(&mut self, me: usize, effect: Effect<Core>) {
        let reply = match effect {
            Effect::Send { to, message } => {
                return self.send(me, to.index(), &self.signers[me].own(message));
            }
            Effect::Broadcast(message) => {
                let message = self.signers[me].own(message);
                return (0..self.cores.len()).for_each(|to| self.send(me, to, &message));
            }
            Effect::SetTimer { timer, after } => {
                self.timers.insert((me, timer), self.now.after(after));
                return;
            }
            Effect::CancelTimer(timer) => {
                self.timers.remove(&(me, timer));
                return;
            }
            Effect::Call(Call::Build { view, seq }) => {
                self.built += 1;
                let payload = Some(Payload::new(&self.built.to_le_bytes()));
                Reply::Built { view, seq, payload }
            }
            Effect::Call(Call::Check { view, seq, payload, .. }) => {
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

#[test]
#[ignore = "prints how fast it is"]
#[expect(clippy::disallowed_methods, reason = "a measurement reads a clock")]
fn speed() {
    for (n, decisions) in [(4, 20_000), (16, 4_000), (64, 1_000)] {
        let mut world = World::new(n);
        let start = Instant::now();
        world.run(decisions);
        let us = start.elapsed().as_micros().max(1);
        let messages = u128::from(world.messages);
        println!(
            "n = {n}: {messages} messages, {} a second, {} ns each; {} decisions a second",
            messages * 1_000_000 / us,
            us * 1_000 / messages.max(1),
            u128::from(decisions) * 1_000_000 / us
        );
    }
}

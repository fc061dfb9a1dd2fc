//! Operations per CPU-second of three Raft replicas in one process, one 512-byte payload each: `cargo run --release -p lab
//! --example raft`. No network, no disk, no signatures; every payload is hashed, proposed, checked, replicated,
//! decided and executed at all three.

#![expect(clippy::print_stdout, reason = "a measurement says what came out")]
#![expect(clippy::float_arithmetic, reason = "a measurement is no agreed number")]

mod meter;

use std::collections::VecDeque;

use crypto::{Domain, KeyRing, Scheme, Signer};
use protocol::{Call, Ctx, Effect, Input, Payload, Protocol, Reply};
use raft::{Config, Core, Timer};
use types::{ChainId, Digest, NodeId, Time};

use meter::{cpu_us, print_environment};

const N: usize = 3;
const PAYLOAD_BYTES: usize = 512;
const OPERATIONS: u64 = 400_000;

struct World {
    cores: Vec<Core>,
    signers: Vec<Signer>,
    /// Messages on their way.
    network: VecDeque<(NodeId, Input<Core>)>,
    /// Answers of the applications and submissions: they come before messages do.
    local: VecDeque<(NodeId, Input<Core>)>,
    effects: Vec<Effect<Core>>,
    /// Operations not yet handed to the leader's core.
    waiting: u64,
    /// Operations still to be submitted.
    left: u64,
    count: u64,
    decided: [u64; N],
    messages: u64,
    payload: [u8; PAYLOAD_BYTES],
}

impl World {
    fn new(in_flight: u64) -> Self {
        let (_, keys) = KeyRing::simulated(Scheme::Cheap, N, 1);
        let domain = Domain::new(ChainId(Digest::ZERO), Digest::ZERO, Core::NAME);
        let signers: Vec<Signer> = keys
            .into_iter()
            .zip(NodeId::all(N))
            .map(|(key, id)| Signer::simulated(id, domain, key))
            .collect();
        let mut effects = Vec::new();
        let cores = signers.iter().map(|signer| {
            let config = Config { window: in_flight, ..Config::new(N) };
            Core::start(config, Vec::new(), &mut Ctx::new(Time::ZERO, signer, &mut effects))
        });
        let cores = cores.collect();
        effects.clear();
        let mut world = Self {
            cores,
            signers,
            network: VecDeque::new(),
            local: VecDeque::new(),
            effects,
            waiting: 0,
            left: OPERATIONS,
            count: 0,
            decided: [0; N],
            messages: 0,
            payload: [7; PAYLOAD_BYTES],
        };
        world.local.push_back((NodeId::new(0), Input::Timeout(Timer::Election)));
        world.run();
        assert_eq!(world.cores[0].status().leader, Some(NodeId::new(0)), "a leader");
        world
    }

    fn submit(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            self.waiting += 1;
            let work = work(OPERATIONS - self.left);
            self.local.push_back((NodeId::new(0), Input::Submit(work)));
        }
    }

    fn run(&mut self) {
        while let Some((to, input)) = self.local.pop_front().or_else(|| self.network.pop_front()) {
            let index = to.index();
            let mut effects = std::mem::take(&mut self.effects);
            let mut ctx = Ctx::new(Time::from_us(1), &self.signers[index], &mut effects);
            self.cores[index].step(input, &mut ctx);
            effects.drain(..).for_each(|effect| self.carry_out(to, effect));
            self.effects = effects;
        }
    }

    fn carry_out(&mut self, me: NodeId, effect: Effect<Core>) {
        match effect {
            Effect::Send { to, message } => {
                self.messages += 1;
                let message = self.signers[me.index()].own(message);
                self.network.push_back((to, Input::Receive { from: me, message }));
            }
            Effect::Call(Call::Build { view, seq }) => {
                let payload = (self.waiting > 0).then(|| {
                    self.waiting -= 1;
                    self.count += 1;
                    self.payload[..8].copy_from_slice(&self.count.to_le_bytes());
                    Payload::new(&self.payload)
                });
                self.local.push_back((me, Input::Reply(Reply::Built { view, seq, payload })));
            }
            Effect::Call(Call::Check { view, seq, payload, .. }) => {
                let reply = Reply::Checked { view, seq, digest: payload.digest(), valid: true };
                self.local.push_back((me, Input::Reply(reply)));
            }
            Effect::Decide(decision) => {
                let digest = decision.payload.as_ref().map_or(Digest::ZERO, Payload::digest);
                let seq = decision.seq;
                let done = decision.payload.iter().map(|payload| work(number(payload))).collect();
                self.local.push_back((me, Input::Reply(Reply::Executed { seq, digest, done })));
                if decision.payload.is_some() {
                    self.decided[me.index()] += 1;
                    if me.index() == 0 {
                        self.submit();
                    }
                }
            }
            Effect::Persist(_)
            | Effect::Compact(_)
            | Effect::Broadcast(_)
            | Effect::SetTimer { .. }
            | Effect::CancelTimer(_)
            | Effect::Call(Call::Transfer { .. } | Call::Mine { .. })
            | Effect::Accuse(_)
            | Effect::Reject { .. } => {}
        }
    }
}

/// The name under which an operation is submitted.
fn work(number: u64) -> Digest {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    Digest::new(bytes)
}
/// The operation in a payload.
fn number(payload: &Payload) -> u64 {
    payload.bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn measure(in_flight: u64) {
    let mut world = World::new(in_flight);
    let before = cpu_us();
    (0..in_flight).for_each(|_| world.submit());
    world.run();
    let seconds = (cpu_us() - before) / 1e6;
    assert_eq!(world.decided, [OPERATIONS; N], "everything is decided everywhere");
    println!(
        "{in_flight:>5} in flight: {:>9.0} operations per CPU-second ({OPERATIONS} operations of {PAYLOAD_BYTES} bytes \
         in {seconds:.3} s, {:.2} messages each)",
        OPERATIONS as f64 / seconds,
        world.messages as f64 / OPERATIONS as f64
    );
}

fn main() {
    print_environment();
    for _ in 0..3 {
        measure(1_024);
        measure(1);
    }
}

//! Real messages, and the same ones spoilt, into every core: a committed corpus, and what can be made of it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::{Authentic as _, Domain, KeyRing, Scheme, Signer, Verifier};
use protocol::{Call, Ctx, Effect, Input, Payload, Protocol as _, Reply};
use types::{ChainId, Digest, Duration, NodeId, Prng, Time};

use crate::{Any, Message, PROTOCOLS, Params, Record, Timer, config};

const N: usize = 4;
/// The replica that is besieged.
const ME: NodeId = NodeId::new(3);
/// Spoilt twins of each message.
const TWINS: usize = 48;
/// No log of a besieged replica grows beyond this.
const LOG_ENTRIES_MAX: usize = 2_000;
/// Effects that are carried out before the next message comes.
const STEPS_MAX: usize = 200;

/// One replica alone among messages that somebody made.
struct Besieged {
    core: Any,
    signers: Vec<Signer>,
    verifier: Verifier,
    timers: Vec<Timer>,
    now: Time,
}

impl Besieged {
    fn new(name: &str) -> Self {
        let domain = Domain::new(ChainId::default(), Digest::ZERO, name);
        let (ring, keys) = KeyRing::simulated(Scheme::Cheap, N, 1);
        let signer = |(key, id)| Signer::simulated(id, domain, key);
        let signers: Vec<Signer> = keys.into_iter().zip(NodeId::all(N)).map(signer).collect();
        let mut effects = Vec::new();
        let now = Time::from_us(1);
        let config = config(name, N, &Params::default()).unwrap();
        let mut ctx = Ctx::new(now, &signers[ME.index()], &mut effects);
        let core = Any::start(config, Vec::new(), &mut ctx);
        let verifier = Verifier::new(domain, ring);
        let mut besieged = Self { core, signers, verifier, timers: Vec::new(), now };
        besieged.carry_out(effects);
        besieged
    }

    fn step(&mut self, input: Input<Any>) {
        let mut effects = Vec::new();
        self.now = self.now.after(Duration::from_ms(1));
        self.core.step(input, &mut Ctx::new(self.now, &self.signers[ME.index()], &mut effects));
        self.carry_out(effects);
    }

    /// Answers what the core asks, and hands its own broadcasts back to it.
    fn carry_out(&mut self, effects: Vec<Effect<Any>>) {
        let mut queue = VecDeque::from(effects);
        for _ in 0..STEPS_MAX {
            let Some(effect) = queue.pop_front() else { return };
            let input = match effect {
                Effect::Broadcast(message) => {
                    Input::Receive { from: ME, message: self.signers[ME.index()].own(message) }
                }
                Effect::Call(Call::Build { view, seq }) => {
                    let payload = Some(Payload::new(&seq.get().to_le_bytes()));
                    Input::Reply(Reply::Built { view, seq, payload })
                }
                Effect::Call(Call::Check { view, seq, payload, .. }) => {
                    let digest = payload.digest();
                    Input::Reply(Reply::Checked { view, seq, digest, valid: true })
                }
                Effect::Decide(decision) => {
                    let done = decision.payload.iter().map(Payload::digest).collect();
                    let reply = Reply::Executed { seq: decision.seq, digest: Digest::ZERO, done };
                    Input::Reply(reply)
                }
                Effect::SetTimer { timer, .. } => {
                    self.timers.retain(|other| *other != timer);
                    self.timers.push(timer);
                    continue;
                }
                Effect::CancelTimer(timer) => {
                    self.timers.retain(|other| *other != timer);
                    continue;
                }
                Effect::Call(Call::Transfer { .. } | Call::Mine { .. })
                | Effect::Persist(_)
                | Effect::Compact(_)
                | Effect::Send { .. }
                | Effect::Accuse(_)
                | Effect::Reject { .. } => continue,
            };
            let mut effects = Vec::new();
            self.core.step(input, &mut Ctx::new(self.now, &self.signers[ME.index()], &mut effects));
            queue.extend(effects);
        }
    }

    /// Takes a message as if its author had signed all of it.
    fn receive(&mut self, from: NodeId, message: Message) {
        let from = message.author().unwrap_or(from);
        let Some(signer) = self.signers.get(from.index()).filter(|_| from != ME) else { return };
        // What the network would let in is what the verifier lets in; a core must stand more than that.
        let _ = self.verifier.verify(from, message.clone());
        let message = signer.own_shared(Arc::new(message));
        self.step(Input::Receive { from, message });
    }

    fn check(&self, name: &str) {
        let entries = self.core.status().log_entries;
        assert!(entries <= LOG_ENTRIES_MAX, "{name} keeps {entries} entries");
    }
}

fn corpus(name: &str) -> Vec<(NodeId, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let byte = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
    let line = |line: &str| {
        let (from, hex) = line.split_once(' ').unwrap();
        (NodeId::new(from.parse().unwrap()), hex.as_bytes().chunks(2).map(byte).collect())
    };
    text.lines().map(line).collect()
}

/// A twin with a few bytes changed, cut off, repeated or taken from another message.
fn spoil(bytes: &[u8], other: &[u8], dice: &mut Prng) -> Vec<u8> {
    let mut twin = bytes.to_vec();
    let place = |dice: &mut Prng, length: usize| dice.below(length.max(1) as u64) as usize;
    for _ in 0..=dice.below(3) {
        let at = place(dice, twin.len());
        match dice.below(6) {
            0 => twin.truncate(at),
            1 => twin[at..].iter_mut().take(8).for_each(|byte| *byte = 0xff),
            2 => twin[at..].iter_mut().take(8).for_each(|byte| *byte = 0),
            3 => {
                let from = place(dice, other.len());
                twin.truncate(at);
                twin.extend_from_slice(&other[from..]);
            }
            4 => twin[at] = twin[at].wrapping_add(1),
            _ => twin[at] ^= 1 << dice.below(8),
        }
        if twin.is_empty() {
            break;
        }
    }
    twin
}

#[test]
fn every_message_of_the_corpus_is_read_and_written_the_same() {
    for protocol in PROTOCOLS {
        let messages = corpus(protocol.name);
        for (_, bytes) in &messages {
            let message = Message::from_bytes(bytes);
            let message = message.unwrap_or_else(|error| panic!("{}: {error}", protocol.name));
            assert_eq!(message.to_bytes(), *bytes, "{}", protocol.name);
        }
        assert_eq!(messages.is_empty(), protocol.name == "none", "{}", protocol.name);
    }
}

#[test]
fn no_core_panics_or_grows_over_spoilt_messages() {
    for protocol in PROTOCOLS {
        let name = protocol.name;
        let messages = corpus(name);
        let mut besieged = Besieged::new(name);
        let mut dice = Prng::new(3, 0);
        for (from, bytes) in &messages {
            besieged.receive(*from, Message::from_bytes(bytes).unwrap());
        }
        for (from, bytes) in &messages {
            for _ in 0..TWINS {
                let (_, other) = &messages[dice.below(messages.len() as u64) as usize];
                let twin = spoil(bytes, other, &mut dice);
                let _ = Record::from_bytes(&twin);
                if let Ok(message) = Message::from_bytes(&twin) {
                    assert_eq!(message.to_bytes(), twin, "{name}");
                    besieged.receive(*from, message);
                }
            }
            besieged.check(name);
            if let Some(timer) = besieged.timers.pop() {
                besieged.step(Input::Timeout(timer));
            }
        }
    }
}

/// The messages of every other core are refused, and change nothing.
#[test]
fn messages_of_other_cores_are_malformed() {
    for protocol in PROTOCOLS {
        for other in PROTOCOLS.iter().filter(|other| other.name != protocol.name) {
            let mut besieged = Besieged::new(protocol.name);
            for (from, bytes) in corpus(other.name) {
                besieged.receive(from, Message::from_bytes(&bytes).unwrap());
            }
            besieged.check(protocol.name);
        }
    }
}

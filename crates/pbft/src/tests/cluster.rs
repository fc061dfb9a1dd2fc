//! A deterministic world for a handful of cores: virtual time, scripted loss and lies, crashes and restarts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crypto::{Domain, KeyRing, Scheme, Signer, Verifier, VerifyError};
use protocol::{Call, Ctx, Decision, Effect, Evidence, Input, Payload, Protocol, Reject, Reply};
use types::{ChainId, Digest, Duration, NodeId, Prng, Seq, Time};

use super::app::{App, Request, State};
use crate::promises::kind;
use crate::{Config, Core, Message, Mutant, Record, Timer};

pub(super) const fn node(index: u16) -> NodeId {
    NodeId::new(index)
}
pub(super) const fn ms(ms: u64) -> Duration {
    Duration::from_ms(ms)
}

/// What becomes of a message on its way.
pub(super) enum Fate {
    Pass,
    Drop,
    Delay(Duration),
    /// A liar says something else.
    Instead(Vec<Message>),
}

type Network = Box<dyn FnMut(Time, NodeId, NodeId, &Message) -> Fate>;

enum Event {
    Deliver { from: NodeId, to: NodeId, message: Message },
    Timeout { to: NodeId, timer: Timer, generation: u64 },
    Reply { to: NodeId, reply: Reply, life: u64 },
}

/// One replica and what the world keeps for it.
pub(super) struct Node {
    pub(super) core: Option<Core>,
    pub(super) config: Config,
    pub(super) disk: Vec<Record>,
    /// Everything that was ever written, compaction or not.
    pub(super) written: Vec<Record>,
    pub(super) app: App,
    pub(super) decisions: Vec<Decision>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) rejects: Vec<(NodeId, Reject)>,
    pub(super) transfers: Vec<Seq>,
    /// Its messages, once for each send or broadcast.
    pub(super) said: Vec<Message>,
    pub(super) is_liar: bool,
    /// Stops behind the first message of this kind that leaves.
    pub(super) crash_on: Option<usize>,
    timers: BTreeMap<Timer, u64>,
    life: u64,
}

pub(super) struct Cluster {
    pub(super) nodes: Vec<Node>,
    pub(super) signers: Vec<Signer>,
    pub(super) verifier: Verifier,
    pub(super) now: Time,
    pub(super) network: Network,
    pub(super) latency: Duration,
    pub(super) mutant: Option<Mutant>,
    /// Messages that crossed the network, by kind.
    pub(super) crossed: [usize; 10],
    pub(super) bad_signatures: Vec<(NodeId, VerifyError)>,
    /// A liar's answer to a state transfer, tried before the others'.
    pub(super) false_state: Option<State>,
    /// What happened, for scenario files.
    pub(super) log: Option<String>,
    queue: BTreeMap<(Time, u64), Event>,
    count: u64,
}

pub(super) fn domain(protocol: &str) -> Domain {
    Domain::new(ChainId(Digest::new([1; 32])), Digest::new([2; 32]), protocol)
}

impl Cluster {
    pub(super) fn new(n: usize, mutant: Option<Mutant>) -> Self {
        Self::with(n, mutant, |_| {})
    }

    /// A cluster with short intervals: K = 4, L = 8, a view timeout of a second.
    pub(super) fn with(n: usize, mutant: Option<Mutant>, tune: impl Fn(&mut Config)) -> Self {
        let (ring, keys) = KeyRing::simulated(Scheme::Cheap, n, 7);
        let domain = domain("pbft");
        let signers: Vec<Signer> = keys
            .into_iter()
            .zip(NodeId::all(n))
            .map(|(key, id)| Signer::simulated(id, domain, key))
            .collect();
        let mut config = Config {
            view_timeout: ms(1_000),
            view_timeout_max: ms(16_000),
            retry_interval: ms(100),
            checkpoint_interval: 4,
            window: 8,
            pipeline: 2,
            mutant,
            ..Config::new(n)
        };
        tune(&mut config);
        let nodes = (0..n).map(|_| Node::new(config.clone())).collect();
        let mut cluster = Self {
            nodes,
            signers,
            verifier: Verifier::new(domain, ring),
            now: Time::from_us(1),
            network: Box::new(|_, _, _, _| Fate::Pass),
            latency: ms(1),
            mutant,
            crossed: [0; 10],
            bad_signatures: Vec::new(),
            false_state: None,
            log: None,
            queue: BTreeMap::new(),
            count: 0,
        };
        for id in NodeId::all(n) {
            cluster.start(id);
        }
        cluster
    }

    pub(super) fn n(&self) -> usize {
        self.nodes.len()
    }
    pub(super) fn all(&self) -> impl Iterator<Item = NodeId> + Clone + use<> {
        NodeId::all(self.n())
    }
    pub(super) fn at(&self, index: u16) -> &Node {
        &self.nodes[usize::from(index)]
    }
    pub(super) fn at_mut(&mut self, index: u16) -> &mut Node {
        &mut self.nodes[usize::from(index)]
    }
    pub(super) fn core(&self, index: u16) -> &Core {
        self.at(index).core.as_ref().expect("a running core")
    }
    pub(super) fn signer(&self, index: u16) -> &Signer {
        &self.signers[usize::from(index)]
    }
    pub(super) fn height(&self, index: u16) -> u64 {
        self.at(index).app.state.seq.get()
    }
    pub(super) fn honest(&self) -> Vec<u16> {
        (0..u16::try_from(self.n()).unwrap()).filter(|&index| !self.at(index).is_liar).collect()
    }

    /// From here on this replica's words are the script's.
    pub(super) fn corrupt(&mut self, index: u16) {
        let node = self.at_mut(index);
        node.is_liar = true;
        node.core = None;
    }

    fn start(&mut self, id: NodeId) {
        let node = &mut self.nodes[id.index()];
        node.life += 1;
        node.timers.clear();
        let mut effects = Vec::new();
        let mut ctx = Ctx::new(self.now, &self.signers[id.index()], &mut effects);
        node.core = Some(Core::start(node.config.clone(), node.disk.clone(), &mut ctx));
        self.carry_out(id, effects);
        let state = &self.nodes[id.index()].app.state;
        if state.seq > Seq::ZERO {
            let (seq, digest) = (state.seq, state.digest());
            self.step(id, Input::Reply(Reply::Transferred { seq, digest, done: Vec::new() }));
        }
        for work in self.nodes[id.index()].app.order.clone() {
            self.step(id, Input::Submit(work));
        }
    }

    pub(super) fn crash(&mut self, index: u16) {
        self.at_mut(index).core = None;
    }
    pub(super) fn restart(&mut self, index: u16) {
        self.write(&format!("n{index} RESTART"));
        self.crash(index);
        self.at_mut(index).crash_on = None;
        self.start(node(index));
    }

    /// A client sends its request to some replicas.
    pub(super) fn submit_to(&mut self, request: Request, to: &[u16]) {
        for &index in to {
            if let Some(work) = self.at_mut(index).app.submit(request)
                && self.at(index).core.is_some()
            {
                self.step(node(index), Input::Submit(work));
            }
        }
    }
    pub(super) fn submit(&mut self, request: Request) {
        let all: Vec<u16> = self.all().map(NodeId::get).collect();
        self.submit_to(request, &all);
    }

    /// Puts a message onto the wire as `from`'s.
    pub(super) fn inject(&mut self, from: u16, to: u16, message: Message) {
        self.push(
            self.now.after(self.latency),
            Event::Deliver { from: node(from), to: node(to), message },
        );
    }
    pub(super) fn inject_all(&mut self, from: u16, message: &Message) {
        for to in self.all().filter(|&to| to != node(from)) {
            self.inject(from, to.get(), message.clone());
        }
    }

    fn push(&mut self, at: Time, event: Event) {
        self.count += 1;
        self.queue.insert((at, self.count), event);
    }

    pub(super) fn step(&mut self, to: NodeId, input: Input<Core>) {
        let node = &mut self.nodes[to.index()];
        let Some(core) = &mut node.core else { return };
        let mut effects = Vec::new();
        core.step(input, &mut Ctx::new(self.now, &self.signers[to.index()], &mut effects));
        self.carry_out(to, effects);
    }

    fn carry_out(&mut self, me: NodeId, effects: Vec<Effect<Core>>) {
        for effect in effects {
            // It stopped behind one of these effects.
            if self.nodes[me.index()].core.is_none() {
                return;
            }
            self.note(me, &effect);
            let node = &mut self.nodes[me.index()];
            match effect {
                Effect::Persist(record) => {
                    node.disk.push(record.clone());
                    node.written.push(record);
                }
                Effect::Compact(records) => node.disk = records,
                Effect::Send { to, message } => {
                    assert_ne!(to, me, "a core never sends to itself");
                    node.said.push(message.clone());
                    self.send(me, to, &message);
                    self.stop_behind(me, &message);
                }
                Effect::Broadcast(message) => {
                    node.said.push(message.clone());
                    for to in self.all() {
                        if to == me {
                            let message = message.clone();
                            self.push(self.now, Event::Deliver { from: me, to: me, message });
                        } else {
                            self.send(me, to, &message);
                        }
                    }
                    self.stop_behind(me, &message);
                }
                Effect::SetTimer { timer, after } => {
                    self.count += 1;
                    let generation = self.count;
                    self.nodes[me.index()].timers.insert(timer, generation);
                    self.push(self.now.after(after), Event::Timeout { to: me, timer, generation });
                }
                Effect::CancelTimer(timer) => {
                    node.timers.remove(&timer);
                }
                Effect::Call(call) => self.answer(me, call),
                Effect::Decide(decision) => self.execute(me, decision),
                Effect::Accuse(evidence) => node.evidence.push(evidence),
                Effect::Reject { peer, reason } => node.rejects.push((peer, reason)),
            }
        }
    }

    fn stop_behind(&mut self, me: NodeId, message: &Message) {
        let node = &mut self.nodes[me.index()];
        if node.crash_on == Some(kind(message)) {
            node.core = None;
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: &Message) {
        self.crossed[kind(message)] += 1;
        let at = self.now.after(self.latency);
        let (at, messages) = match (self.network)(self.now, from, to, message) {
            Fate::Pass => (at, vec![message.clone()]),
            Fate::Drop => return,
            Fate::Delay(span) => (at.after(span), vec![message.clone()]),
            Fate::Instead(messages) => (at, messages),
        };
        for message in messages {
            self.push(at, Event::Deliver { from, to, message });
        }
    }

    fn reply(&mut self, to: NodeId, reply: Reply) {
        let life = self.nodes[to.index()].life;
        self.push(self.now, Event::Reply { to, reply, life });
    }

    fn answer(&mut self, me: NodeId, call: Call) {
        let app = &mut self.nodes[me.index()].app;
        let reply = match call {
            Call::Build { view, seq } => Reply::Built { view, seq, payload: app.build(view) },
            Call::Check { view, seq, payload, .. } => {
                let valid = app.check(view, &payload);
                Reply::Checked { view, seq, digest: payload.digest(), valid }
            }
            Call::Transfer { seq, digest } => {
                self.nodes[me.index()].transfers.push(seq);
                let Some(state) = self.find_state(me, seq, digest) else { return };
                let done = self.nodes[me.index()].app.adopt(state);
                Reply::Transferred { seq, digest, done }
            }
            Call::Mine { .. } => return,
        };
        self.reply(me, reply);
    }

    /// Asks the peers for a state, a liar first, and believes none that has another digest.
    fn find_state(&self, me: NodeId, seq: Seq, digest: Digest) -> Option<State> {
        let peers = self.all().filter(|&peer| peer != me);
        let honest = peers.filter_map(|peer| self.nodes[peer.index()].app.snapshots.get(&seq));
        let mut offers = self.false_state.iter().chain(honest);
        offers.find(|state| state.digest() == digest).cloned()
    }

    fn execute(&mut self, me: NodeId, decision: Decision) {
        let mutant = self.mutant;
        let node = &mut self.nodes[me.index()];
        let (seq, payload) = (decision.seq, decision.payload.clone());
        node.decisions.push(decision);
        if seq <= node.app.state.seq {
            return;
        }
        let done = node.app.execute(seq, payload.as_ref(), mutant);
        let digest = node.app.state.digest();
        self.reply(me, Reply::Executed { seq, digest, done });
    }

    fn deliver(&mut self, from: NodeId, to: NodeId, message: Message) {
        if self.nodes[to.index()].core.is_none() {
            return;
        }
        let mutant = self.mutant;
        let verified = if from == to {
            Ok(self.signers[to.index()].own(message))
        } else if mutant == Some(Mutant::SignaturesUnchecked) {
            Ok(self.pretend(message))
        } else if mutant == Some(Mutant::SenderUnchecked) {
            let author = crypto::Authentic::author(&message).unwrap_or(from);
            self.verifier.verify(author, message)
        } else {
            self.verifier.verify(from, message)
        };
        match verified {
            Ok(message) => self.step(to, Input::Receive { from, message }),
            Err(error) => self.bad_signatures.push((from, error)),
        }
    }

    /// A world that forgets to check signatures.
    fn pretend(&self, message: Message) -> crypto::Verified<Message> {
        let author = crypto::Authentic::author(&message);
        let signer = &self.signers[author.map_or(0, NodeId::index)];
        signer.own(message)
    }

    /// Takes the next event up to a time; false where there is none.
    pub(super) fn advance(&mut self, until: Time) -> bool {
        let Some((&(at, count), _)) = self.queue.first_key_value() else { return false };
        if at > until {
            return false;
        }
        self.now = self.now.max(at);
        match self.queue.remove(&(at, count)) {
            Some(Event::Deliver { from, to, message }) => self.deliver(from, to, message),
            Some(Event::Timeout { to, timer, generation }) => {
                let timers = &mut self.nodes[to.index()].timers;
                if timers.get(&timer) == Some(&generation) {
                    timers.remove(&timer);
                    self.write(&format!("{to} timeout {timer:?}"));
                    self.step(to, Input::Timeout(timer));
                }
            }
            Some(Event::Reply { to, reply, life }) if self.nodes[to.index()].life == life => {
                self.step(to, Input::Reply(reply));
            }
            Some(Event::Reply { .. }) | None => {}
        }
        true
    }

    pub(super) fn run(&mut self, span: Duration) {
        let until = self.now.after(span);
        while self.advance(until) {}
        self.now = until;
    }

    /// Runs until something holds; false where it does not within a span.
    pub(super) fn run_until(&mut self, span: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let until = self.now.after(span);
        while !done(self) {
            if !self.advance(until) {
                self.now = until;
                return done(self);
            }
        }
        true
    }

    /// Whether nothing is left to happen: no message, no timer.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.values().all(|event| match event {
            Event::Timeout { to, timer, generation } => {
                self.nodes[to.index()].timers.get(timer) != Some(generation)
            }
            Event::Deliver { .. } | Event::Reply { .. } => false,
        })
    }

    pub(super) fn heal(&mut self) {
        self.network = Box::new(|_, _, _, _| Fate::Pass);
    }
    /// Lets messages pass only inside each group.
    pub(super) fn split(&mut self, groups: &[&[u16]]) {
        let groups: Vec<Vec<u16>> = groups.iter().map(|group| group.to_vec()).collect();
        self.network = Box::new(move |_, from, to, _| {
            let is_together =
                groups.iter().any(|g| g.contains(&from.get()) && g.contains(&to.get()));
            if is_together { Fate::Pass } else { Fate::Drop }
        });
    }
    /// Loses a share of all messages until a time.
    pub(super) fn lose(&mut self, ppm: u32, until: Time, seed: u64) {
        let mut prng = Prng::new(seed, 0);
        self.network =
            Box::new(
                move |now, _, _, _| {
                    if now < until && prng.chance_ppm(ppm) { Fate::Drop } else { Fate::Pass }
                },
            );
    }

    fn write(&mut self, line: &str) {
        if let Some(log) = &mut self.log {
            let _ = writeln!(log, "{line}");
        }
    }
    fn note(&mut self, me: NodeId, effect: &Effect<Core>) {
        if self.log.is_some() {
            let line = super::script::describe(me, effect);
            self.write(&line);
        }
    }
}

impl Node {
    fn new(config: Config) -> Self {
        Self {
            core: None,
            config,
            disk: Vec::new(),
            written: Vec::new(),
            app: App::default(),
            decisions: Vec::new(),
            evidence: Vec::new(),
            rejects: Vec::new(),
            transfers: Vec::new(),
            said: Vec::new(),
            is_liar: false,
            crash_on: None,
            timers: BTreeMap::new(),
            life: 0,
        }
    }
    pub(super) fn digest_at(&self, seq: u64) -> Option<Digest> {
        self.app.history.get(&Seq::new(seq)).copied()
    }
    pub(super) fn payload_at(&self, seq: u64) -> Option<&Payload> {
        let mut decisions = self.decisions.iter();
        decisions.find(|decision| decision.seq == Seq::new(seq))?.payload.as_ref()
    }
}

//! A deterministic world for a handful of cores: virtual time, scripted loss and lies, crashes and restarts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crypto::{Domain, KeyRing, Scheme, Signer, Verifier, VerifyError};
use protocol::{Call, Ctx, Decision, Effect, Input, Reply};
use types::{ChainId, Digest, Duration, NodeId, Prng, Seq, Time};

use crate::app::{Request, State};
use crate::events::{Event, Fate, Network};
use crate::node::{Node, find_state};
use crate::subject::{Subject, WorldBug};

/// A replica's name.
pub const fn node(index: u16) -> NodeId {
    NodeId::new(index)
}
/// A span.
pub const fn ms(ms: u64) -> Duration {
    Duration::from_ms(ms)
}

/// The world.
pub struct Cluster<C: Subject> {
    /// The replicas.
    pub nodes: Vec<Node<C>>,
    /// Their keys, for liars.
    pub signers: Vec<Signer>,
    /// Checks everybody's signatures.
    pub verifier: Verifier,
    /// Virtual time.
    pub now: Time,
    /// What becomes of messages.
    pub network: Network<C::Message>,
    /// How long each takes.
    pub latency: Duration,
    /// The deliberate bug.
    pub mutant: Option<C::Mutant>,
    /// Messages that crossed the network, by kind.
    pub crossed: Vec<usize>,
    /// Messages that were dropped at the door.
    pub bad_signatures: Vec<(NodeId, VerifyError)>,
    /// A liar's answer to a state transfer, tried before the others'.
    pub false_state: Option<State>,
    /// What happened, for scenario files.
    pub log: Option<String>,
    /// The start of every search for a nonce.
    dice: Prng,
    queue: BTreeMap<(Time, u64), Event<C>>,
    count: u64,
}

/// The domain of a protocol's signatures in tests.
pub fn domain(protocol: &str) -> Domain {
    Domain::new(ChainId(Digest::new([1; 32])), Digest::new([2; 32]), protocol)
}

impl<C: Subject> std::fmt::Debug for Cluster<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("now", &self.now)
            .field("nodes", &self.nodes)
            .finish_non_exhaustive()
    }
}

impl<C: Subject> Cluster<C> {
    /// A whole network of `n` honest replicas.
    pub fn new(n: usize, mutant: Option<C::Mutant>) -> Self {
        Self::with(n, mutant, |_| {})
    }

    /// A cluster whose configuration is changed.
    pub fn with(n: usize, mutant: Option<C::Mutant>, tune: impl Fn(&mut C::Config)) -> Self {
        Self::with_each(n, mutant, |_, config| tune(config))
    }

    /// A cluster in which every replica has a configuration of its own.
    pub fn with_each(
        n: usize,
        mutant: Option<C::Mutant>,
        tune: impl Fn(NodeId, &mut C::Config),
    ) -> Self {
        let (ring, keys) = KeyRing::simulated(Scheme::Cheap, n, 7);
        let domain = domain(C::NAME);
        let signers: Vec<Signer> = keys
            .into_iter()
            .zip(NodeId::all(n))
            .map(|(key, id)| Signer::simulated(id, domain, key))
            .collect();
        let nodes = NodeId::all(n).map(|id| {
            let mut config = C::config(n, mutant);
            tune(id, &mut config);
            Node::new(config)
        });
        let mut cluster = Self {
            nodes: nodes.collect(),
            signers,
            verifier: Verifier::new(domain, ring),
            now: Time::from_us(1),
            network: Box::new(|_, _, _, _| Fate::Pass),
            latency: ms(1),
            mutant,
            crossed: vec![0; C::KINDS.len()],
            bad_signatures: Vec::new(),
            false_state: None,
            log: None,
            dice: Prng::new(7, 3),
            queue: BTreeMap::new(),
            count: 0,
        };
        for id in NodeId::all(n) {
            cluster.start(id);
        }
        cluster
    }

    /// How many replicas there are.
    pub fn n(&self) -> usize {
        self.nodes.len()
    }
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = NodeId> + Clone + use<C> {
        NodeId::all(self.n())
    }
    /// One of them.
    pub fn at(&self, index: u16) -> &Node<C> {
        &self.nodes[usize::from(index)]
    }
    /// One of them, to be changed.
    pub fn at_mut(&mut self, index: u16) -> &mut Node<C> {
        &mut self.nodes[usize::from(index)]
    }
    /// Its core.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn core(&self, index: u16) -> &C {
        self.at(index).core.as_ref().expect("a running core")
    }
    /// Its key.
    pub fn signer(&self, index: u16) -> &Signer {
        &self.signers[usize::from(index)]
    }
    /// The last place it executed.
    pub fn height(&self, index: u16) -> u64 {
        self.at(index).app.state.seq.get()
    }
    /// Those that are no liars.
    pub fn honest(&self) -> Vec<u16> {
        (0..u16::try_from(self.n()).unwrap()).filter(|&index| !self.at(index).is_liar).collect()
    }

    /// From here on this replica's words are the script's.
    pub fn corrupt(&mut self, index: u16) {
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
        node.core = Some(C::start(node.config.clone(), node.disk.clone(), &mut ctx));
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

    /// Stops a replica; what is not on its disk is lost.
    pub fn crash(&mut self, index: u16) {
        let node = self.at_mut(index);
        node.core = None;
        node.search = 0;
    }
    /// Starts it again from its disk.
    pub fn restart(&mut self, index: u16) {
        self.write(&format!("n{index} RESTART"));
        self.crash(index);
        self.at_mut(index).crash_on = None;
        self.start(node(index));
    }

    /// A client sends its request to some replicas.
    pub fn submit_to(&mut self, request: Request, to: &[u16]) {
        for &index in to {
            if let Some(work) = self.at_mut(index).app.submit(request)
                && self.at(index).core.is_some()
            {
                self.step(node(index), Input::Submit(work));
            }
        }
    }
    /// A client sends its request to everybody.
    pub fn submit(&mut self, request: Request) {
        let all: Vec<u16> = self.all().map(NodeId::get).collect();
        self.submit_to(request, &all);
    }

    /// Puts a message onto the wire as `from`'s.
    pub fn inject(&mut self, from: u16, to: u16, message: C::Message) {
        self.push(
            self.now.after(self.latency),
            Event::Deliver { from: node(from), to: node(to), message },
        );
    }
    /// The same to everybody else.
    pub fn inject_all(&mut self, from: u16, message: &C::Message) {
        for to in self.all().filter(|&to| to != node(from)) {
            self.inject(from, to.get(), message.clone());
        }
    }

    fn push(&mut self, at: Time, event: Event<C>) {
        self.count += 1;
        self.queue.insert((at, self.count), event);
    }

    /// Feeds one input.
    pub fn step(&mut self, to: NodeId, input: Input<C>) {
        self.with_core(to, |core, ctx| core.step(input, ctx));
    }

    /// Calls a core beside the boundary, where it offers more than that.
    pub fn with_core(&mut self, to: NodeId, call: impl FnOnce(&mut C, &mut Ctx<'_, C>)) {
        let node = &mut self.nodes[to.index()];
        let Some(core) = &mut node.core else { return };
        let mut effects = Vec::new();
        call(core, &mut Ctx::new(self.now, &self.signers[to.index()], &mut effects));
        self.carry_out(to, effects);
    }

    fn carry_out(&mut self, me: NodeId, effects: Vec<Effect<C>>) {
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
                    let echo_at = self.now.after(node.echo_after);
                    for to in self.all() {
                        if to == me {
                            let message = message.clone();
                            self.push(echo_at, Event::Deliver { from: me, to: me, message });
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

    fn bug(&self) -> Option<WorldBug> {
        self.mutant.and_then(C::world_bug)
    }

    fn stop_behind(&mut self, me: NodeId, message: &C::Message) {
        let node = &mut self.nodes[me.index()];
        if node.crash_on == Some(C::kind(message)) {
            node.core = None;
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: &C::Message) {
        self.crossed[C::kind(message)] += 1;
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
                let Some(valid) = app.check(view, &payload) else { return };
                Reply::Checked { view, seq, digest: payload.digest(), valid }
            }
            Call::Transfer { seq, digest } => {
                self.nodes[me.index()].transfers.push(seq);
                let false_state = self.false_state.as_ref();
                let found = find_state(&self.nodes, false_state, me, seq, digest);
                let Some(state) = found else { return };
                let (seq, digest) = (state.seq, state.digest());
                let done = self.nodes[me.index()].app.adopt(state);
                Reply::Transferred { seq, digest, done }
            }
            Call::Mine { work, target } => return self.mine(me, work, target),
        };
        self.reply(me, reply);
    }

    /// Really searches a nonce, and lets the search take its time at the replica's hash rate.
    fn mine(&mut self, me: NodeId, work: Digest, target: Digest) {
        self.count += 1;
        let (search, start) = (self.count, self.dice.next_u64());
        let node = &mut self.nodes[me.index()];
        node.search = search;
        let mut tries = 0_u64;
        while crypto::work(&work, start.wrapping_add(tries)) > target {
            tries += 1;
        }
        let nonce = start.wrapping_add(tries);
        let span = Duration::from_us((tries + 1) * 1_000 / node.hashes_per_ms.max(1));
        let reply = Reply::Mined { work, nonce };
        self.push(self.now.after(span), Event::Mined { to: me, reply, search });
    }

    fn execute(&mut self, me: NodeId, decision: Decision) {
        let is_twice = self.bug() == Some(WorldBug::ExecutedTwice);
        let node = &mut self.nodes[me.index()];
        let (seq, payload) = (decision.seq, decision.payload.clone());
        node.decisions.push(decision);
        if seq <= node.app.state.seq {
            return;
        }
        let done = node.app.execute(seq, payload.as_ref(), is_twice);
        let digest = node.app.state.digest();
        self.reply(me, Reply::Executed { seq, digest, done });
    }

    fn deliver(&mut self, from: NodeId, to: NodeId, message: C::Message) {
        if self.nodes[to.index()].core.is_none() {
            return;
        }
        let bug = self.bug();
        let verified = if from == to {
            Ok(self.signers[to.index()].own(message))
        } else if bug == Some(WorldBug::SignaturesUnchecked) {
            Ok(self.pretend(message))
        } else if bug == Some(WorldBug::SenderUnchecked) {
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
    fn pretend(&self, message: C::Message) -> crypto::Verified<C::Message> {
        let author = crypto::Authentic::author(&message);
        let signer = &self.signers[author.map_or(0, NodeId::index)];
        signer.own(message)
    }

    /// Takes the next event up to a time; false where there is none.
    pub fn advance(&mut self, until: Time) -> bool {
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
            Some(Event::Mined { to, reply, search }) if self.nodes[to.index()].search == search => {
                self.step(to, Input::Reply(reply));
            }
            Some(Event::Reply { .. } | Event::Mined { .. }) | None => {}
        }
        true
    }

    /// Lets a span pass.
    pub fn run(&mut self, span: Duration) {
        let until = self.now.after(span);
        while self.advance(until) {}
        self.now = until;
    }

    /// Runs until something holds; false where it does not within a span.
    pub fn run_until(&mut self, span: Duration, done: impl Fn(&Self) -> bool) -> bool {
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
    pub fn is_idle(&self) -> bool {
        self.queue.values().all(|event| match event {
            Event::Timeout { to, timer, generation } => {
                self.nodes[to.index()].timers.get(timer) != Some(generation)
            }
            Event::Mined { to, search, .. } => self.nodes[to.index()].search != *search,
            Event::Deliver { .. } | Event::Reply { .. } => false,
        })
    }

    /// Lets every message pass.
    pub fn heal(&mut self) {
        self.network = Box::new(|_, _, _, _| Fate::Pass);
    }
    /// Lets messages pass only inside each group.
    pub fn split(&mut self, groups: &[&[u16]]) {
        let groups: Vec<Vec<u16>> = groups.iter().map(|group| group.to_vec()).collect();
        self.network = Box::new(move |_, from, to, _| {
            let is_together =
                groups.iter().any(|g| g.contains(&from.get()) && g.contains(&to.get()));
            if is_together { Fate::Pass } else { Fate::Drop }
        });
    }
    /// Loses a share of all messages until a time.
    pub fn lose(&mut self, ppm: u32, until: Time, seed: u64) {
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
    fn note(&mut self, me: NodeId, effect: &Effect<C>) {
        if self.log.is_some() {
            let line = crate::script::describe(me, effect);
            self.write(&line);
        }
    }
}

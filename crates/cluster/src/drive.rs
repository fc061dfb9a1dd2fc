//! Carries out what the cores want done.

use protocol::{Call, Decision, Effect, Payload, Reply};
use protocols::{Any, Message};
use types::{Digest, NodeId, Seq, Time, View};

use crate::{Cluster, Decided, Event, LATENCY, Replica};

/// How fast a replica searches nonces.
const HASHES_PER_MS: u64 = 1;

impl Replica {
    pub(crate) const fn new() -> Self {
        Self {
            core: None,
            decided: Vec::new(),
            testimony: protocols::Testimony { decisions: Vec::new(), records: Vec::new() },
            waiting: std::collections::VecDeque::new(),
            done: std::collections::BTreeSet::new(),
            state: Digest::ZERO,
            height: Seq::ZERO,
            timers: std::collections::BTreeMap::new(),
            search: 0,
        }
    }

    fn build(&mut self, view: View) -> Option<Payload> {
        let free = self.waiting.iter_mut().find(|(_, proposed)| *proposed < Some(view))?;
        free.1 = Some(view);
        Some(free.0.clone())
    }

    /// Whoever proposes what we wait for too has proposed it for us.
    fn check(&mut self, view: View, payload: &Payload) {
        let digest = payload.digest();
        for (_, proposed) in self.waiting.iter_mut().filter(|(ours, _)| ours.digest() == digest) {
            *proposed = (*proposed).max(Some(view));
        }
    }

    /// Takes a decision; the state is a digest over all of them.
    fn execute(&mut self, me: NodeId, decision: &Decision) -> Vec<Digest> {
        self.height = decision.seq;
        let Some(payload) = &decision.payload else { return Vec::new() };
        let digest = payload.digest();
        let bytes = [self.state.as_bytes().as_slice(), digest.as_bytes()].concat();
        self.state = crypto::hash("unisono-cluster-state", &bytes);
        self.waiting.retain(|(waiting, _)| waiting.digest() != digest);
        if self.done.insert(digest) {
            let (seq, view, bytes) = (decision.seq, decision.view, payload.bytes().to_vec());
            self.decided.push(Decided { replica: me, seq, view, bytes });
        }
        vec![digest]
    }
}

impl Cluster {
    fn push(&mut self, at: Time, event: Event) {
        self.count += 1;
        self.queue.insert((at, self.count), event);
    }

    pub(crate) fn carry_out(&mut self, me: NodeId, effects: Vec<Effect<Any>>) {
        for effect in effects {
            match effect {
                // Nothing here survives the process; the log is kept to be shown.
                Effect::Persist(record) => {
                    self.replicas[me.index()].testimony.records.push(record);
                }
                Effect::Compact(records) => {
                    self.replicas[me.index()].testimony.records = records;
                }
                Effect::Reject { .. } => {}
                Effect::Send { to, message } => self.send(me, to, message),
                Effect::Broadcast(message) => {
                    for to in NodeId::all(self.replicas.len()).filter(|&to| to != me) {
                        self.send(me, to, message.clone());
                    }
                    self.push(self.now, Event::Deliver { from: me, to: me, message });
                }
                Effect::SetTimer { timer, after } => {
                    let generation = self.count + 1;
                    self.replicas[me.index()].timers.insert(timer, generation);
                    self.push(self.now.after(after), Event::Timeout { to: me, timer, generation });
                }
                Effect::CancelTimer(timer) => {
                    self.replicas[me.index()].timers.remove(&timer);
                }
                Effect::Call(call) => self.answer(me, call),
                Effect::Decide(decision) => {
                    let replica = &mut self.replicas[me.index()];
                    let done = replica.execute(me, &decision);
                    let reply = Reply::Executed { seq: decision.seq, digest: replica.state, done };
                    replica.testimony.decisions.push(decision);
                    self.push(self.now, Event::Reply { to: me, reply });
                }
                Effect::Accuse(evidence) => self.evidence.push(evidence),
            }
        }
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: Message) {
        if let Some(delay) = self.network.carry(from, to) {
            let at = self.now.after(LATENCY).after(delay);
            self.push(at, Event::Deliver { from, to, message });
        }
    }

    fn answer(&mut self, me: NodeId, call: Call) {
        let replica = &mut self.replicas[me.index()];
        let reply = match call {
            Call::Build { view, seq } => Reply::Built { view, seq, payload: replica.build(view) },
            Call::Check { view, seq, payload, .. } => {
                replica.check(view, &payload);
                Reply::Checked { view, seq, digest: payload.digest(), valid: true }
            }
            Call::Transfer { seq, .. } => return self.transfer(me, seq),
            Call::Mine { work, target } => return self.mine(me, work, target),
        };
        self.push(self.now, Event::Reply { to: me, reply });
    }

    /// Takes over the decisions of a replica that is as far.
    fn transfer(&mut self, me: NodeId, seq: Seq) {
        let Some(ahead) = self.replicas.iter().find(|replica| replica.height >= seq) else {
            return;
        };
        let (decided, done) = (ahead.decided.clone(), ahead.done.clone());
        let (state, height) = (ahead.state, ahead.height);
        let replica = &mut self.replicas[me.index()];
        replica.waiting.retain(|(payload, _)| !done.contains(&payload.digest()));
        replica.decided = decided.into_iter().map(|one| Decided { replica: me, ..one }).collect();
        (replica.state, replica.height) = (state, height);
        let all = done.iter().copied().collect();
        replica.done = done;
        let reply = Reply::Transferred { seq: height, digest: state, done: all };
        self.push(self.now, Event::Reply { to: me, reply });
    }

    /// Really searches a nonce, and lets the search take its time.
    fn mine(&mut self, me: NodeId, work: Digest, target: Digest) {
        let (start, search) = (self.dice.next_u64(), self.count + 1);
        let mut tries = 0_u64;
        while crypto::work(&work, start.wrapping_add(tries)) > target {
            tries += 1;
        }
        self.replicas[me.index()].search = search;
        let span = types::Duration::from_us((tries + 1) * 1_000 / HASHES_PER_MS);
        let reply = Reply::Mined { work, nonce: start.wrapping_add(tries) };
        self.push(self.now.after(span), Event::Mined { to: me, reply, search });
    }

    /// Takes the next event up to a time; false where there is none.
    pub(crate) fn advance(&mut self, until: Time) -> bool {
        let Some(entry) = self.queue.first_entry() else { return false };
        if entry.key().0 > until {
            return false;
        }
        let ((at, _), event) = entry.remove_entry();
        self.now = self.now.max(at);
        match event {
            Event::Deliver { from, to, message } => self.deliver(from, to, message),
            Event::Timeout { to, timer, generation } => {
                let timers = &mut self.replicas[to.index()].timers;
                if timers.get(&timer) == Some(&generation) {
                    timers.remove(&timer);
                    self.step(to, protocol::Input::Timeout(timer));
                }
            }
            Event::Reply { to, reply } => self.step(to, protocol::Input::Reply(reply)),
            Event::Mined { to, reply, search } => {
                if self.replicas[to.index()].search == search {
                    self.step(to, protocol::Input::Reply(reply));
                }
            }
        }
        true
    }

    fn deliver(&mut self, from: NodeId, to: NodeId, message: Message) {
        let verified = if from == to {
            self.signers[to.index()].own(message)
        } else {
            let Ok(verified) = self.verifier.verify(from, message) else { return };
            verified
        };
        self.step(to, protocol::Input::Receive { from, message: verified });
    }
}

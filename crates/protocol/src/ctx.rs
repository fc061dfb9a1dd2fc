use crypto::{Certificate, Signatures, Signed, Signer, Statement};
use types::{Duration, NodeId, Time};

use crate::{Call, Decision, Effect, Evidence, Protocol, Reject};

/// What a core has at hand during one step: the time, its signing key, and where its effects go.
#[derive(Debug)]
pub struct Ctx<'a, P: Protocol> {
    /// The moment of this step.
    pub now: Time,
    signer: &'a Signer,
    effects: &'a mut Vec<Effect<P>>,
}

impl<'a, P: Protocol> Ctx<'a, P> {
    /// For the worlds: a step at `now` whose effects are pushed onto `effects`.
    pub const fn new(now: Time, signer: &'a Signer, effects: &'a mut Vec<Effect<P>>) -> Self {
        Self { now, signer, effects }
    }
    /// Lets a core that is part of this one run, and wraps what it wants done.
    pub fn within<Q: Protocol, T>(
        &mut self,
        scratch: &mut Vec<Effect<Q>>,
        run: impl FnOnce(&mut Ctx<'_, Q>) -> T,
        wrap: impl FnMut(Effect<Q>) -> Effect<P>,
    ) -> T {
        let done = run(&mut Ctx { now: self.now, signer: self.signer, effects: scratch });
        self.effects.extend(scratch.drain(..).map(wrap));
        done
    }
    /// The replica's own name.
    #[must_use]
    pub const fn me(&self) -> NodeId {
        self.signer.me()
    }
    /// Signs a statement in the replica's name.
    #[must_use]
    pub fn sign<S: Statement>(&self, statement: S) -> Signed<S> {
        self.signer.sign(statement)
    }
    /// Makes a certificate of checked votes for one statement, as the scheme of the signatures allows.
    #[must_use]
    pub fn certify(&self, votes: Signatures) -> Certificate {
        self.signer.certify(votes)
    }
    /// Pushes [`Effect::Persist`].
    pub fn persist(&mut self, record: P::Record) {
        self.effects.push(Effect::Persist(record));
    }
    /// Pushes [`Effect::Compact`].
    pub fn compact(&mut self, records: Vec<P::Record>) {
        self.effects.push(Effect::Compact(records));
    }
    /// Pushes [`Effect::Send`].
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.effects.push(Effect::Send { to, message });
    }
    /// Pushes [`Effect::Broadcast`].
    pub fn broadcast(&mut self, message: P::Message) {
        self.effects.push(Effect::Broadcast(message));
    }
    /// Pushes [`Effect::SetTimer`].
    pub fn set_timer(&mut self, timer: P::Timer, after: Duration) {
        self.effects.push(Effect::SetTimer { timer, after });
    }
    /// Pushes [`Effect::CancelTimer`].
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.push(Effect::CancelTimer(timer));
    }
    /// Pushes [`Effect::Call`].
    pub fn call(&mut self, call: Call) {
        self.effects.push(Effect::Call(call));
    }
    /// Pushes [`Effect::Decide`].
    pub fn decide(&mut self, decision: Decision) {
        self.effects.push(Effect::Decide(decision));
    }
    /// Pushes [`Effect::Accuse`].
    pub fn accuse(&mut self, evidence: Evidence) {
        self.effects.push(Effect::Accuse(evidence));
    }
    /// Pushes [`Effect::Reject`].
    pub fn reject(&mut self, peer: NodeId, reason: Reject) {
        self.effects.push(Effect::Reject { peer, reason });
    }
}

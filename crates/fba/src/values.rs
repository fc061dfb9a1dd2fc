//! Values and quorum sets that statements name: fetched where they are missing, checked before they are voted for.

use crypto::Verified;
use protocol::{Call, Ctx, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::message::{Message, VALUES_MAX, Value, Values, Want};
use crate::quorum_set::QuorumSet;
use crate::replica::Core;
use crate::slot::{Held, Phase, Verdict};

/// Most values of the present slot that are looked for at once.
const WANTED_MAX: usize = 64;

impl Core {
    /// Sees to it that the application is asked about a value of the present slot, and that its bytes are here for that
    /// (L18, L19). `from` named it; somebody is looked for where that is not known.
    pub(crate) fn need(&mut self, digest: &Digest, from: Option<NodeId>, ctx: &mut Ctx<'_, Self>) {
        if self.slot.held(digest).is_some() {
            return self.examine(digest, ctx);
        }
        let is_wanted = self.slot.wanted.iter().any(|(wanted, _)| wanted == digest);
        if is_wanted || self.slot.wanted.len() >= WANTED_MAX {
            return;
        }
        // Slot by slot somebody else, so that nobody has to send a laggard everything.
        let turn = usize::try_from(self.slot.seq.get() % (1 << 16)).unwrap_or(0);
        let Some(from) = from.or_else(|| self.who_named(digest, turn)) else { return };
        self.slot.wanted.push((*digest, from));
        ctx.send(from, Message::Want(Want { seq: self.slot.seq, values: vec![*digest] }));
    }

    /// Somebody else who names a value; `turn` counts through them.
    fn who_named(&self, digest: &Digest, turn: usize) -> Option<NodeId> {
        let slot = &*self.slot;
        let named =
            slot.nominating(|said| said.votes.contains(digest) || said.accepted.contains(digest));
        let pledged = slot.pledging(|pledge| {
            pledge.ballots().iter().flatten().any(|ballot| ballot.value == *digest)
        });
        let mut others = named.or(&pledged);
        others.remove(self.me);
        let count = others.len().max(1);
        others.iter().nth(turn % count)
    }

    /// Asks for what is missing once more, somebody else each time, and the application for what it has not answered.
    pub(crate) fn look_again(&mut self, turn: usize, ctx: &mut Ctx<'_, Self>) {
        let seq = self.slot.seq;
        for (digest, asked) in self.slot.wanted.clone() {
            let from = self.who_named(&digest, turn).unwrap_or(asked);
            ctx.send(from, Message::Want(Want { seq, values: vec![digest] }));
        }
        let asked = self.slot.values.iter().filter(|held| held.verdict == Verdict::Asked);
        for held in asked {
            ctx.call(check(seq, &held.value));
        }
    }

    /// Asks the application about a value; about one of several with the same payload at a time (L18).
    fn examine(&mut self, digest: &Digest, ctx: &mut Ctx<'_, Self>) {
        let seq = self.slot.seq;
        let Some(held) = self.slot.held(digest) else { return };
        if held.verdict != Verdict::Unasked || self.slot.is_asking(held.value.payload()) {
            return;
        }
        if let Some(held) = self.slot.held_mut(digest) {
            held.verdict = Verdict::Asked;
            ctx.call(check(seq, &held.value));
        }
    }

    pub(crate) fn on_checked(
        &mut self,
        seq: Seq,
        payload: Digest,
        is_valid: bool,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if seq != self.slot.seq {
            return;
        }
        let mut values = self.slot.values.iter_mut();
        let is_meant = |held: &&mut Held| {
            held.verdict == Verdict::Asked && held.value.payload().digest() == payload
        };
        let Some(held) = values.find(is_meant) else { return };
        held.verdict = if is_valid { Verdict::Valid } else { Verdict::Invalid };
        let proposer = held.value.proposer();
        if !is_valid {
            ctx.reject(proposer, Reject::BadPayload);
        }
        self.resume(ctx);
    }

    /// Goes on with what waited for a value.
    fn resume(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.moves += 1;
        self.follow_all(ctx);
        self.nominate(ctx);
        self.say_nomination(ctx);
        if !self.slot.candidates.is_empty() {
            self.start_ballot(ctx);
        }
        self.leave_ballot(ctx);
        for node in NodeId::all(self.config.n) {
            self.heard_pledge(node, ctx);
        }
        self.settle(ctx);
    }

    /// Takes a value into its slot.
    pub(crate) fn take_value(&mut self, seq: Seq, value: Value, ctx: &mut Ctx<'_, Self>) {
        let is_present = seq == self.slot.seq;
        let Some(slot) = self.slot_mut(seq) else { return };
        let digest = value.digest();
        let wanted = slot.wanted.len();
        slot.wanted.retain(|(wanted, _)| *wanted != digest);
        let was_wanted = slot.wanted.len() != wanted;
        slot.values.push(Held { value, verdict: Verdict::Unasked, is_kept: false });
        if is_present && was_wanted && self.slot.phase != Phase::Externalize {
            self.examine(&digest, ctx);
        }
    }

    pub(crate) fn on_values(&mut self, from: NodeId, values: &Values, ctx: &mut Ctx<'_, Self>) {
        if values.seq != self.slot.seq {
            return;
        }
        for value in &values.values {
            let digest = value.digest();
            if !self.slot.wanted.iter().any(|(wanted, _)| *wanted == digest) {
                ctx.reject(from, Reject::OverLimit); // L20
                continue;
            }
            self.take_value(values.seq, value.clone(), ctx);
        }
        self.settle(ctx);
    }

    pub(crate) fn on_want(&mut self, from: NodeId, want: &Want, ctx: &mut Ctx<'_, Self>) {
        if from == self.me || !self.may_answer(from, ctx.now) {
            return;
        }
        let seq = want.seq;
        let find = |digest: &Digest| {
            let past = self.past.get(seq).map(|past| &past.value);
            let past = past.filter(|value| value.digest() == *digest);
            let present = Some(&self.slot).filter(|slot| slot.seq == seq);
            past.or_else(|| present?.held(digest).map(|held| &held.value)).cloned()
        };
        let values: Vec<Value> = want.values.iter().take(VALUES_MAX).filter_map(find).collect();
        if !values.is_empty() {
            ctx.send(from, Message::Values(Values { seq, values }));
        }
    }

    /// Puts a statement aside until its quorum set is known, and asks its maker for that (L4).
    pub(crate) fn hold(
        &mut self,
        message: &Verified<Message>,
        signer: NodeId,
        quorum_set: Digest,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let at = usize::from(!matches!(&**message, Message::Nominate(_)));
        if let Some(place) =
            self.unread.get_mut(signer.index()).and_then(|unread| unread.get_mut(at))
        {
            *place = Some(message.clone());
            if signer != self.me {
                ctx.send(signer, Message::WantQuorumSet(quorum_set));
            }
        }
    }

    pub(crate) fn on_want_quorum_set(
        &mut self,
        from: NodeId,
        digest: &Digest,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if from == self.me || !self.may_answer(from, ctx.now) {
            return;
        }
        if let Some(set) = self.sets.get(digest) {
            ctx.send(from, Message::QuorumSet(set.clone()));
        }
    }

    pub(crate) fn on_quorum_set(&mut self, from: NodeId, set: &QuorumSet, ctx: &mut Ctx<'_, Self>) {
        let digest = set.digest();
        let waiting: Vec<Verified<Message>> = self
            .unread
            .iter_mut()
            .flatten()
            .filter_map(|place| place.take_if(|message| names_set(message, &digest)))
            .collect();
        let Some(author) =
            waiting.first().and_then(|message| crypto::Authentic::author(&**message))
        else {
            return;
        };
        let is_sane = set.check(self.config.n).is_ok() || broken!(self.config, QuorumSetUnchecked);
        if !is_sane || !self.sets.learn(author, set.clone()) {
            return ctx.reject(from, Reject::OverLimit);
        }
        for message in waiting {
            match &*message {
                Message::Nominate(nominate) if nominate.said.statement.seq > self.decided => {
                    self.on_nominate(&message, nominate, ctx);
                }
                Message::Ballot(said) if said.statement.seq > self.decided => {
                    self.on_pledge(&message, said, ctx);
                }
                Message::Nominate(_)
                | Message::Ballot(_)
                | Message::Want(_)
                | Message::Values(_)
                | Message::WantQuorumSet(_)
                | Message::QuorumSet(_)
                | Message::Status(_) => {}
            }
        }
    }
}

fn names_set(message: &Message, digest: &Digest) -> bool {
    match message {
        Message::Nominate(nominate) => nominate.said.statement.quorum_set == *digest,
        Message::Ballot(said) => said.statement.quorum_set == *digest,
        Message::Want(_)
        | Message::Values(_)
        | Message::WantQuorumSet(_)
        | Message::QuorumSet(_)
        | Message::Status(_) => false,
    }
}

fn check(seq: Seq, value: &Value) -> Call {
    let (view, payload, proposer) =
        (View::new(seq.get()), value.payload().clone(), value.proposer());
    Call::Check { view, seq, payload, proposer }
}

//! What is kept on disk, and how a replica is rebuilt from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Signed;
use protocol::{Call, Ctx};
use types::Seq;

use crate::message::{
    Checkpoint, CheckpointCertificate, Message, NewView, PrePrepare, Prepared, PreparedCertificate,
    ViewChange,
};
use crate::replica::{Core, Phase};

/// What must survive a crash: each is durable before the message that it stands behind leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Before a PRE-PREPARE or PREPARE: the proposal and its payload.
    Accepted(PrePrepare),
    /// Before a COMMIT: the certificate; its payload stands in an earlier `Accepted`.
    Prepared(PreparedCertificate),
    /// Before a CHECKPOINT: the statement.
    Checkpoint(Signed<Checkpoint>),
    /// The low watermark: everything up to it is gone from the log.
    Stable(CheckpointCertificate),
    /// Before a VIEW-CHANGE: the message.
    ViewChange(Arc<ViewChange>),
    /// Before a NEW-VIEW, and before anything is said in its view: the message.
    NewView(Arc<NewView>),
}
codec::tagged!(Record {
    1 => Accepted, 2 => Prepared, 3 => Checkpoint, 4 => Stable, 5 => ViewChange, 6 => NewView
});

impl Core {
    /// The log as it must be after everything up to the stable checkpoint is dropped (L18).
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = vec![Record::Stable(self.stable.clone())];
        records.extend(self.checkpoints.own.values().cloned().map(Record::Checkpoint));
        for (_, slot) in self.slots.iter() {
            if let Some(prepared) = slot.prepared.as_ref().filter(|p| self.is_of_earlier_view(p)) {
                let propose = prepared.certificate.propose.clone();
                let payload = prepared.payload.clone();
                records.push(Record::Accepted(PrePrepare { propose, payload }));
                records.push(Record::Prepared(prepared.certificate.clone()));
            }
        }
        records.extend(self.new_view.clone().map(Record::NewView));
        // A replica that has begun its view has left the one before, though its NEW-VIEW has not come back yet.
        let has_begun = self.new_view.as_ref().is_some_and(|begun| begun.view() == self.view);
        if self.phase == Phase::ViewChange && !has_begun {
            records.extend(self.asked.clone().map(Record::ViewChange));
        }
        for (_, slot) in self.slots.iter() {
            if let Some(proposal) = slot.proposal.as_ref().filter(|_| slot.promised) {
                records.push(Record::Accepted(proposal.clone()));
            }
            if let Some(prepared) = slot.prepared.as_ref().filter(|p| !self.is_of_earlier_view(p)) {
                records.push(Record::Prepared(prepared.certificate.clone()));
            }
        }
        records
    }

    fn is_of_earlier_view(&self, prepared: &Prepared) -> bool {
        prepared.certificate.propose.statement.view < self.view
    }

    /// Puts the log's records back (L41).
    pub(crate) fn recover(&mut self, log: Vec<Record>) {
        let mut earlier: BTreeMap<Seq, PrePrepare> = BTreeMap::new();
        for record in log {
            match record {
                Record::Stable(certificate) => {
                    self.slots.collect(certificate.seq);
                    self.checkpoints.collect(certificate.seq);
                    self.certified = certificate.clone();
                    self.stable = certificate;
                }
                Record::Checkpoint(signed) => {
                    self.checkpoints.own.insert(signed.statement.seq, signed);
                }
                Record::Accepted(proposal) => {
                    let said = proposal.propose.statement;
                    self.view = self.view.max(said.view);
                    match self.slots.reach(said.seq) {
                        Some(slot) if said.view == self.view => {
                            slot.proposal = Some(proposal);
                            slot.promised = true;
                        }
                        Some(_) => {
                            earlier.insert(said.seq, proposal);
                        }
                        None => {}
                    }
                }
                Record::Prepared(certificate) => self.recover_prepared(certificate, &earlier),
                Record::ViewChange(message) => {
                    self.view = message.vote.statement.view;
                    self.phase = Phase::ViewChange;
                    self.asked = Some(message);
                    self.slots.leave_view();
                }
                Record::NewView(message) => {
                    self.view = message.view();
                    self.phase = Phase::Normal;
                    self.slots.leave_view();
                    for proposal in &message.proposals {
                        if let Some(slot) = self.slots.reach(proposal.propose.statement.seq) {
                            slot.proposal = Some(proposal.clone());
                        }
                    }
                    self.next = message.checkpoint.seq.plus(message.proposals.len() as u64 + 1);
                    self.new_view = Some(message);
                }
            }
        }
        let proposed = self.slots.iter().filter(|(_, slot)| slot.proposal.is_some());
        let last = proposed.map(|(seq, _)| seq).max().unwrap_or(self.slots.low());
        self.next = self.next.max(last.next());
    }

    fn recover_prepared(
        &mut self,
        certificate: PreparedCertificate,
        earlier: &BTreeMap<Seq, PrePrepare>,
    ) {
        let said = certificate.propose.statement;
        let Some(slot) = self.slots.get_mut(said.seq) else { return };
        let candidates = slot.proposal.iter().chain(earlier.get(&said.seq));
        let mut matching =
            candidates.filter(|proposal| proposal.propose.statement.digest == said.digest);
        let Some(payload) = matching.next().map(|proposal| proposal.payload.clone()) else {
            return;
        };
        slot.is_prepared = said.view == self.view && slot.digest() == Some(said.digest);
        slot.prepared = Some(Prepared { certificate, payload });
    }

    /// Says again what was promised before the crash, byte for byte (L42), and asks for news.
    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_, Self>) {
        for signed in self.checkpoints.own.values() {
            ctx.broadcast(Message::Checkpoint(signed.clone()));
        }
        match self.phase {
            Phase::ViewChange => {
                self.pace.attempts = 1;
                if let Some(asked) = &self.asked {
                    ctx.broadcast(Message::ViewChange(Arc::clone(asked)));
                }
            }
            Phase::Normal => {
                if let Some(begun) = self.new_view.as_ref().filter(|_| self.leads()) {
                    ctx.broadcast(Message::NewView(Arc::clone(begun)));
                }
                self.resume_votes(ctx);
            }
        }
        ctx.broadcast(Message::Status(self.report()));
        self.arm_retry(ctx);
    }

    fn resume_votes(&mut self, ctx: &mut Ctx<'_, Self>) {
        let promised: Vec<(Seq, bool, bool)> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.proposal.is_some())
            .map(|(seq, slot)| (seq, slot.promised, slot.is_prepared))
            .collect();
        for (seq, is_promised, is_prepared) in promised {
            if !is_promised {
                self.examine(seq, ctx);
                continue;
            }
            self.say_accepted(seq, ctx);
            if is_prepared {
                self.say_commit(seq, ctx);
            } else {
                // A replica that is its own quorum hears from nobody who would carry the place on.
                self.advance(seq, ctx);
            }
        }
    }

    /// Asks the application about an accepted proposal (L6).
    pub(crate) fn examine(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let is_executed = seq <= self.executed;
        let Some(slot) = self.slots.get(seq) else { return };
        let Some(proposal) = &slot.proposal else { return };
        if slot.promised {
            return;
        }
        let proposer = proposal.propose.signer;
        match &proposal.payload {
            // What is decided, or null, has nothing left to be judged. A primary asks about what it proposes again,
            // too: its application must have it, and must not build from it once more.
            Some(payload) if !is_executed && slot.outcome.is_none() => {
                let (view, payload) = (self.view, payload.clone());
                ctx.call(Call::Check { view, seq, payload, proposer });
            }
            Some(_) | None => self.promise(seq, ctx),
        }
    }
}

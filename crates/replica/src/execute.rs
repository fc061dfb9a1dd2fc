//! Executes decided payloads in order, attests the blocks, and certifies them.

use std::sync::Arc;

use app::Executed;
use ledger::{Attestation, BlockCertificate, Proposal};
use protocol::{Decision, Input as CoreInput, Protocol, Reply};
use types::{Digest, Height, Time};

use crate::certify::{Certifier, Counted};
use crate::epoch::Offices;
use crate::replica::Replica;
use crate::{Effect, ExecutedBlock, Record};

impl<P: Protocol> Replica<P> {
    /// Executes what is decided, as far as its batches are at hand.
    pub(crate) fn execute_decided(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        while let Some(decision) = self.decided.front() {
            let height = self.executor.height().next();
            let next = self.present.seq_of(height);
            if self.diverged || decision.seq > next {
                return;
            }
            if !self.is_of_epoch(height) {
                // The next core orders from here on: what this one still orders, that one orders again.
                self.decided.clear();
                return;
            }
            if decision.seq < next {
                self.decided.pop_front();
                continue;
            }
            let proposal = proposal_of(decision);
            let digests = proposal
                .as_ref()
                .map(|proposal| self.executor.to_execute(proposal))
                .unwrap_or_default();
            let Some(batches) = self.batches.get_all(&digests) else {
                self.batches.want(digests.iter());
                self.set_fetch_timer(fx);
                return;
            };
            let payload =
                decision.payload.as_ref().map_or(Digest::ZERO, |payload| payload.digest());
            let done =
                proposal.as_ref().map(|proposal| proposal.batches.clone()).unwrap_or_default();
            self.decided.pop_front();
            let executed = self.executor.execute(proposal, payload, &batches);
            let (seq, digest) = (next, executed.hash);
            self.queue.push_back(CoreInput::Reply(Reply::Executed { seq, digest, done }));
            self.forget_own(&batches);
            self.keep(now, executed, None, fx);
        }
    }

    /// Lets the pool forget what it was asked to remember until now: the transactions of one's own batches, and what the
    /// agreed time has let expire. Those that still wait here after another's batch executed them are dropped when they
    /// are drained.
    pub(crate) fn forget_own(&mut self, batches: &[Arc<ledger::Batch>]) {
        for batch in batches.iter().filter(|batch| batch.origin() == self.me) {
            self.pool.forget(batch.ids().iter());
        }
        self.pool.expire(self.executor.time());
    }

    /// Keeps an executed block, attests it, and tells everybody who listens.
    ///
    /// `certificate` where the block came certified from a peer.
    pub(crate) fn keep(
        &mut self,
        now: Time,
        executed: Executed,
        certificate: Option<BlockCertificate>,
        fx: &mut Vec<Effect<P>>,
    ) {
        let Executed { block, hash, events } = executed;
        let height = block.header.height;
        let named = block.proposal.as_ref().map_or(&[][..], |proposal| &proposal.batches);
        self.batches.remove(named);
        let shown = ExecutedBlock {
            header: block.header.clone(),
            hash,
            records: block.records.clone(),
            events,
            caught_up: certificate.is_some(),
            epoch: self.present.number(),
        };
        fx.push(Effect::Persist(Record::Block(Arc::new(block))));
        fx.push(Effect::Executed(Arc::new(shown)));
        if height > self.attested {
            self.attested = height;
            self.attest(Attestation { height, block: hash }, fx);
        }
        let office = self.office_at(height);
        let counted = self.certifier.executed(height, hash, Some(&office.attesters));
        self.learn_epochs(fx);
        match certificate {
            Some(certificate) => {
                self.certifier.adopt(certificate.clone());
                fx.push(Effect::Persist(Record::Certificate(certificate.clone())));
                fx.push(Effect::Certified(certificate));
            }
            None => self.after_count(now, height, &counted, fx),
        }
        // Far behind with certificates, some attestations are lost; only so many heights are kept open for them.
        let uncertified = height.above(self.certifier.certified());
        if uncertified > 0 && uncertified % UNCERTIFIED_ASK == 0 {
            let to = self.next_peer();
            self.ask_certificates(to, fx);
        }
        self.seal_some(now, fx);
    }

    /// Takes the steps that a count of attestations calls for.
    pub(crate) fn after_count(
        &mut self,
        now: Time,
        height: Height,
        counted: &Counted,
        fx: &mut Vec<Effect<P>>,
    ) {
        match counted {
            Counted::Nothing | Counted::Conflict(_) => {}
            Counted::Progress => self.certify(fx),
            Counted::Elsewhere if height <= self.executor.height() => {
                self.diverge(height, fx);
                self.run_core(now, fx);
            }
            // A quorum is ahead of us: our own core will get there, or anti-entropy will notice that it does not.
            Counted::Elsewhere => self.catch_up.seen(height),
        }
    }

    /// Certifies as many blocks as have their attestations, in order of height.
    pub(crate) fn certify(&mut self, fx: &mut Vec<Effect<P>>) {
        while let Some(certificate) = self.next_certificate() {
            fx.push(Effect::Persist(Record::Certificate(certificate.clone())));
            fx.push(Effect::Certified(certificate));
        }
    }

    fn next_certificate(&mut self) -> Option<BlockCertificate> {
        let office = self.office_at(self.certifier.certified().next());
        self.certifier.next_certificate(&office.attesters)
    }

    /// Stops voting over a damaged state, and rebuilds it from certified blocks: once, for a state that is damaged
    /// again in the same way is not damaged by chance.
    pub(crate) fn diverge(&mut self, height: Height, fx: &mut Vec<Effect<P>>) {
        if self.diverged {
            return;
        }
        self.diverged = true;
        fx.push(Effect::Diverged { height });
        self.queue
            .push_back(CoreInput::Reply(Reply::Diverged { seq: self.present.seq_of(height) }));
        if !self.rebuilt {
            self.rebuilt = true;
            self.executor.reset();
            self.certifier = Certifier::new(None);
            self.offices = Offices::new(&self.genesis, &self.executor, &self.present.terms);
            self.decided.clear();
            fx.push(Effect::ResetLedger { attested: self.attested });
            self.start_catch_up(height, fx);
        }
    }
}

/// Certificates are asked for at every so many blocks that are executed and not certified.
const UNCERTIFIED_ASK: u64 = 128;

/// What a decision orders; a decided payload that is no proposal orders nothing, alike at all.
fn proposal_of(decision: &Decision) -> Option<Proposal> {
    Proposal::from_payload(decision.payload.as_ref()?.bytes())
}

//! Checkpoints: agreement on the state, the low watermark, and catching up by state transfer.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::Signed;
use protocol::{Call, Ctx, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::message::{Checkpoint, CheckpointCertificate, Message};
use crate::replica::Core;
use crate::votes::{Cast, Votes};
use crate::{Record, safety};

/// CHECKPOINTs above the last stable one.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    /// Our own, as they were first signed: there is never a second one for a place.
    pub(crate) own: BTreeMap<Seq, Signed<Checkpoint>>,
    /// Inside the watermarks, by place: at most L/K.
    votes: BTreeMap<Seq, Votes>,
    /// Beyond the high watermark, the newest of each replica.
    far: Vec<Option<Signed<Checkpoint>>>,
    /// The highest place beyond it for which the others were asked for the certificate.
    asked: Seq,
}

impl Checkpoints {
    pub(crate) fn new(n: usize) -> Self {
        Self { own: BTreeMap::new(), votes: BTreeMap::new(), far: vec![None; n], asked: Seq::ZERO }
    }
    /// Drops everything up to a stable checkpoint.
    pub(crate) fn collect(&mut self, low: Seq) {
        self.own.retain(|&seq, _| seq > low);
        self.votes.retain(|&seq, _| seq > low);
    }
    /// How many votes are kept.
    pub(crate) fn len(&self) -> usize {
        self.own.len() + self.votes.len() + self.far.iter().flatten().count()
    }
}

impl Core {
    /// Signs the state at every K-th place (L15); once for each place, whatever the state becomes later.
    pub(crate) fn take_checkpoint(&mut self, seq: Seq, digest: Digest, ctx: &mut Ctx<'_, Self>) {
        let is_due = seq.get().is_multiple_of(self.config.checkpoint_interval.max(1));
        if !is_due || seq <= self.slots.low() || !self.votes() {
            return;
        }
        if self.checkpoints.own.contains_key(&seq) {
            return;
        }
        let signed = ctx.sign(Checkpoint { seq, digest });
        self.checkpoints.own.insert(seq, signed.clone());
        if !broken!(self.config, CheckpointNotPersisted) {
            ctx.persist(Record::Checkpoint(signed.clone()));
        }
        ctx.broadcast(Message::Checkpoint(signed));
    }

    pub(crate) fn on_checkpoint(
        &mut self,
        from: NodeId,
        signed: &Signed<Checkpoint>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let Checkpoint { seq, digest } = signed.statement;
        if signed.signer != from {
            return ctx.reject(from, Reject::Stranger);
        }
        if !seq.get().is_multiple_of(self.config.checkpoint_interval.max(1)) {
            return ctx.reject(from, Reject::OutsideWatermarks);
        }
        if seq <= self.slots.low() {
            return;
        }
        if seq > self.slots.high() {
            return self.on_far_checkpoint(signed, ctx);
        }
        let votes = self.checkpoints.votes.entry(seq).or_default();
        match votes.cast(self.config.n, signed.signer, digest, signed.signature) {
            Cast::Counted => self.count_checkpoints(seq, ctx),
            Cast::Repeated => {}
            Cast::Conflicting(earlier, signature) => {
                let statement = Checkpoint { seq, digest: earlier };
                let first = Signed { statement, signer: signed.signer, signature };
                self.accuse("double-checkpoint", View::ZERO, seq, &first, signed, ctx);
            }
        }
    }

    /// A checkpoint becomes stable by q matching signatures, which are kept as its proof (L17).
    fn count_checkpoints(&mut self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        let needed = if broken!(self.config, CheckpointOfOne) { 1 } else { self.q };
        let Some(votes) = self.checkpoints.votes.get(&seq) else { return };
        if seq <= self.certified.seq {
            return;
        }
        if let Some(digest) = votes.agreed(needed) {
            let checkpoints = votes.signatures(digest);
            self.certify(CheckpointCertificate { seq, digest, checkpoints }, ctx);
        }
    }

    /// Keeps the newest checkpoint of each replica beyond the high watermark; f+1 of them show that the others have
    /// left us behind, and a quorum's certificate is asked for (L20).
    fn on_far_checkpoint(&mut self, signed: &Signed<Checkpoint>, ctx: &mut Ctx<'_, Self>) {
        if broken!(self.config, FarCheckpointsIgnored) {
            return;
        }
        let seq = signed.statement.seq;
        let kept = &mut self.checkpoints.far[signed.signer.index()];
        if let Some(earlier) = kept.as_ref().filter(|earlier| earlier.statement.seq >= seq) {
            if earlier.statement.seq == seq && earlier.statement != signed.statement {
                let earlier = earlier.clone();
                self.accuse("double-checkpoint", View::ZERO, seq, &earlier, signed, ctx);
            }
            return;
        }
        *kept = Some(signed.clone());
        let high = self.slots.high();
        let far = self.checkpoints.far.iter().flatten();
        let beyond = far.clone().filter(|signed| signed.statement.seq > high);
        let same = beyond.clone().filter(|other| other.statement == signed.statement);
        if same.clone().count() >= self.q || broken!(self.config, TransferUncertified) {
            let Checkpoint { seq, digest } = signed.statement;
            let checkpoints = same.map(|signed| (signed.signer, signed.signature)).collect();
            return self.certify(CheckpointCertificate { seq, digest, checkpoints }, ctx);
        }
        if beyond.count() >= self.quorum.one_honest() && seq > self.checkpoints.asked {
            self.checkpoints.asked = seq;
            ctx.broadcast(Message::Status(self.report()));
        }
    }

    pub(crate) fn on_stable(
        &mut self,
        from: NodeId,
        certificate: &Arc<CheckpointCertificate>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if certificate.seq <= self.certified.seq {
            return;
        }
        if safety::is_stable(&self.config, certificate) {
            self.certify((**certificate).clone(), ctx);
        } else {
            ctx.reject(from, Reject::BadCertificate);
        }
    }

    /// Takes note of a proved stable checkpoint.
    pub(crate) fn certify(&mut self, certificate: CheckpointCertificate, ctx: &mut Ctx<'_, Self>) {
        if certificate.seq > self.certified.seq {
            self.certified = certificate;
            self.arm_retry(ctx);
            self.settle(ctx);
        }
    }

    /// Brings the low watermark up to the certified checkpoint: by having executed as far (L18), or, where that is
    /// out of reach or came out differently, by state transfer (L19, L21).
    pub(crate) fn settle(&mut self, ctx: &mut Ctx<'_, Self>) {
        let seq = self.certified.seq;
        let own = self.checkpoints.own.get(&seq);
        let differs = own.is_some_and(|own| own.statement.digest != self.certified.digest);
        if differs && !broken!(self.config, DivergenceUnseen) {
            self.halted = Some(seq);
            return self.start_transfer(ctx);
        }
        if self.executed < self.slots.low() || seq > self.slots.high() {
            return self.start_transfer(ctx);
        }
        if seq > self.slots.low() && self.executed >= seq {
            self.collect(ctx);
        }
    }

    /// Asks the application to come to the certified state; its digest is all that is trusted (L21).
    pub(crate) fn start_transfer(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (seq, digest) = (self.certified.seq, self.certified.digest);
        if self.transfer.is_some_and(|running| running >= seq) {
            return;
        }
        self.transfer = Some(seq);
        if seq > self.slots.low() {
            self.collect(ctx);
        }
        ctx.call(Call::Transfer { seq, digest });
        self.arm_retry(ctx);
    }

    /// Drops everything up to the certified checkpoint (L18).
    fn collect(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.stable = self.certified.clone();
        let low = self.stable.seq;
        self.slots.collect(low);
        self.checkpoints.collect(low);
        self.accused.retain(|&(_, seq, _)| seq > low);
        self.next = self.next.max(low.next());
        ctx.compact(self.records());
        self.readmit_checkpoints(ctx);
        self.install_reproposals(ctx);
        self.propose(ctx);
    }

    /// Counts checkpoints that were beyond the high watermark and are inside it now.
    fn readmit_checkpoints(&mut self, ctx: &mut Ctx<'_, Self>) {
        let (low, high) = (self.slots.low(), self.slots.high());
        for index in 0..self.checkpoints.far.len() {
            let Some(signed) = &self.checkpoints.far[index] else { continue };
            let seq = signed.statement.seq;
            if seq > high {
                continue;
            }
            let signed = self.checkpoints.far[index].take();
            if let Some(signed) = signed.filter(|_| seq > low) {
                self.on_checkpoint(signed.signer, &signed, ctx);
            }
        }
    }

    /// The application says where it stands: after a transfer, after catching up by itself, or after a restart (L22).
    pub(crate) fn on_transferred(
        &mut self,
        seq: Seq,
        digest: Digest,
        done: &[Digest],
        ctx: &mut Ctx<'_, Self>,
    ) {
        self.pending.finish(done);
        let is_repaired = self.halted.is_some_and(|halted| seq >= halted);
        if is_repaired {
            self.halted = None;
            self.decided = seq;
            self.executed = seq;
        }
        self.decided = self.decided.max(seq);
        self.executed = self.executed.max(seq);
        if self.transfer.is_some_and(|wanted| seq >= wanted) {
            self.transfer = None;
        }
        self.next = self.next.max(seq.next());
        self.note_progress(ctx);
        if !is_repaired {
            self.take_checkpoint(seq, digest, ctx);
        }
        self.settle(ctx);
        self.deliver(ctx);
        self.propose(ctx);
    }
}

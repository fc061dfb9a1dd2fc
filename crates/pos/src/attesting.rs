//! Attestations: when, for what, and which are taken in.

use crypto::Signed;
use protocol::{Ctx, Reject};
use types::NodeId;

use crate::Record;
use crate::book::Added;
use crate::clock::Timer;
use crate::message::{Attestation, Checkpoint, Message, Offence};
use crate::replica::Core;

impl Core {
    /// Whether this validator has still to attest in this epoch, and its slot has come (L9).
    fn is_due(&self) -> bool {
        let place = self.places.get(self.me.index()).copied().unwrap_or(0);
        self.signs()
            && self.tried_slot != Some(self.slot)
            && self.protection.target_epoch < self.epoch()
            && self.clock.place_in_epoch(self.slot) >= place
            && self.stakes.at(self.epoch()).weight(self.me) > 0
            && self.tree.is_tentative()
    }

    /// Waits for the middle of the slot, by when its block should have come (L9).
    pub(crate) fn prepare_to_attest(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_attest_set && self.is_due() {
            self.is_attest_set = true;
            ctx.set_timer(Timer::Attest, self.clock.until_middle(ctx.now));
        }
    }

    /// Votes for the head, and links the adopted justified checkpoint to this epoch's (L10).
    pub(crate) fn attest(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_due() {
            return;
        }
        self.tried_slot = Some(self.slot);
        self.adopt(); // L14
        let source = self.adopted;
        if !self.tree.contains(&source.block) {
            return self.want(source.block, self.justifier(), ctx);
        }
        let head = self.head();
        self.say(head, source, ctx);
        if broken!(self.config, AttestsAllBranches) {
            let others: Vec<_> = self.tree.iter().map(|(digest, _)| *digest).collect();
            for other in others.into_iter().filter(|other| *other != head) {
                self.protection.target_epoch = 0;
                self.say(other, source, ctx);
            }
        }
    }

    fn say(&mut self, head: types::Digest, source: Checkpoint, ctx: &mut Ctx<'_, Self>) {
        let epoch = self.epoch();
        let (block, seq) = self.tree.up_to_slot(&head, self.clock.first_slot(epoch));
        let target = Checkpoint { epoch, seq, block };
        let may = self.protection.may_attest(source.epoch, target.epoch);
        if !may || !self.tree.descends(&block, &source.block) {
            return;
        }
        let vote = ctx.sign(Attestation { head, source, target });
        self.protection.attested(source.epoch, target.epoch);
        self.own_vote = Some(vote.clone());
        if !broken!(self.config, AttestationNotPersisted) {
            self.write(Record::Attested(vote.clone()), ctx);
        }
        ctx.broadcast(Message::Attestation(vote));
    }

    /// An attestation from its maker: not before its slot (L11).
    pub(crate) fn on_attestation(
        &mut self,
        from: NodeId,
        vote: &Signed<Attestation>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let epoch = vote.statement.target.epoch;
        let place = self.places.get(vote.signer.index()).copied().unwrap_or(0);
        let is_early = epoch == self.epoch() && self.clock.place_in_epoch(self.slot) + 1 < place;
        if is_early {
            return ctx.reject(from, Reject::BadTime);
        }
        self.consider(from, vote, ctx);
    }

    /// An attestation, whoever passed it on (L11).
    pub(crate) fn consider(
        &mut self,
        from: NodeId,
        vote: &Signed<Attestation>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if let Err(reason) = self.check_vote(vote) {
            return ctx.reject(from, reason);
        }
        let said = vote.statement;
        if vote.signer == self.me {
            self.remember_own(&said, ctx);
        }
        match self.book.add(vote, &self.stakes, &self.config) {
            Added::New(link) => {
                let is_recent = said.target.epoch.saturating_add(1) >= self.epoch();
                if is_recent && !self.is_known(&said.head) {
                    self.want(said.head, from, ctx);
                }
                if let Some(link) = link {
                    self.take_link(link.into(), from, ctx); // L13
                }
            }
            Added::Known => {}
            Added::Offence(kind, first) => {
                ctx.reject(vote.signer, Reject::Conflicting);
                self.convict(kind, Offence::Attestations((*first, vote.clone())), ctx); // L12
            }
        }
    }

    fn check_vote(&self, vote: &Signed<Attestation>) -> Result<(), Reject> {
        let Attestation { source, target, .. } = vote.statement;
        if source.epoch >= target.epoch || source.seq > target.seq {
            return Err(Reject::BadCertificate);
        }
        if target.epoch > self.clock.epoch(self.slot_max()) {
            return Err(Reject::BadTime);
        }
        if !self.is_at_risk(target.epoch) {
            return Err(Reject::OldView);
        }
        if self.stakes.at(target.epoch).weight(vote.signer) == 0 {
            return Err(Reject::Stranger);
        }
        Ok(())
    }

    /// Whether stake of an epoch can still be slashed: what is older proves nothing (L12, L21).
    pub(crate) const fn is_at_risk(&self, epoch: u64) -> bool {
        epoch.saturating_add(self.config.unbonding_epochs) >= self.epoch()
    }

    /// A vote of one's own that this log does not know was signed by an earlier life: it binds all the same (L11).
    fn remember_own(&mut self, said: &Attestation, ctx: &mut Ctx<'_, Self>) {
        let before = self.protection;
        self.protection.attested(said.source.epoch, said.target.epoch);
        if self.protection != before {
            self.write(Record::Protection(self.protection), ctx);
        }
    }
}

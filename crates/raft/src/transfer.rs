//! Leadership transfer (thesis, section 3.10).

use protocol::{Ctx, Reject};
use types::{NodeId, Time};

use crate::liveness::Timer;
use crate::message::{Message, TimeoutNow};
use crate::{Content, Core, Refusal};

impl Core {
    /// Hands leadership over: no more proposals, the successor is brought up to date and told to campaign at once;
    /// after an election timeout the old leader goes on (L35).
    ///
    /// # Errors
    /// Where this replica does not lead, is busy with a change or another transfer, or the successor is no other voter.
    pub fn transfer_leadership(
        &mut self,
        successor: NodeId,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<(), Refusal> {
        if !self.leads() {
            return Err(Refusal::NotLeader(self.leader));
        }
        if self.successor.is_some() || self.members().is_joint() {
            return Err(Refusal::InProgress);
        }
        if successor == self.me || !self.members().is_voter(successor) {
            return Err(Refusal::BadSuccessor);
        }
        self.successor = Some(successor);
        if !broken!(self.config, LeaseOutlivesTransfer) {
            self.reads.lease_until = Time::ZERO;
        }
        ctx.set_timer(Timer::Transfer, self.config.election_timeout);
        self.replicate(ctx);
        self.hand_to_successor(successor, ctx);
        Ok(())
    }

    /// Tells the successor to campaign once it has the whole log (L36).
    pub(crate) fn hand_to_successor(&mut self, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        let has_all = self
            .progress
            .get(from.index())
            .is_some_and(|progress| progress.matched == self.log.last().seq);
        if self.leads() && self.successor == Some(from) && has_all {
            ctx.send(from, Message::TimeoutNow(TimeoutNow { term: self.term }));
        }
    }

    /// L37
    pub(crate) fn on_timeout_now(
        &mut self,
        from: NodeId,
        now: TimeoutNow,
        ctx: &mut Ctx<'_, Self>,
    ) {
        if now.term != self.term || self.leader != Some(from) || self.leads() {
            return ctx.reject(from, Reject::NotLeader);
        }
        let is_voter = self.members().is_voter(self.me);
        if self.votes() && is_voter && self.term.next() > self.term {
            self.arm_election(ctx);
            self.note_end(from, true);
            self.ask_for_votes(true, ctx);
        }
    }

    /// L38: the successor did not make it; the leader goes on.
    pub(crate) fn on_transfer_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        if broken!(self.config, TransferNeverAborts) {
            return;
        }
        self.successor = None;
        if !self.leads() {
            return;
        }
        if let Some(payload) = self.held.take() {
            self.propose(Content::Payload(payload), ctx);
        }
        self.build(ctx);
    }
}

//! From certificates to decisions.

use std::sync::Arc;

use protocol::{Call, Ctx, Decision, Reject, ViewChangeCause};
use types::{Digest, NodeId, Seq};

use crate::Record;
use crate::block::{Link, Proposal};
use crate::certificate::Qc;
use crate::replica::Core;
use crate::safety::{self, Decided};

/// Most blocks between the last decision and a certificate that are fetched one by one; beyond, the application is
/// brought there.
const SYNC_BLOCKS_MAX: usize = 1_024;

impl Core {
    pub(crate) fn on_certified(&mut self, from: NodeId, qc: &Arc<Qc>, ctx: &mut Ctx<'_, Self>) {
        if !qc.is_valid(&self.config) {
            return ctx.reject(from, Reject::BadCertificate);
        }
        if qc.view() > self.high_qc.view() {
            self.persist(Record::Certified(Arc::clone(qc)), ctx);
            self.learn_qc(qc, from, ctx);
        }
    }

    /// Takes a valid certificate: it may decide, and it opens the next view (L16).
    pub(crate) fn learn_qc(&mut self, qc: &Arc<Qc>, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        if qc.view() <= self.high_qc.view() {
            return;
        }
        self.high_qc = Arc::clone(qc);
        self.building = None;
        self.decide(qc, from, ctx);
        if qc.view() >= self.view {
            self.cause = None;
            self.enter(qc.view().next(), ctx);
        } else {
            self.propose(ctx);
        }
    }

    /// Decides what a certificate decides (L17, L18).
    pub(crate) fn decide(&mut self, qc: &Arc<Qc>, from: NodeId, ctx: &mut Ctx<'_, Self>) {
        match safety::decided_by(&self.config, &self.tree, qc) {
            Decided::Nothing => {
                if self.tree.get(qc.link()).is_none() {
                    self.fetch(qc.link(), from, ctx);
                }
            }
            Decided::Unknown(link) => self.fetch(link, from, ctx),
            Decided::Block(link) => {
                if link.view > self.committed.view {
                    self.committed = link;
                    self.deciding = Arc::clone(qc);
                }
                self.deliver(ctx);
            }
        }
    }

    /// The last place that is decided, handed over or not.
    pub(crate) fn committed_seq(&self) -> Seq {
        let committed = self.tree.get(self.committed);
        committed.map_or(self.decided, |proposal| proposal.block.seq.max(self.decided))
    }

    /// Hands over what is decided, in order and without gaps (L18).
    pub(crate) fn deliver(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.committed.view <= self.head.view || self.halted.is_some() || !self.is_settled {
            return;
        }
        let mut path: Vec<Arc<Proposal>> = Vec::new();
        let mut at = self.committed;
        while at.view > self.head.view {
            let Some(proposal) = self.tree.get(at) else {
                let known = path.last().map(|proposal| proposal.block.parent_seq());
                if known.is_some_and(|seq| seq <= self.decided) {
                    break;
                }
                return self.bridge(at, known, path.len(), ctx);
            };
            at = proposal.block.justify.link();
            path.push(Arc::clone(proposal));
        }
        self.gap = None;
        for proposal in path.into_iter().rev() {
            self.hand_over(&proposal, ctx);
        }
        self.head = self.committed;
        self.pace.attempts = 0;
        self.tree.prune(self.config.window, self.executed, self.head);
    }

    fn hand_over(&mut self, proposal: &Arc<Proposal>, ctx: &mut Ctx<'_, Self>) {
        let block = &proposal.block;
        // What was never voted for here is not in the log yet.
        if !self.tree.write(proposal.link()) {
            self.persist(Record::Kept(Arc::clone(proposal)), ctx);
        }
        self.tree.keep(proposal.link(), block.seq);
        if block.payload.is_some() && block.seq == self.decided.next() {
            self.decided = block.seq;
            ctx.decide(Decision {
                view: self.deciding.view(),
                seq: block.seq,
                payload: block.payload.clone(),
                commits: self.deciding.list(),
            });
        }
    }

    /// A decided block is missing: fetches it, or asks for the state where that would take too long (L29, L33).
    fn bridge(&mut self, at: Link, known: Option<Seq>, count: usize, ctx: &mut Ctx<'_, Self>) {
        if let Some(seq) = known.filter(|_| count >= SYNC_BLOCKS_MAX) {
            return self.transfer(seq, ctx);
        }
        self.gap = known;
        let from = self.deciding.signers().find(|&node| node != self.me);
        self.fetch(at, from.unwrap_or(self.me), ctx);
    }

    /// Has the application brought to a decided place by its own means: its peers prove the state.
    pub(crate) fn transfer(&self, seq: Seq, ctx: &mut Ctx<'_, Self>) {
        ctx.call(Call::Transfer { seq, digest: Digest::ZERO });
    }

    pub(crate) fn on_executed(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.pending.finish(done);
        self.executed = self.executed.max(seq);
        self.tree.prune(self.config.window, self.executed, self.head);
        self.compact(ctx);
        self.arm(ctx);
        // Work may be left that the application had counted among what was on its way.
        self.is_work_at_hand |= self.executed == self.decided;
        self.propose(ctx);
    }

    pub(crate) fn on_transferred(&mut self, seq: Seq, done: &[Digest], ctx: &mut Ctx<'_, Self>) {
        self.pending.finish(done);
        self.executed = self.executed.max(seq);
        self.decided = self.decided.max(seq);
        self.halted = None;
        self.deliver(ctx);
        self.arm(ctx);
        self.propose(ctx);
    }

    /// The cause of a view's end that no certificate of its own brought about.
    pub(crate) fn end_cause(&self, old_leader: Option<NodeId>) -> ViewChangeCause {
        if let Some(blamed) = &self.pace.blamed {
            return blamed.clone();
        }
        match old_leader.filter(|_| self.has_expired()) {
            Some(leader) => ViewChangeCause::Silent { leader, after: self.timeout() },
            None => ViewChangeCause::Joined { others: self.expired_here() },
        }
    }
}

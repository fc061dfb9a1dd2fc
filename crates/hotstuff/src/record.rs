//! What is kept on disk, and how a replica is rebuilt from it.

use std::sync::Arc;

use crypto::Signed;
use protocol::Ctx;
use types::View;

use crate::block::{Link, Proposal};
use crate::certificate::{Qc, Tc, Vote};
use crate::message::{Message, Timeout};
use crate::replica::Core;
use crate::safety::{self, Decided};

/// Before a VOTE: what it is for, what it says, and what its sender is locked on from then on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voted {
    /// The lock.
    pub lock: Link,
    /// The vote.
    pub vote: Vote,
    /// The proposal.
    pub proposal: Arc<Proposal>,
}
codec::record!(Voted { lock: Link, vote: Vote, proposal: Arc<Proposal> });

/// What must survive a crash: each is durable before the message that it stands behind leaves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Before a PROPOSAL: the message, and the vote that its maker casts for it.
    Proposed(Voted),
    /// See [`Voted`].
    Voted(Voted),
    /// Before a TIMEOUT: the message.
    TimedOut(Arc<Timeout>),
    /// A certificate that no block in the log carries.
    Certified(Arc<Qc>),
    /// A timeout certificate that no block in the log carries.
    Expired(Arc<Tc>),
    /// A block that was decided, and never voted for here.
    Kept(Arc<Proposal>),
}
codec::tagged!(Record {
    1 => Proposed, 2 => Voted, 3 => TimedOut, 4 => Certified, 5 => Expired, 6 => Kept
});

/// The last of each kind that a replica signed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signing {
    pub(crate) proposed: Option<Arc<Proposal>>,
    pub(crate) vote: Option<Signed<Vote>>,
    /// What the vote is for.
    pub(crate) voted: Option<Arc<Proposal>>,
    pub(crate) timeout: Option<Arc<Timeout>>,
}

/// Records besides those of the blocks in the tree before the log is compacted.
const RECORDS_SPARE: usize = 64;

impl Core {
    /// Replaces the log, where it holds much that is not needed any more (L38).
    pub(crate) fn compact(&mut self, ctx: &mut Ctx<'_, Self>) {
        let kept = self.tree.len();
        if self.records > 2 * (kept + RECORDS_SPARE) {
            let records = self.log();
            self.tree.write_all();
            self.records = records.len();
            ctx.compact(records);
        }
    }

    /// The blocks that are kept, the certificates that opened the view, and what was signed last.
    fn log(&self) -> Vec<Record> {
        let mut records: Vec<Record> = self.tree.iter().cloned().map(Record::Kept).collect();
        records.push(Record::Certified(Arc::clone(&self.high_qc)));
        records.push(Record::Certified(Arc::clone(&self.deciding)));
        records.extend(self.opening().map(Record::Expired));
        if let (Some(vote), Some(proposal)) = (&self.signing.vote, &self.signing.voted) {
            let (lock, vote, proposal) = (self.safety.lock, vote.statement, Arc::clone(proposal));
            records.push(Record::Voted(Voted { lock, vote, proposal }));
        }
        if let Some(proposal) = self.signing.proposed.clone() {
            let parent = self.tree.get(proposal.block.justify.link());
            let vote = parent.map(|p| safety::vote_for(&self.config, &proposal.block, &p.block));
            let lock = self.safety.lock;
            records.extend(vote.map(|vote| Record::Proposed(Voted { lock, vote, proposal })));
        }
        records.extend(self.signing.timeout.clone().map(Record::TimedOut));
        records
    }

    /// Puts the log's records back (L35).
    pub(crate) fn recover(&mut self, log: Vec<Record>) {
        self.records = log.len();
        for record in log {
            match record {
                Record::Proposed(voted) => {
                    self.signing.proposed = Some(Arc::clone(&voted.proposal));
                    self.recover_vote(voted);
                }
                Record::Voted(voted) => self.recover_vote(voted),
                Record::TimedOut(timeout) => {
                    let view = timeout.expire.statement.view;
                    self.safety.last_voted = self.safety.last_voted.max(view);
                    self.recover_qc(&timeout.high_qc);
                    timeout.tc.iter().for_each(|tc| self.recover_tc(tc));
                    self.signing.timeout = Some(timeout);
                }
                Record::Certified(qc) => self.recover_qc(&qc),
                Record::Expired(tc) => self.recover_tc(&tc),
                Record::Kept(proposal) => self.recover_block(&proposal),
            }
        }
    }

    fn recover_vote(&mut self, Voted { lock, vote, proposal }: Voted) {
        self.recover_block(&proposal);
        if lock.view > self.safety.lock.view {
            self.safety.lock = lock;
        }
        self.safety.last_voted = self.safety.last_voted.max(vote.view);
        if self.signing.vote.as_ref().is_none_or(|last| last.statement.view < vote.view) {
            let signature = crypto::Signature([0; 64]);
            self.signing.vote = Some(Signed { statement: vote, signer: self.me, signature });
            self.signing.voted = Some(proposal);
        }
    }

    fn recover_block(&mut self, proposal: &Arc<Proposal>) {
        self.tree.insert(proposal);
        self.tree.write(proposal.link());
        self.recover_qc(&proposal.block.justify);
        proposal.tc.iter().for_each(|tc| self.recover_tc(tc));
    }

    fn recover_qc(&mut self, qc: &Arc<Qc>) {
        if let Decided::Block(link) = safety::decided_by(&self.config, &self.tree, qc)
            && link.view > self.committed.view
        {
            self.committed = link;
            self.deciding = Arc::clone(qc);
        }
        if qc.view() > self.high_qc.view() {
            self.high_qc = Arc::clone(qc);
        }
        self.view = self.view.max(qc.view().next());
    }

    fn recover_tc(&mut self, tc: &Arc<Tc>) {
        self.recover_qc(&tc.high_qc);
        if self.tc.as_ref().is_none_or(|newest| newest.view < tc.view) {
            self.tc = Some(Arc::clone(tc));
        }
        self.view = self.view.max(tc.view.next());
    }

    /// Says again what was promised in the view before the crash, byte for byte (L36).
    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_, Self>) {
        // A signature is made again rather than kept: it is the same.
        self.signing.vote = self.signing.vote.take().map(|vote| ctx.sign(vote.statement));
        let is_here = |view: View| view == self.view;
        if let Some(mine) = self.signing.proposed.clone().filter(|p| is_here(p.block.view))
            && self.signs()
        {
            ctx.broadcast(Message::Proposal(mine));
        }
        if let Some(mine) = self.signing.timeout.clone().filter(|_| self.has_expired())
            && self.signs()
        {
            ctx.broadcast(Message::Timeout(mine));
        } else if let Some(voted) = self.signing.voted.clone().filter(|p| is_here(p.block.view))
            && self.signs()
        {
            self.say_vote(&voted.block, ctx);
        }
        self.arm(ctx);
    }
}

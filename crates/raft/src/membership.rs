//! Changes of members: one server at a time where that is enough, else by joint consensus (section 6; thesis, 4).

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::Ctx;
use types::NodeId;

use crate::progress::Progress;
use crate::{Content, Core, Members, Refusal};

impl Core {
    /// Makes these the voters and learners; done when the change is committed, and
    /// [`Self::configuration`] no longer joint (L32).
    ///
    /// # Errors
    /// Where this replica does not lead, has committed nothing in its term yet, is busy with another change or a
    /// transfer, or the members make no sense.
    pub fn change_members(
        &mut self,
        voters: BTreeSet<NodeId>,
        learners: BTreeSet<NodeId>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<(), Refusal> {
        if !self.leads() {
            return Err(Refusal::NotLeader(self.leader));
        }
        let is_committed = self.configurations.last().is_none_or(|&(seq, _)| seq <= self.commit);
        if !is_committed || self.members().is_joint() || self.successor.is_some() {
            return Err(Refusal::InProgress);
        }
        if !self.has_committed() && !broken!(self.config, ChangeBeforeOwnCommit) {
            return Err(Refusal::TooEarly);
        }
        let old = self.members();
        let is_known = |id: &NodeId| id.index() < self.config.n;
        let is_sound = !voters.is_empty() && voters.is_disjoint(&learners);
        let is_same = old.voters == voters && old.learners == learners;
        if is_same || !is_sound || !voters.iter().chain(&learners).all(is_known) {
            return Err(Refusal::BadMembers);
        }
        let is_simple = old.voters.symmetric_difference(&voters).count() <= 1
            || broken!(self.config, NewMajorityOnly);
        let outgoing = if is_simple { BTreeSet::new() } else { old.voters.clone() };
        let members = Members { voters, outgoing, learners };
        self.propose(Content::Members(Arc::new(members)), ctx);
        Ok(())
    }

    /// The configuration that counts at this replica.
    #[must_use]
    pub fn configuration(&self) -> &Members {
        self.members()
    }

    /// The configuration is another one now: whom to send to, and what is known of them (L33).
    pub(crate) fn note_members(&mut self) {
        let all = self.members().all();
        self.peers =
            all.into_iter().filter(|&id| id != self.me && id.index() < self.config.n).collect();
    }

    /// L34: a joint configuration that is committed is left; a leader that is no voter any more steps down.
    pub(crate) fn on_members_committed(&mut self, ctx: &mut Ctx<'_, Self>) {
        if broken!(self.config, MembersActiveOnCommit) {
            self.note_members();
        }
        let Some((seq, members)) = self.configurations.last().cloned() else { return };
        if seq > self.commit {
            return;
        }
        if members.is_joint() {
            let members = Members { outgoing: BTreeSet::new(), ..(*members).clone() };
            return self.propose(Content::Members(Arc::new(members)), ctx);
        }
        if !members.is_voter(self.me) {
            self.tell_commit(ctx);
            self.become_follower(self.term, None, ctx);
        }
    }

    /// What is known of a replica that the configuration did not have before starts anew.
    pub(crate) fn forget_strangers(&mut self, ctx: &Ctx<'_, Self>) {
        let next = self.log.last().seq.next();
        for id in NodeId::all(self.config.n) {
            if let Some(progress) = self.progress.get_mut(id.index())
                && id != self.me
                && !self.peers.contains(&id)
            {
                *progress = Progress::new(next, ctx.now);
            }
        }
    }
}

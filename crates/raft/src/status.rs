//! What a replica shows of itself.

use protocol::{Status, Waiting};
use types::NodeId;

use crate::Core;
use crate::replica::Role;

impl Core {
    pub(crate) fn describe(&self) -> Status {
        Status {
            view: self.term,
            leader: self.leader,
            voting: self.votes() && self.members().is_voter(self.me),
            phase: self.phase(),
            decided: self.decided,
            tentative: None,
            stable: self.snapshot.position.seq,
            pending: self.pending.len(),
            log_entries: self.log.len(),
            waiting: self.waiting(),
            view_change_cause: self.cause.clone(),
        }
    }

    const fn phase(&self) -> &'static str {
        if self.halted {
            "halted"
        } else if self.installing.is_some() || self.is_catching_up {
            "transfer"
        } else {
            match self.role {
                Role::Follower if self.leader.is_some() => "normal",
                Role::Leader => "normal",
                Role::Follower | Role::PreCandidate | Role::Candidate => "view-change",
            }
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        let election = Some(("election", self.patience));
        let seq = self.commit.next();
        let need = self.members().voters.len() / 2 + 1;
        let who = |is_here: &dyn Fn(NodeId) -> bool| -> Vec<NodeId> {
            self.members().all().into_iter().filter(|&id| is_here(id)).collect()
        };
        match self.role {
            Role::Leader if self.log.last().seq > self.commit => {
                let has = |id: NodeId| {
                    let progress = self.progress.get(id.index());
                    progress.is_some_and(|progress| progress.matched >= seq)
                };
                let heartbeat = Some(("heartbeat", self.config.heartbeat_interval));
                let have = who(&has);
                Some(Waiting { seq, phase: "append", have, need, timer: heartbeat })
            }
            Role::PreCandidate | Role::Candidate => {
                let has = |id: NodeId| self.votes.get(id.index()) == Some(&Some(true));
                let phase = if self.role == Role::Candidate { "vote" } else { "pre-vote" };
                Some(Waiting { seq, phase, have: who(&has), need, timer: election })
            }
            Role::Follower if self.pending.len() > 0 => {
                let has = |id: NodeId| self.leader == Some(id);
                Some(Waiting { seq, phase: "leader", have: who(&has), need: 1, timer: election })
            }
            Role::Follower | Role::Leader => None,
        }
    }
}

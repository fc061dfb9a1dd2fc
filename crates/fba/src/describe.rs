//! What a replica shows of itself.

use protocol::{Status, ViewChangeCause, Waiting};
use types::{NodeId, View};

use crate::nodes::Nodes;
use crate::pledge::Pledge;
use crate::replica::Core;
use crate::slot::{Phase, has};

impl Core {
    pub(crate) fn describe(&self) -> Status {
        let waiting = self.is_active().then(|| self.waiting());
        let phase = match &waiting {
            _ if self.halted.is_some() => "halted",
            Some(waiting) => waiting.phase,
            None => "normal",
        };
        Status {
            view: View::new(self.slot.seq.get()),
            leader: self.slot.last_leader,
            voting: self.votes(),
            phase,
            decided: self.decided,
            tentative: None,
            stable: self
                .past
                .first()
                .map_or(self.decided, |past| past.seq.previous().unwrap_or_default()),
            pending: self.pending.len(),
            log_entries: self.past.len() + 1 + self.ahead.iter().flatten().count(),
            waiting,
            view_change_cause: self.cause(),
        }
    }

    /// What was wrong with this slot, or with the one before it.
    pub(crate) fn cause(&self) -> Option<ViewChangeCause> {
        let (seq, cause) = self.cause.as_ref()?;
        (seq.next() >= self.slot.seq).then(|| cause.clone())
    }

    fn waiting(&self) -> Waiting {
        let (phase, have) = self.missing();
        let need = usize::try_from(self.sets.mine().threshold()).unwrap_or(usize::MAX);
        let nomination = self.span(self.config.nomination_timeout, self.slot.attempts);
        let ballot = self.span(self.config.ballot_timeout, self.slot.counter());
        let timer = if phase == "nomination" {
            ("nomination", nomination)
        } else if self.slot.heard != 0 {
            ("ballot", ballot)
        } else {
            ("retry", self.config.retry_interval)
        };
        Waiting { seq: self.slot.seq, phase, have: have.to_vec(), need, timer: Some(timer) }
    }

    /// The step that is not taken yet, and who has taken it.
    fn missing(&self) -> (&'static str, Nodes) {
        let slot = &*self.slot;
        let Some(ballot) = slot.ballot else {
            let best = slot.accepted.last().or(slot.votes.last());
            let Some(best) = best else { return ("nomination", Nodes::NONE) };
            let have = slot.nominating(|said| has(&said.votes, best) || has(&said.accepted, best));
            return ("nomination", have);
        };
        match slot.phase {
            Phase::Prepare => ("prepare", slot.pledging(|pledge| pledge.accepts_prepared(&ballot))),
            Phase::Confirm => {
                let is_confirming = |pledge: &Pledge| match pledge {
                    Pledge::Prepare(_) => false,
                    Pledge::Confirm(_) | Pledge::Externalize(_) => pledge.value() == ballot.value,
                };
                ("confirm", slot.pledging(is_confirming))
            }
            Phase::Externalize => {
                let have: Nodes = slot.wanted.iter().map(|(_, from)| *from).collect();
                ("payload", have)
            }
        }
    }

    /// The leaders of the present slot's nomination so far.
    #[must_use]
    pub fn leaders(&self) -> Vec<NodeId> {
        self.slot.leaders.to_vec()
    }
}

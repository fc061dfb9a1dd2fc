//! What a replica shows of itself.

use protocol::{Status, Waiting};
use types::{NodeId, View};

use crate::replica::SEQUENCER;
use crate::{Core, Mode};

impl Core {
    pub(crate) fn describe(&self) -> Status {
        let is_central = self.config.mode == Mode::Sequencer;
        let phase = match (self.has_diverged, self.transfer.is_some()) {
            (true, _) => "halted",
            (false, true) => "transfer",
            (false, false) => "normal",
        };
        Status {
            view: View::ZERO,
            leader: is_central.then_some(SEQUENCER),
            voting: self.config.voting && !self.has_diverged,
            phase,
            decided: self.decided,
            tentative: None,
            stable: self.log.base,
            pending: self.pending.len(),
            log_entries: self.log.len(),
            waiting: self.waiting(),
            view_change_cause: None,
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        let timer = Some(("retry", self.config.retry_interval));
        let seq = self.decided.next();
        let is_central = self.config.mode == Mode::Sequencer;
        if self.pending.len() == 0 || !is_central {
            return None;
        }
        let have: Vec<NodeId> = Vec::new();
        let phase = if self.log.get(seq).is_some() { "payload" } else { "sequencer" };
        Some(Waiting { seq, phase, have, need: 1, timer })
    }
}

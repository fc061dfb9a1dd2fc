//! What a replica shows of itself.

use protocol::{Status, Tentative, Waiting};
use types::View;

use crate::Protection;
use crate::message::Checkpoint;
use crate::replica::Core;

impl Core {
    pub(crate) fn describe(&self) -> Status {
        let head = self.head();
        let seq = self.tree.seq_of(&head).filter(|seq| *seq > self.decided);
        let is_halted = self.halted.is_some() || self.alarm.is_some() || !self.is_runnable;
        Status {
            view: View::new(self.slot),
            leader: self.is_runnable.then_some(self.leader),
            voting: self.is_runnable && self.is_sound(),
            phase: if is_halted {
                "halted"
            } else if self.transfer.is_some() {
                "transfer"
            } else {
                "normal"
            },
            decided: self.decided,
            tentative: seq.map(|seq| Tentative { seq, digest: head }),
            stable: self.finalized.seq,
            pending: self.pending.len(),
            log_entries: self.tree.len() + self.history.len() + self.book.len(),
            waiting: self.waiting(),
            view_change_cause: None,
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        let seq = self.decided.next();
        let timer = self.is_slot_set.then_some(("slot", self.config.slot));
        if self.ahead.is_some() {
            return Some(Waiting { seq, phase: "blocks", have: Vec::new(), need: 1, timer });
        }
        if self.tree.is_tentative() {
            let epoch = self.epoch();
            let is_justified =
                self.justified.seq >= seq && self.justified.epoch > self.finalized.epoch;
            let phase = if is_justified { "finalize" } else { "justify" };
            // In heads, where stakes are equal; what counts is two thirds of the stake.
            let need = (self.config.n() * 2).div_ceil(3);
            return Some(Waiting { seq, phase, have: self.book.voters(epoch), need, timer });
        }
        if self.pending.is_empty() {
            return None;
        }
        Some(Waiting { seq, phase: "proposal", have: Vec::new(), need: 1, timer })
    }

    /// The last final checkpoint: what an operator may vouch for to a replica that was away for too long.
    #[must_use]
    pub const fn finalized(&self) -> Checkpoint {
        self.finalized
    }
    /// The highest justified checkpoint.
    #[must_use]
    pub const fn justified(&self) -> Checkpoint {
        self.justified
    }
    /// What this validator has signed, to be carried to another machine; the old one must be silent from then on.
    #[must_use]
    pub const fn protection(&self) -> Protection {
        self.protection
    }
}

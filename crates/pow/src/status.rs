//! What a replica shows of itself. The head is tentative, and so is everything not deep enough below it.

use protocol::{Status, Tentative, Waiting};
use types::{Digest, NodeId};

use crate::replica::Core;

/// How often the head moved to another branch.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Reorganisations {
    /// How often.
    pub count: u64,
    /// The most blocks that one of them took out of the chain.
    pub deepest: u64,
}

impl Reorganisations {
    pub(crate) fn note(&mut self, depth: u64) {
        if depth > 0 {
            self.count += 1;
            self.deepest = self.deepest.max(depth);
        }
    }
}

impl Core {
    /// How many blocks of the present chain confirm a payload, its own included; `None` where it is in none of those
    /// kept. A reorganisation can take it back to `None`.
    #[must_use]
    pub fn confirmations(&self, payload: &Digest) -> Option<u64> {
        if broken!(self.config, AbandonedStillCounts) {
            let found = self.tree.all().find(|entry| entry.block.header.payload == *payload)?;
            return Some(self.tree.height().next().above(found.block.header.height));
        }
        let mut depth = 1;
        let mut height = self.tree.height();
        loop {
            if self.tree.at(height)?.block.header.payload == *payload {
                return Some(depth);
            }
            (height, depth) = (height.previous()?, depth + 1);
        }
    }

    /// How often the head moved to another branch since the start.
    #[must_use]
    pub const fn reorganisations(&self) -> Reorganisations {
        self.reorganisations
    }

    pub(crate) fn describe(&self) -> Status {
        let head = &self.tree.head().block.header;
        let is_halted = self.alarm.is_some() || self.diverged.is_some();
        let is_tentative = head.seq > self.decided;
        Status {
            view: self.view,
            leader: None,
            voting: self.config.voting && !is_halted && self.transfer.is_none(),
            phase: match (is_halted, self.transfer) {
                (true, _) => "halted",
                (false, Some(_)) => "transfer",
                (false, None) => "normal",
            },
            decided: self.decided,
            tentative: is_tentative
                .then(|| Tentative { seq: head.seq, digest: self.tree.head_id() }),
            // What is settled is what the log can be cut below.
            stable: self.tree.at(self.tree.low()).map_or(self.decided, |e| e.block.header.seq),
            pending: self.pending.len(),
            log_entries: self.tree.len() + self.orphans.len(),
            waiting: self.waiting(),
            view_change_cause: None,
        }
    }

    fn waiting(&self) -> Option<Waiting> {
        let seq = self.decided.next();
        let timer = self.is_retry_set.then_some(("retry", self.config.retry_interval));
        let need = usize::try_from(self.config.confirmations.max(1)).unwrap_or(usize::MAX);
        if self.alarm.is_some() {
            // Nothing but its operator can tell which chain it should have believed.
            let phase = "deep-reorganisation";
            return Some(Waiting { seq, phase, have: Vec::new(), need, timer: None });
        }
        if self.transfer.is_some() {
            return Some(Waiting { seq, phase: "transfer", have: Vec::new(), need: 1, timer });
        }
        let is_tentative = self.tree.head().block.header.seq > self.decided;
        if is_tentative {
            let above = self.tree.above(self.settled);
            let confirming = above.skip_while(|entry| entry.block.header.seq < seq);
            let have: Vec<NodeId> = confirming.map(|entry| entry.block.header.miner).collect();
            return Some(Waiting { seq, phase: "confirmations", have, need, timer });
        }
        let is_waiting = !self.pending.is_empty();
        is_waiting.then_some(Waiting { seq, phase: "block", have: Vec::new(), need: 1, timer })
    }
}

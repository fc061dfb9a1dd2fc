//! What a replica shows of itself.

use protocol::{Protocol as _, Status, Tentative, Waiting};
use types::{NodeId, Seq};

use crate::replica::Core;
use crate::{Style, finality, safety};

impl Core {
    pub(crate) fn describe(&self) -> Status {
        let (best, root) = (self.tree.at(self.best), self.tree.root());
        let tentative = Seq::new(best.payloads);
        let is_tentative = tentative > self.decided;
        Status {
            view: self.view(),
            leader: self.leader(),
            voting: self.votes() && best.signers.position(self.me).is_some(),
            phase: self.phase(),
            decided: self.decided,
            tentative: is_tentative.then_some(Tentative { seq: tentative, digest: best.name }),
            stable: Seq::new(root.payloads),
            pending: self.pending.len(),
            log_entries: self.tree.len() + self.orphans.len() + self.early.len(),
            waiting: self.waiting(),
            view_change_cause: self.cause.clone(),
        }
    }

    fn phase(&self) -> &'static str {
        if self.halted.is_some() {
            "halted"
        } else if self.tree.root().payloads > self.decided.get() {
            "transfer"
        } else {
            "normal"
        }
    }

    /// Whose turn comes next.
    fn leader(&self) -> Option<NodeId> {
        let best = self.tree.at(self.best);
        let members = best.signers.members();
        let turn = match self.config.style {
            Style::Clique => best.height.saturating_add(1),
            Style::Aura => safety::step(&self.config, self.now),
        };
        let turn = usize::try_from(turn % (members.len() as u64).max(1)).ok()?;
        members.get(turn).copied()
    }

    /// What stands between this replica and its next decision: sealers that confirm the first tentative payload, then
    /// sealers that settle it.
    fn waiting(&self) -> Option<Waiting> {
        let best = self.tree.at(self.best);
        let need = finality::quorum(&self.config, &best.signers);
        let timer = Some(("seal", self.config.period));
        let seq = self.decided.next();
        if best.payloads <= self.decided.get() {
            let phase = "seal";
            let waits = !self.pending.is_empty();
            return waits.then_some(Waiting { seq, phase, have: Vec::new(), need, timer });
        }
        let is_above = |entry: &&crate::tree::Entry| entry.payloads > self.decided.get();
        let chain = || self.tree.chain(self.best).take_while(is_above);
        let height = chain().last().map_or(best.height, |entry| entry.height);
        let is_confirmed = best.confirmed >= height;
        let mut have: Vec<NodeId> = chain()
            .filter(|entry| !is_confirmed || entry.confirmed >= height)
            .filter(|entry| entry.strayed < height)
            .map(|entry| entry.sealer)
            .collect();
        have.sort_unstable();
        have.dedup();
        let phase = if is_confirmed { "settle" } else { "confirm" };
        Some(Waiting { seq, phase, have, need, timer })
    }
}

//! Bounds what is kept.

use protocol::Ctx;
use types::Height;

use crate::replica::Core;

impl Core {
    /// Blocks are dropped in strides of this many, so that most replicas keep the same lowest block.
    fn stride(&self) -> u64 {
        self.config.history.max(self.config.confirmations).max(1)
    }

    /// Drops the lowest blocks where enough are kept above them, all are settled and the application has executed them
    /// (L27).
    pub(crate) fn prune(&mut self, ctx: &mut Ctx<'_, Self>) {
        let stride = self.stride();
        let low = self.tree.low().plus(stride);
        let is_deep = self.tree.height().above(low) >= stride && low <= self.settled;
        let is_executed =
            self.tree.at(low).is_some_and(|entry| entry.block.header.seq <= self.executed);
        if is_deep && is_executed {
            self.tree.rebase(low);
            self.handed = self.handed.max(low);
            self.forget_verdicts();
            self.compact(ctx);
        } else if self.log_blocks as u64 > stride.saturating_mul(8) {
            self.compact(ctx);
        }
    }

    fn forget_verdicts(&mut self) {
        let tree = &self.tree;
        self.asked.retain(|_, ids| {
            ids.retain(|id| tree.get(id).is_some());
            !ids.is_empty()
        });
        self.contenders.retain(|id| tree.get(id).is_some());
    }

    /// Replaces the log by what rebuilds the chain.
    pub(crate) fn compact(&mut self, ctx: &mut Ctx<'_, Self>) {
        let kept = self.tree.height().above(self.tree.low().max(Height::ZERO));
        self.log_blocks = usize::try_from(kept).unwrap_or(usize::MAX);
        ctx.compact(self.records());
    }
}

//! The one timer: makes up for lost blocks while something waits.

use protocol::{Call, Ctx};

use crate::message::Message;
use crate::mining::Mining;
use crate::replica::Core;
use crate::tree::Verdict;

/// The names of timers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Timer {
    /// Something waits, and the others may know more.
    Retry,
}

/// Most payloads that one retry asks the application about again.
const CHECKS_REPEATED_MAX: usize = 64;

impl Core {
    /// Whether anything waits that blocks could bring.
    pub(crate) fn is_waiting(&self) -> bool {
        let has_open = !self.contenders.is_empty() || self.transfer.is_some();
        let is_sound = self.alarm.is_none();
        is_sound && (has_open || !self.pending.is_empty() || self.has_undecided())
    }

    pub(crate) fn arm_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        if !self.is_retry_set && self.is_waiting() {
            self.is_retry_set = true;
            ctx.set_timer(Timer::Retry, self.config.retry_interval);
        }
    }

    pub(crate) fn disarm_retry(&mut self, ctx: &mut Ctx<'_, Self>) {
        if std::mem::take(&mut self.is_retry_set) {
            ctx.cancel_timer(Timer::Retry);
        }
    }

    /// A retry interval is over (L21).
    pub(crate) fn on_retry_timeout(&mut self, ctx: &mut Ctx<'_, Self>) {
        self.is_retry_set = false;
        if !self.is_waiting() {
            return;
        }
        let head = self.tree.head_id();
        if std::mem::replace(&mut self.last_head, head) == head {
            self.tell_head(ctx);
            self.repeat_checks(ctx);
            if matches!(self.mining, Mining::Idle) {
                self.begin_view(ctx);
            }
        }
        self.arm_retry(ctx);
    }

    pub(crate) fn tell_head(&self, ctx: &mut Ctx<'_, Self>) {
        if !broken!(self.config, HeadsNotTold) {
            ctx.broadcast(Message::Head(self.tree.head_id()));
        }
    }

    fn repeat_checks(&self, ctx: &mut Ctx<'_, Self>) {
        let mut asked = self.asked.values().flatten().filter_map(|id| self.tree.get(id));
        for entry in asked.by_ref().take(CHECKS_REPEATED_MAX) {
            let header = &entry.block.header;
            let view = header.view.max(self.view);
            if let Some(payload) =
                entry.block.payload.clone().filter(|_| entry.verdict == Verdict::Asked)
            {
                let (seq, proposer) = (header.seq, header.miner);
                ctx.call(Call::Check { view, seq, payload, proposer });
            }
        }
    }

    /// After a restart: says where it stands, and is told where the others are (L26).
    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.alarm.is_none() {
            self.tell_head(ctx);
            self.arm_retry(ctx);
        }
    }
}

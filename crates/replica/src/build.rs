//! Builds payloads for the core, not faster than pays: every block costs everybody its votes, however little it orders.

use codec::Encode;
use ledger::Proposal;
use protocol::{Input as CoreInput, Payload, Protocol, Reply};
use types::limits::PAYLOAD_BYTES_MAX;
use types::{Seq, Time, View};

use crate::replica::Replica;
use crate::{Effect, Timer};

/// When the last payload was built, and who waits for the next one.
#[derive(Debug, Default)]
pub(crate) struct Pacing {
    last: Option<Time>,
    waiting: Option<(View, Seq)>,
}

impl<P: Protocol> Replica<P> {
    /// Builds at once where the last payload is old enough, else when it is.
    pub(crate) fn build_in_time(
        &mut self,
        now: Time,
        view: View,
        seq: Seq,
        fx: &mut Vec<Effect<P>>,
    ) {
        let agreed = self.executor.block_interval();
        let interval = agreed.unwrap_or(self.settings.block_interval);
        let due = self.pacing.last.map_or(now, |last| last.after(interval));
        if due <= now {
            return self.answer_build(now, view, seq);
        }
        if self.pacing.waiting.replace((view, seq)).is_none() {
            fx.push(Effect::SetTimer { timer: Timer::Build, after: due.since(now) });
        }
    }

    /// The last payload is old enough now.
    pub(crate) fn build_waiting(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        if let Some((view, seq)) = self.pacing.waiting.take() {
            self.answer_build(now, view, seq);
            self.run_core(now, fx);
        }
    }

    fn answer_build(&mut self, now: Time, view: View, seq: Seq) {
        let payload = self.build(now, view);
        if payload.is_some() {
            self.pacing.last = Some(now);
        }
        self.queue.push_back(CoreInput::Reply(Reply::Built { view, seq, payload }));
    }

    fn build(&mut self, now: Time, view: View) -> Option<Payload> {
        let batches = self.batches.pick(view, self.settings.batch_bytes);
        if batches.is_empty() {
            return None;
        }
        let time = now.max(self.executor.time());
        let bytes = Proposal { view, proposer: self.me, time, batches }.to_bytes();
        debug_assert!(bytes.len() <= PAYLOAD_BYTES_MAX, "BLOCK_BATCHES_MAX digests fit a payload");
        Some(Payload::new(&bytes))
    }
}

//! Reads without a log entry: ReadIndex, and the lease (thesis, sections 6.4 and 6.4.1).

use std::collections::VecDeque;

use protocol::Ctx;
use types::{Duration, Seq, Time};

use crate::{Core, Refusal};

/// Most reads that wait at once.
const READS_MAX: usize = 4_096;
/// Most heartbeat rounds whose time is remembered.
const ROUNDS_MAX: usize = 64;

/// A read that may be answered from the application's state, which stands at `seq` or above.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Read {
    /// The reader's own name for it.
    pub id: u64,
    /// What was committed when it came.
    pub seq: Seq,
}

/// Reads on their way, and the rounds of heartbeats that confirm them.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// The last round of heartbeats.
    pub(crate) round: u64,
    /// When the latest rounds began.
    begun: VecDeque<(u64, Time)>,
    /// Before the leader has committed anything in its term.
    parked: Vec<u64>,
    /// Each with the round that has to be confirmed, which ascends.
    waiting: VecDeque<(u64, Read)>,
    ready: VecDeque<Read>,
    pub(crate) lease_until: Time,
}

impl Reads {
    pub(crate) fn begin_round(&mut self, now: Time) {
        self.round = self.round.saturating_add(1);
        self.begun.push_back((self.round, now));
        if self.begun.len() > ROUNDS_MAX {
            self.begun.pop_front();
        }
    }
    /// A majority answered a round.
    pub(crate) fn confirm(&mut self, confirmed: u64) {
        while self.waiting.front().is_some_and(|&(round, _)| round <= confirmed) {
            self.ready.extend(self.waiting.pop_front().map(|(_, read)| read));
        }
    }
    /// Whoever answered a round votes for nobody else until its election timeout is over.
    pub(crate) fn extend_lease(&mut self, confirmed: u64, lease: Duration) {
        let mut begun = self.begun.iter().rev();
        if let Some(&(_, at)) = begun.find(|&&(round, _)| round <= confirmed) {
            self.lease_until = self.lease_until.max(at.after(lease));
        }
    }
    pub(crate) fn take(&mut self, executed: Seq) -> Vec<Read> {
        let (now, later): (VecDeque<Read>, _) =
            self.ready.drain(..).partition(|read| read.seq <= executed);
        self.ready = later;
        now.into()
    }
    /// Nobody leads any more: nothing is promised to those who wait.
    pub(crate) fn clear(&mut self) {
        let round = self.round;
        *self = Self { round, ..Self::default() };
    }
    fn len(&self) -> usize {
        self.parked.len() + self.waiting.len() + self.ready.len()
    }
}

impl Core {
    /// Asks for a read that sees everything committed before it; [`Self::take_reads`] tells when it may be answered (L29).
    ///
    /// # Errors
    /// Where this replica does not lead, or too many reads wait. A read that waits when the leader steps down is
    /// forgotten.
    pub fn read(&mut self, id: u64, ctx: &mut Ctx<'_, Self>) -> Result<(), Refusal> {
        if !self.leads() {
            return Err(Refusal::NotLeader(self.leader));
        }
        if self.reads.len() >= READS_MAX {
            return Err(Refusal::Busy);
        }
        if self.has_committed() || broken!(self.config, ReadBeforeOwnCommit) {
            self.admit_read(id, ctx);
        } else {
            self.reads.parked.push(id);
        }
        Ok(())
    }

    /// Whether the leader has committed an entry of its term, and so knows all that was committed before.
    pub(crate) fn has_committed(&self) -> bool {
        self.log.term_at(self.commit) == Some(self.term)
    }

    /// L30
    fn admit_read(&mut self, id: u64, ctx: &mut Ctx<'_, Self>) {
        let read = Read { id, seq: self.commit };
        let is_leased = self.config.lease_reads && ctx.now < self.reads.lease_until;
        if self.is_alone() || is_leased || broken!(self.config, ReadUnconfirmed) {
            return self.reads.ready.push_back(read);
        }
        self.beat(ctx);
        self.reads.waiting.push_back((self.reads.round, read));
    }

    /// The leader has committed in its term: reads that came before go on.
    pub(crate) fn park_no_longer(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.has_committed() {
            for id in std::mem::take(&mut self.reads.parked) {
                self.admit_read(id, ctx);
            }
        }
    }

    /// The confirmed reads that the application has caught up with; each is returned once (L31).
    pub fn take_reads(&mut self) -> Vec<Read> {
        self.reads.take(self.executed)
    }
}

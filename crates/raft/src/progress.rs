//! What a leader knows of each other replica's log.

use std::collections::VecDeque;

use types::{Seq, Time};

/// How a replica is sent entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    /// One APPEND at a time, until the point is found where the logs agree.
    Probe,
    /// Many at once, each built on the one before.
    Replicate,
    /// None: its entries are gone, and it takes over a state.
    Install,
}

/// One replica as its leader sees it.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// The last entry known to be durable there.
    pub(crate) matched: Seq,
    /// The next entry to send.
    pub(crate) next: Seq,
    pub(crate) pace: Pace,
    /// The last entries of the APPENDs that are not answered yet.
    pub(crate) inflight: VecDeque<Seq>,
    /// The highest commit index that it was told.
    pub(crate) told: Seq,
    /// The last heartbeat that it answered.
    pub(crate) round: u64,
    /// When it was last heard.
    pub(crate) heard: Time,
    /// When it was last sent an INSTALL.
    pub(crate) installed: Time,
    /// Whether anything was acknowledged since the last answer to a heartbeat.
    pub(crate) is_moving: bool,
}

/// Most APPENDs on their way to one replica; entries that come meanwhile go together into the next one.
pub(crate) const INFLIGHT_MAX: usize = 4;

impl Progress {
    pub(crate) fn new(next: Seq, now: Time) -> Self {
        Self {
            matched: Seq::ZERO,
            next,
            pace: Pace::Probe,
            inflight: VecDeque::with_capacity(INFLIGHT_MAX),
            told: Seq::ZERO,
            round: 0,
            heard: now,
            installed: Time::ZERO,
            is_moving: true,
        }
    }
    /// Whether it may be sent an APPEND.
    pub(crate) fn has_room(&self) -> bool {
        match self.pace {
            Pace::Probe => self.inflight.is_empty(),
            Pace::Replicate => self.inflight.len() < INFLIGHT_MAX,
            Pace::Install => false,
        }
    }
    /// Notes an APPEND that ends at `last`.
    pub(crate) fn sent(&mut self, last: Seq, commit: Seq) {
        self.inflight.push_back(last);
        self.told = self.told.max(commit.min(last));
        if self.pace == Pace::Replicate {
            self.next = last.next();
        }
    }
    /// Notes an acknowledgement; whether it says anything new.
    pub(crate) fn acknowledged(&mut self, matched: Seq) -> bool {
        while self.inflight.front().is_some_and(|&last| last <= matched) {
            self.inflight.pop_front();
        }
        self.is_moving = true;
        let is_new = matched > self.matched;
        self.matched = self.matched.max(matched);
        self.next = self.next.max(matched.next());
        if self.pace != Pace::Replicate && (self.pace == Pace::Probe || is_new) {
            self.pace = Pace::Replicate;
            self.inflight.clear();
            self.next = self.matched.next();
        }
        is_new
    }
    /// Goes back to where the logs may agree.
    pub(crate) fn probe(&mut self, next: Seq) {
        self.pace = Pace::Probe;
        self.next = next.max(self.matched.next());
        self.inflight.clear();
    }
}

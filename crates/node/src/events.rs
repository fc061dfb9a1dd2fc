//! What happened at this node, in one bounded, numbered stream that listeners can resume.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::{Evidence, ViewChangeCause};
use tokio::sync::watch;
use types::{Digest, Height, NodeId, Time, View};

/// Most events kept for listeners who resume.
pub const EVENTS_KEPT_MAX: usize = 8_192;

/// One event with its place in this node's stream.
#[derive(Clone, Debug)]
pub struct LoggedEvent {
    /// Its place: ascending by one, never used twice, above every place of an earlier run of this node.
    pub sequence: u64,
    /// When it was logged, by this node's clock.
    pub time: Time,
    /// What happened.
    pub event: NodeEvent,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum NodeEvent {
    /// An application says so, in a block that was executed here.
    App {
        /// The block.
        height: Height,
        /// The view of the block's proposal.
        view: View,
        /// The agreed time.
        block_time: Time,
        /// The transaction that did it.
        transaction: Digest,
        /// What the application says.
        event: app::Event,
    },
    /// A block was executed here; not yet certified.
    Executed {
        /// Its height.
        height: Height,
        /// The view of its proposal.
        view: View,
        /// Its hash.
        block: Digest,
        /// Who first proposed it; `None` for a null request.
        proposer: Option<NodeId>,
        /// How many transactions it executed.
        transactions: usize,
        /// Whether it came certified from a peer instead of being decided here.
        caught_up: bool,
    },
    /// A quorum attests a block that was executed here.
    Certified {
        /// Its height.
        height: Height,
        /// Its hash.
        block: Digest,
        /// Who attests it.
        signers: Vec<NodeId>,
    },
    /// The core entered another view.
    ViewChanged {
        /// The new view.
        view: View,
        /// Why the last one ended before its time.
        cause: ViewChangeCause,
    },
    /// A validator has provably lied.
    Accused(Arc<Evidence>),
    /// A quorum attests another block than this node computed.
    Diverged {
        /// Where.
        height: Height,
    },
    /// An event of the node's HTTP face: `tickets.seeded` and its like.
    Face {
        /// Its type, as in `api::kinds`.
        kind: &'static str,
        /// To whom or what.
        subject: Option<String>,
        /// The details, as JSON.
        data: serde_json::Value,
    },
}

/// What a listener gets: events in order, and how many it missed before the first of them.
#[derive(Clone, Debug, Default)]
pub struct EventPage {
    /// Events that are no longer kept, between where the listener stood and the first of `events`.
    pub missed: u64,
    /// The events, ascending.
    pub events: Vec<Arc<LoggedEvent>>,
}

/// The stream: the last [`EVENTS_KEPT_MAX`] events, and a bell for those who wait.
#[derive(Debug)]
pub struct EventLog {
    ring: Mutex<Ring>,
    last: watch::Sender<u64>,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<Arc<LoggedEvent>>,
    next: u64,
}

impl EventLog {
    /// An empty stream whose first event has the number `first`.
    #[must_use]
    pub fn starting_at(first: u64) -> Self {
        let first = first.max(1);
        let ring = Mutex::new(Ring { events: VecDeque::new(), next: first });
        Self { ring, last: watch::Sender::new(first - 1) }
    }

    /// Appends events in order and rings once.
    pub fn append(&self, time: Time, events: impl IntoIterator<Item = NodeEvent>) {
        let mut ring = self.lock();
        let before = ring.next;
        for event in events {
            let sequence = ring.next;
            ring.next += 1;
            if ring.events.len() >= EVENTS_KEPT_MAX {
                ring.events.pop_front();
            }
            ring.events.push_back(Arc::new(LoggedEvent { sequence, time, event }));
        }
        let last = ring.next - 1;
        drop(ring);
        if last >= before {
            self.last.send_replace(last);
        }
    }

    /// The number of the last event; the one before the first where there is none.
    #[must_use]
    pub fn last(&self) -> u64 {
        *self.last.borrow()
    }

    /// At most `max` events behind number `after`.
    #[must_use]
    pub fn after(&self, after: u64, max: usize) -> EventPage {
        let ring = self.lock();
        let Some(first) = ring.events.front().map(|event| event.sequence) else {
            return EventPage::default();
        };
        let from = after.saturating_add(1).max(first);
        let missed = from.saturating_sub(after.saturating_add(1));
        let skip = usize::try_from(from - first).unwrap_or(usize::MAX);
        EventPage { missed, events: ring.events.iter().skip(skip).take(max).cloned().collect() }
    }

    /// As [`Self::after`], once there is at least one.
    pub async fn wait_after(&self, after: u64, max: usize) -> EventPage {
        let mut bell = self.last.subscribe();
        loop {
            let page = self.after(after, max);
            if !page.events.is_empty() || bell.wait_for(|&last| last > after).await.is_err() {
                return page;
            }
            let page = self.after(after, max);
            if !page.events.is_empty() {
                return page;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

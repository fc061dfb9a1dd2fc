//! What waits to be written to one peer on one stream: bounded, the oldest dropped first.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use replica::MessageKind;
use tokio::sync::Notify;
use types::Time;

/// An encoded message with its length before it, shared by all whom it goes to.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: MessageKind,
    pub(crate) bytes: Arc<Vec<u8>>,
}

/// Bounds of one lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneLimits {
    pub(crate) frames_max: usize,
    pub(crate) bytes_max: usize,
}

/// How often it is noted that a peer was heard.
const HEARD_INTERVAL_US: u64 = 50_000;
/// Votes and questions: small, and worth little when late.
pub(crate) const VOTES: LaneLimits = LaneLimits { frames_max: 8_192, bytes_max: 8 * 1024 * 1024 };
/// Batches and blocks.
pub(crate) const BULK: LaneLimits = LaneLimits { frames_max: 256, bytes_max: 16 * 1024 * 1024 };

/// One direction of one stream.
#[derive(Debug)]
pub(crate) struct Lane {
    limits: LaneLimits,
    queue: Mutex<Queue>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Frame>,
    bytes: usize,
}

impl Lane {
    pub(crate) fn new(limits: LaneLimits) -> Self {
        Self { limits, queue: Mutex::default(), bell: Notify::new() }
    }

    /// Appends a frame; returns how many older ones had to go for it.
    pub(crate) fn push(&self, frame: Frame) -> usize {
        let mut queue = self.lock();
        queue.bytes += frame.bytes.len();
        queue.frames.push_back(frame);
        let mut dropped = 0;
        while queue.frames.len() > self.limits.frames_max
            || (queue.bytes > self.limits.bytes_max && queue.frames.len() > 1)
        {
            let Some(oldest) = queue.frames.pop_front() else { break };
            queue.bytes -= oldest.bytes.len();
            dropped += 1;
        }
        drop(queue);
        self.bell.notify_one();
        dropped
    }

    /// Whether so many bytes more would push nothing out.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        let queue = self.lock();
        queue.frames.len() < self.limits.frames_max && queue.bytes + bytes <= self.limits.bytes_max
    }

    /// Takes everything that waits, once something does. For one writer at a time.
    pub(crate) async fn take(&self, into: &mut Vec<Frame>) {
        loop {
            {
                let mut queue = self.lock();
                if !queue.frames.is_empty() {
                    into.extend(queue.frames.drain(..));
                    queue.bytes = 0;
                    return;
                }
            }
            self.bell.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both lanes to one peer, and what its streams are judged by.
#[derive(Debug)]
pub(crate) struct Lanes {
    pub(crate) votes: Lane,
    pub(crate) bulk: Lane,
    /// A drill has cut this peer off.
    pub(crate) is_blocked: AtomicBool,
    /// Frames of this peer that were no messages, since its streams were opened.
    pub(crate) strikes: AtomicU32,
    /// When anything last came from it, in microseconds.
    last_heard: AtomicU64,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            votes: Lane::new(VOTES),
            bulk: Lane::new(BULK),
            is_blocked: AtomicBool::new(false),
            strikes: AtomicU32::new(0),
            last_heard: AtomicU64::new(0),
        }
    }
}

impl Lanes {
    pub(crate) const fn of(&self, stream: StreamKind) -> &Lane {
        match stream {
            StreamKind::Votes => &self.votes,
            StreamKind::Bulk => &self.bulk,
        }
    }
    pub(crate) fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }
    /// Notes that something came; true now and then, when it is time to tell others.
    pub(crate) fn hear(&self, now: Time) -> bool {
        let due = self.last_heard.load(Ordering::Relaxed).saturating_add(HEARD_INTERVAL_US);
        let is_due = now.us() >= due;
        if is_due {
            self.last_heard.store(now.us(), Ordering::Relaxed);
        }
        is_due
    }
    pub(crate) fn strike(&self) -> u32 {
        self.strikes.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// The two streams of a pair.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum StreamKind {
    /// Small and urgent.
    Votes,
    /// Large.
    Bulk,
}

impl StreamKind {
    /// Which stream a message takes.
    pub(crate) const fn of(kind: MessageKind) -> Self {
        match kind {
            MessageKind::Core
            | MessageKind::Attestation
            | MessageKind::BatchRequest
            | MessageKind::BlockRequest
            | MessageKind::Tip => Self::Votes,
            MessageKind::Batch | MessageKind::Blocks => Self::Bulk,
        }
    }
}

#[cfg(test)]
mod tests;

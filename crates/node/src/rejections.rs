//! Logs what was refused, at most so often for each reason: a flood fills counters, not disks.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use types::NodeId;

use crate::handle::Shared;

const INTERVAL: Duration = Duration::from_secs(5);

/// When each reason was last logged.
#[derive(Debug, Default)]
pub(crate) struct RateLimit(Mutex<HashMap<Cause, (Instant, u64)>>);

/// A reason, and whose doing it was.
type Cause = (&'static str, Option<NodeId>);

impl RateLimit {
    /// How many were held back since the last one, where it is time for another.
    pub(crate) fn pass(&self, reason: &'static str, node: Option<NodeId>) -> Option<u64> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match last.get_mut(&(reason, node)) {
            Some((at, held)) if now.duration_since(*at) < INTERVAL => {
                *held += 1;
                None
            }
            Some((at, held)) => {
                *at = now;
                Some(std::mem::take(held))
            }
            None => {
                last.insert((reason, node), (now, 0));
                Some(0)
            }
        }
    }
}

impl Shared {
    /// Logs that a validator's message was dropped; counting is the caller's.
    pub(crate) fn rejected(&self, peer: NodeId, reason: &'static str, why: &dyn fmt::Display) {
        if let Some(held_back) = self.rejections.pass(reason, Some(peer)) {
            tracing::warn!(%peer, reason, %why, held_back, "a message was dropped");
        }
    }
    /// Counts and logs that a peer was refused.
    pub(crate) fn reject_peer(&self, reason: &'static str, why: &dyn fmt::Display) {
        self.metrics.reject_peer(reason);
        if let Some(held_back) = self.rejections.pass(reason, None) {
            tracing::warn!(reason, %why, held_back, "a peer was refused");
        }
    }
}

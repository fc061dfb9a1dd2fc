//! Whether the node should be sent work, and why not.

use std::sync::atomic::{AtomicBool, Ordering};

/// What only the node itself knows about its readiness.
#[derive(Debug, Default)]
pub struct Readiness {
    stopping: AtomicBool,
    disk_failed: AtomicBool,
}

impl Readiness {
    /// Whether the node is on its way down.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
    /// Whether nothing can be kept any more: the node serves reads, and does not vote.
    #[must_use]
    pub fn has_disk_failed(&self) -> bool {
        self.disk_failed.load(Ordering::Relaxed)
    }
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
    pub(crate) fn disk_failed(&self) {
        self.disk_failed.store(true, Ordering::Relaxed);
    }
}

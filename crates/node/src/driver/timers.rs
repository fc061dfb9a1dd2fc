//! The replica's timers, by name and by deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// At most one deadline for each name.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    by_name: BTreeMap<T, Instant>,
    by_deadline: BTreeSet<(Instant, T)>,
}

impl<T: Copy + Ord> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self { by_name: BTreeMap::new(), by_deadline: BTreeSet::new() }
    }
    /// Sets a timer, or moves it.
    pub(crate) fn set(&mut self, name: T, now: Instant, after: Duration) {
        self.cancel(&name);
        // A span beyond what the clock can hold never ends.
        let Some(deadline) = now.checked_add(after) else { return };
        self.by_name.insert(name, deadline);
        self.by_deadline.insert((deadline, name));
    }
    /// Forgets a timer.
    pub(crate) fn cancel(&mut self, name: &T) {
        if let Some(deadline) = self.by_name.remove(name) {
            self.by_deadline.remove(&(deadline, *name));
        }
    }
    /// When the next one runs out.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }
    /// Takes one that has run out.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<T> {
        let &(deadline, name) = self.by_deadline.first()?;
        if deadline > now {
            return None;
        }
        self.cancel(&name);
        Some(name)
    }
}

#[cfg(test)]
mod tests;

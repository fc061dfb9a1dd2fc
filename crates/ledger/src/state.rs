//! An application's state: a map whose root commits to every entry and is cheap to keep up to date.

use std::collections::BTreeMap;

use codec::{Bytes, record};
use types::Digest;

use crate::AppId;

mod proof;
mod trie;

pub use proof::{EntryProof, StatePath};
use trie::Trie;

/// A map from bytes to bytes with a Merkle root, and a list of what changed since it was last asked.
#[derive(Clone, Default, Debug)]
pub struct StateTree {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    trie: Trie,
    changed: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What to put back, oldest first, while changes are on trial.
    trial: Option<Vec<Before>>,
}

/// How a key stood before it was changed on trial.
#[derive(Clone, Debug)]
struct Before {
    key: Vec<u8>,
    value: Option<Vec<u8>>,
    changed: Option<Option<Vec<u8>>>,
}

/// One key that changed: its new value, or none where it was removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Whose state.
    pub app: AppId,
    /// The key.
    pub key: Bytes,
    /// The new value.
    pub value: Option<Bytes>,
}
record!(Change { app: AppId, key: Bytes, value: Option<Bytes> });

impl StateTree {
    /// Rebuilds a state from entries that were kept.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
        let mut tree = Self::default();
        for (key, value) in entries {
            tree.set(key, value);
        }
        tree.changed.clear();
        tree
    }
    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(key).map(Vec::as_slice)
    }
    /// Puts a value under a key.
    pub fn set(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.note(&key);
        self.trie.set(&key, &value);
        self.changed.insert(key.clone(), Some(value.clone()));
        self.entries.insert(key, value);
    }
    /// Takes a key away.
    pub fn remove(&mut self, key: &[u8]) {
        if self.entries.contains_key(key) {
            self.note(key);
            self.entries.remove(key);
            self.trie.remove(key);
            self.changed.insert(key.to_vec(), None);
        }
    }
    /// From here on changes are on trial, until they are kept or undone; an earlier trial is kept.
    pub fn begin_trial(&mut self) {
        self.trial = Some(Vec::new());
    }
    /// Keeps what was changed on trial.
    pub fn keep_trial(&mut self) {
        self.trial = None;
    }
    /// Puts everything back as it stood when the trial began.
    pub fn undo_trial(&mut self) {
        for Before { key, value, changed } in self.trial.take().into_iter().flatten().rev() {
            match value {
                Some(value) => self.set(key.clone(), value),
                None => self.remove(&key),
            }
            match changed {
                Some(changed) => drop(self.changed.insert(key, changed)),
                None => drop(self.changed.remove(&key)),
            }
        }
    }
    fn note(&mut self, key: &[u8]) {
        if let Some(trial) = &mut self.trial {
            let value = self.entries.get(key).cloned();
            trial.push(Before {
                key: key.to_vec(),
                value,
                changed: self.changed.get(key).cloned(),
            });
        }
    }
    /// The root over all entries; zero for an empty state.
    pub fn root(&mut self) -> Digest {
        self.trie.root()
    }
    /// The way from the root to the place of a key, which proves its value or its absence.
    ///
    /// Quick after [`Self::root`]; hashes anew what has changed since. Where another key stands in the place, its
    /// value is searched for among all entries.
    #[must_use]
    pub fn prove(&self, key: &[u8]) -> StatePath {
        self.trie.prove(key, |path| {
            let mut entries = self.entries.iter();
            let (_, value) = entries.find(|(key, _)| trie::path_of(key) == *path)?;
            Some(Bytes(value.clone()))
        })
    }
    /// What changed since the last call.
    pub fn take_changes(&mut self, app: AppId) -> Vec<Change> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed
            .map(|(key, value)| Change { app, key: Bytes(key), value: value.map(Bytes) })
            .collect()
    }
    /// Applies a change that was kept.
    pub fn apply(&mut self, change: &Change) {
        match &change.value {
            Some(value) => self.set(change.key.0.clone(), value.0.clone()),
            None => self.remove(&change.key.0),
        }
        self.changed.remove(&change.key.0);
    }
    /// The entries from `start` on, in ascending order.
    pub fn range<'a>(
        &'a self,
        start: &[u8],
    ) -> impl DoubleEndedIterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let from = self
            .entries
            .range::<[u8], _>((std::ops::Bound::Included(start), std::ops::Bound::Unbounded));
        from.map(|(key, value)| (key.as_slice(), value.as_slice()))
    }
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests;

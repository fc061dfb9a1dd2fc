use std::fmt;

use codec::{Encode, record};
use crypto::Hasher;
use ledger::StateTree;
use types::{Digest, Height};

use super::{UPDATES_KEPT_MAX, Update};
use crate::argument::{keep, kept};

/// The end of the stream: how many updates there were, and the digest that each of them has gone into.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Head {
    /// How many.
    pub count: u64,
    /// The digest of the last one and of the digest before it; zero before the first.
    pub digest: Digest,
}
record!(Head { count: u64, digest: Digest });

impl Head {
    /// The key of the stream's end in the state, for an entry proof.
    pub const KEY: &'static [u8] = b"head";

    /// The end after one more update.
    #[must_use]
    pub fn then(&self, update: &Update) -> Self {
        let mut hasher = Hasher::new("unisono-update");
        hasher.update(self.digest.as_bytes());
        hasher.update(&update.to_bytes());
        Self { count: self.count.saturating_add(1), digest: hasher.finish() }
    }
}

/// An update, and the end of the stream before it.
struct Link {
    before: Digest,
    update: Update,
}
record!(Link { before: Digest, update: Update });

/// What somebody who knows the stream up to some block has missed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// The end of the stream that was known.
    pub from: Head,
    /// The updates since, in order.
    pub updates: Vec<Update>,
    /// The end of the stream with them. Where it is not the present end, more are to be asked for.
    pub to: Head,
}
record!(Missing { from: Head, updates: Vec<Update>, to: Head });

/// Why the missing updates cannot be listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingError {
    /// The first of them is no longer kept.
    Forgotten {
        /// The block of the first update that is.
        first_kept: Height,
    },
}

impl fmt::Display for MissingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forgotten { first_kept } => write!(
                f,
                "updates are kept from block {first_kept} on; read the blocks before it instead"
            ),
        }
    }
}
impl std::error::Error for MissingError {}

impl Missing {
    /// Whether these are all updates between two ends of the stream that are known to be agreed (each by its entry
    /// proof, or as the end of an earlier answer): none left out, added, changed or moved.
    #[must_use]
    pub fn is_all_between(&self, known: &Head, present: &Head) -> bool {
        let in_place = (self.from.count..).zip(&self.updates);
        self.from == *known
            && self.to == *present
            && in_place.clone().all(|(number, update)| update.number == number)
            && self.updates.iter().fold(*known, |head, update| head.then(update)) == *present
    }
}

pub(super) fn head(state: &StateTree) -> Head {
    kept(state, Head::KEY).unwrap_or_default()
}

pub(super) fn update(state: &StateTree, number: u64) -> Option<Update> {
    link(state, number).map(|link| link.update)
}

fn link(state: &StateTree, number: u64) -> Option<Link> {
    kept(state, &update_key(number))
}

pub(super) fn append(state: &mut StateTree, update: &Update) {
    let head = head(state);
    let link = Link { before: head.digest, update: update.clone() };
    keep(state, update_key(update.number), &link);
    keep(state, Head::KEY.to_vec(), &head.then(update));
    if let Some(old) = update.number.checked_sub(UPDATES_KEPT_MAX) {
        state.remove(&update_key(old));
    }
}

/// The updates that blocks above `height` agreed on, at most `count_max`, oldest first.
///
/// # Errors
/// Where the first of them is no longer kept.
pub fn missing_since(
    state: &StateTree,
    height: Height,
    count_max: usize,
) -> Result<Missing, MissingError> {
    let end = head(state);
    let first_kept = end.count.saturating_sub(UPDATES_KEPT_MAX);
    let is_known = |number: u64| update(state, number).is_some_and(|it| it.height <= height);
    // Heights never fall along the stream, so the first unknown one is found by halving.
    let (mut low, mut high) = (first_kept, end.count);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_known(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    // What was forgotten may have been known or not: nobody can tell any more.
    if low == first_kept && low > 0 && low < end.count {
        return Err(forgotten(state, low));
    }
    missing_after(state, low, count_max)
}

/// The updates from number `count` on, at most `count_max`, oldest first: what follows a [`Head`] of that count.
///
/// # Errors
/// Where the first of them is no longer kept.
pub fn missing_after(
    state: &StateTree,
    count: u64,
    count_max: usize,
) -> Result<Missing, MissingError> {
    let end = head(state);
    if count >= end.count {
        return Ok(Missing { from: end, updates: Vec::new(), to: end });
    }
    let Some(first) = link(state, count) else {
        return Err(forgotten(state, end.count.saturating_sub(UPDATES_KEPT_MAX)));
    };
    let from = Head { count, digest: first.before };
    let updates: Vec<Update> =
        (count..end.count).take(count_max).map_while(|number| update(state, number)).collect();
    let to = updates.iter().fold(from, |head, update| head.then(update));
    Ok(Missing { from, updates, to })
}

fn forgotten(state: &StateTree, first_kept: u64) -> MissingError {
    let first_kept = update(state, first_kept).map_or(Height::ZERO, |update| update.height);
    MissingError::Forgotten { first_kept }
}

fn update_key(number: u64) -> Vec<u8> {
    [b"update/".as_slice(), &number.to_be_bytes()].concat()
}

use std::collections::BTreeSet;

use codec::record;
use ledger::Account;
use types::Height;

/// Longest name of a topic, in bytes.
pub const TOPIC_BYTES_MAX: usize = 128;
/// Most consumers that a topic names.
pub const CONSUMERS_MAX: usize = 64;
/// Most unfinished messages that a topic may ask for.
pub const DEPTH_MAX: u32 = 65_536;
/// Most finished messages and dead letters of a topic, whose ids are still remembered.
pub const KEPT_MAX: u32 = 65_536;
/// Most deliveries of one message.
pub const ATTEMPTS_MAX: u16 = 100;
/// Longest time for an acknowledgement, in milliseconds.
pub const LEASE_MS_MAX: u32 = 24 * 3_600 * 1_000;
/// Most topics.
pub const TOPICS_MAX: u32 = 1_024;
/// Most topics of one owner.
pub const TOPICS_PER_OWNER_MAX: u32 = 64;
/// Most bytes of all messages' bodies.
pub const BODIES_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How a topic works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Most unfinished messages, 1 to [`DEPTH_MAX`]; the agreed bound holds besides.
    pub depth_max: u32,
    /// After how many deliveries an unacknowledged message is a dead letter, 1 to [`ATTEMPTS_MAX`].
    pub attempts_max: u16,
    /// Longest time for an acknowledgement, 1 to [`LEASE_MS_MAX`] milliseconds.
    pub lease_ms_max: u32,
    /// Who may take its messages, at most [`CONSUMERS_MAX`]; anybody where none is named.
    pub consumers: BTreeSet<Account>,
}
record!(Settings { depth_max: u32, attempts_max: u16, lease_ms_max: u32, consumers: BTreeSet<Account> });

impl Settings {
    pub(super) fn is_within_bounds(&self) -> bool {
        (1..=DEPTH_MAX).contains(&self.depth_max)
            && (1..=ATTEMPTS_MAX).contains(&self.attempts_max)
            && (1..=LEASE_MS_MAX).contains(&self.lease_ms_max)
            && self.consumers.len() <= CONSUMERS_MAX
    }
}

/// A topic as all validators hold it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topic {
    /// Who opened it, and may close it.
    pub owner: Account,
    /// How it works.
    pub settings: Settings,
    /// The block in which it was opened.
    pub opened: Height,
    /// The number of its next message.
    pub next: u64,
    /// Its unfinished messages.
    pub open: u32,
    /// Its finished messages and dead letters that are still remembered.
    pub kept: u32,
    /// Of these, the dead letters.
    pub dead: u32,
}
record!(Topic {
    owner: Account,
    settings: Settings,
    opened: Height,
    next: u64,
    open: u32,
    kept: u32,
    dead: u32,
});

/// Sums over all topics.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// Topics.
    pub topics: u32,
    /// Routes.
    pub routes: u32,
    /// Bytes of the messages' bodies.
    pub bodies_bytes: u64,
}
record!(Totals { topics: u32, routes: u32, bodies_bytes: u64 });

//! One simulated machine: a replica while it is up, its disk, its timers, and the effects that wait for the disk.

use std::collections::VecDeque;

use protocol::{Inspect, Protocol};
use replica::{Effect, Replica, Timer};
use types::{Height, NodeId, Time};

use crate::byzantine::{Liar, Role};
use crate::disk::Disk;
use crate::mining::Search;
use crate::timers::Timers;

#[derive(Debug)]
pub(crate) struct Node<P: Inspect> {
    pub(crate) me: NodeId,
    /// How far its clock is ahead.
    skew_us: u64,
    /// `None` while it is down.
    pub(crate) replica: Option<Replica<P>>,
    pub(crate) disk: Disk<P>,
    pub(crate) timers: Timers<Timer<P::Timer>>,
    /// Effects in order, with a barrier where a write must be durable before the next one.
    pub(crate) waiting: VecDeque<Held<P>>,
    /// Up to which write the disk is syncing; `None` while it rests.
    pub(crate) syncing: Option<u64>,
    /// Counts starts, so that what an earlier one left behind is recognised.
    pub(crate) life: u32,
    /// Effects carried out over all lives.
    pub(crate) effects: u64,
    /// The highest height attested to others: its block must survive everything.
    pub(crate) attested: Height,
    pub(crate) certified: Height,
    /// Its present search for a nonce.
    pub(crate) search: Option<Search>,
    /// Counts searches over all lives.
    pub(crate) searches: u64,
    /// What it does as a liar; `None` for a correct replica.
    pub(crate) lie: Option<Lie<P>>,
}

#[derive(Debug)]
pub(crate) struct Lie<P: Inspect> {
    pub(crate) role: Box<dyn Role<P>>,
    pub(crate) liar: Liar,
}

#[derive(Debug)]
pub(crate) enum Held<P: Protocol> {
    Effect(Effect<P>),
    /// Nothing behind this happens before the write with this number is durable.
    Barrier(u64),
}

impl<P: Inspect> Node<P> {
    pub(crate) const fn new(me: NodeId, skew_us: u64, lie: Option<Lie<P>>) -> Self {
        Self {
            me,
            skew_us,
            replica: None,
            disk: Disk::new(me),
            timers: Timers::new(),
            waiting: VecDeque::new(),
            syncing: None,
            life: 0,
            effects: 0,
            attested: Height::ZERO,
            certified: Height::ZERO,
            search: None,
            searches: 0,
            lie,
        }
    }

    /// What its clock shows.
    pub(crate) const fn time(&self, now_us: u64) -> Time {
        Time::from_us(now_us + self.skew_us)
    }

    pub(crate) const fn is_correct(&self) -> bool {
        self.lie.is_none()
    }

    /// The process is gone; the disk is the caller's business.
    pub(crate) fn die(&mut self) {
        self.replica = None;
        self.search = None;
        self.life += 1;
        self.waiting.clear();
        self.syncing = None;
        self.timers.clear();
        self.certified = Height::ZERO;
    }

    /// The next effect that may be carried out.
    pub(crate) fn next_released(&mut self) -> Option<Effect<P>> {
        loop {
            match self.waiting.front() {
                Some(Held::Barrier(write)) if *write > self.disk.synced() => return None,
                Some(Held::Barrier(_)) => {
                    self.waiting.pop_front();
                }
                Some(Held::Effect(_)) | None => break,
            }
        }
        match self.waiting.pop_front() {
            Some(Held::Effect(effect)) => Some(effect),
            Some(Held::Barrier(_)) | None => None,
        }
    }

    /// Holds everything that follows until a write is durable.
    pub(crate) fn hold(&mut self, write: u64) {
        match self.waiting.back_mut() {
            Some(Held::Barrier(last)) => *last = write,
            Some(Held::Effect(_)) | None => self.waiting.push_back(Held::Barrier(write)),
        }
    }

    /// Whether a sync is worth starting: an effect stands behind a barrier, and the disk rests.
    pub(crate) fn wants_sync(&self) -> bool {
        self.syncing.is_none()
            && self.waiting.len() > 1
            && matches!(self.waiting.front(), Some(Held::Barrier(_)))
    }
}

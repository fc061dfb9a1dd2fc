//! The orders a replica holds, and the records that bring them back.

use std::collections::VecDeque;

use protocol::Payload;
use types::Seq;

use crate::message::Order;

/// A line of the log on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Before the order is sent, acknowledged or decided.
    Order(Order),
    /// When older orders are dropped: the log begins above this place.
    Base(Seq),
}
codec::tagged!(Record { 1 => Order, 2 => Base });

/// One order, and whether its payload is at hand.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) payload: Payload,
    pub(crate) is_at_hand: bool,
}

/// The orders above `base`, some of which may be missing.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) base: Seq,
    slots: VecDeque<Option<Slot>>,
}

impl Log {
    fn index(&self, seq: Seq) -> Option<usize> {
        usize::try_from(seq.get().checked_sub(self.base.get())?.checked_sub(1)?).ok()
    }
    pub(crate) fn get(&self, seq: Seq) -> Option<&Slot> {
        self.slots.get(self.index(seq)?)?.as_ref()
    }
    pub(crate) fn get_mut(&mut self, seq: Seq) -> Option<&mut Slot> {
        let index = self.index(seq)?;
        self.slots.get_mut(index)?.as_mut()
    }
    /// Puts an order in its place; the caller has bounded how far above the others that is.
    pub(crate) fn insert(&mut self, seq: Seq, slot: Option<Slot>) {
        let Some(index) = self.index(seq) else { return };
        while self.slots.len() <= index {
            self.slots.push_back(None);
        }
        self.slots[index] = slot;
    }
    /// The last place that has an order.
    pub(crate) fn last(&self) -> Seq {
        let held = self.slots.iter().rposition(Option::is_some).map_or(0, |index| index + 1);
        self.base.plus(held as u64)
    }
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
    /// Forgets everything up to a place.
    pub(crate) fn drop_to(&mut self, seq: Seq) {
        let count = usize::try_from(seq.above(self.base)).unwrap_or(usize::MAX);
        self.slots.drain(..count.min(self.slots.len()));
        self.base = self.base.max(seq);
    }
    /// The records that bring this log back.
    pub(crate) fn records(&self, last: Seq) -> Vec<Record> {
        let mut records = vec![Record::Base(self.base)];
        let slots = places(self.base.next()).zip(&self.slots);
        for (seq, slot) in slots.take_while(|(seq, _)| *seq <= last) {
            let orders = slot.iter().map(|slot| Order { seq, payload: slot.payload.clone() });
            records.extend(orders.map(Record::Order));
        }
        records
    }
}

/// The places from one on; they stay at the last number rather than wrap.
pub(crate) fn places(from: Seq) -> impl Iterator<Item = Seq> {
    std::iter::successors(Some(from), |seq| Some(seq.next()))
}

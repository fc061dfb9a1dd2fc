//! What happens next: events ordered by time, and by insertion among equal times.
//!
//! A wheel of one slot per microsecond holds the near future, so that inserting and taking cost the same however
//! many events wait; a heap holds the far future. As the clock advances, events of the far future enter the wheel
//! before anything that is inserted later for the same microsecond, so insertion order is kept.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Enough for links of a few milliseconds, and few enough to stay in the processor's cache.
const SLOTS: usize = 1 << 13;
const WORDS: usize = SLOTS / 64;
const NONE: u32 = u32::MAX;

/// The future.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    now_us: u64,
    slots: Vec<Slot>,
    /// One bit per slot that holds an event, and one bit per word of those.
    bits: Vec<u64>,
    words: Vec<u64>,
    entries: Vec<Entry<E>>,
    free: u32,
    far: BinaryHeap<Reverse<(u64, u64, u32)>>,
    far_count: u64,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    head: u32,
    tail: u32,
}

#[derive(Debug)]
struct Entry<E> {
    event: E,
    next: u32,
}

impl<E: Copy> Queue<E> {
    pub(crate) fn new() -> Self {
        Self {
            now_us: 0,
            slots: vec![Slot { head: NONE, tail: NONE }; SLOTS],
            bits: vec![0; WORDS],
            words: vec![0; WORDS / 64],
            entries: Vec::new(),
            free: NONE,
            far: BinaryHeap::new(),
            far_count: 0,
            len: 0,
        }
    }

    /// Inserts an event; one in the past happens now.
    pub(crate) fn push(&mut self, at_us: u64, event: E) {
        let at_us = at_us.max(self.now_us);
        let entry = self.allocate(event);
        self.len += 1;
        if at_us - self.now_us < SLOTS as u64 {
            self.enter(at_us, entry);
        } else {
            self.far_count += 1;
            self.far.push(Reverse((at_us, self.far_count, entry)));
        }
    }

    /// When the next event happens.
    pub(crate) fn next_us(&self) -> Option<u64> {
        match self.next_slot().filter(|_| self.len > 0) {
            Some(distance) => Some(self.now_us + distance),
            None => self.far.peek().map(|Reverse((at_us, ..))| *at_us),
        }
    }

    /// Takes the next event and moves the clock to it.
    pub(crate) fn pop(&mut self) -> Option<(u64, E)> {
        if self.len == 0 {
            return None;
        }
        let at_us = self.next_us()?;
        self.advance(at_us);
        let slot = (at_us as usize) % SLOTS;
        let head = self.slots[slot].head;
        let Entry { event, next } = self.entries[head as usize];
        self.slots[slot].head = next;
        if next == NONE {
            self.slots[slot].tail = NONE;
            self.clear_bit(slot);
        }
        self.entries[head as usize].next = self.free;
        self.free = head;
        self.len -= 1;
        Some((at_us, event))
    }

    fn advance(&mut self, to_us: u64) {
        self.now_us = to_us;
        while let Some(&Reverse((at_us, _, entry))) = self.far.peek() {
            if at_us - to_us >= SLOTS as u64 {
                break;
            }
            self.far.pop();
            self.enter(at_us, entry);
        }
    }

    fn enter(&mut self, at_us: u64, entry: u32) {
        let index = (at_us as usize) % SLOTS;
        let slot = &mut self.slots[index];
        if slot.tail == NONE {
            slot.head = entry;
            self.bits[index / 64] |= 1 << (index % 64);
            self.words[index / 4096] |= 1 << (index / 64 % 64);
        } else {
            self.entries[slot.tail as usize].next = entry;
        }
        slot.tail = entry;
    }

    fn clear_bit(&mut self, slot: usize) {
        let word = &mut self.bits[slot / 64];
        *word &= !(1 << (slot % 64));
        if *word == 0 {
            self.words[slot / 4096] &= !(1 << (slot / 64 % 64));
        }
    }

    /// How far the next event of the wheel is.
    fn next_slot(&self) -> Option<u64> {
        let start = (self.now_us as usize) % SLOTS;
        let first = self.bits[start / 64] >> (start % 64);
        if first != 0 {
            return Some(u64::from(first.trailing_zeros()));
        }
        let word = self.next_word(start / 64 + 1)?;
        let slot = word * 64 + self.bits[word].trailing_zeros() as usize;
        Some(((slot + SLOTS - start) % SLOTS) as u64)
    }

    /// The next word with a bit, from `start` on and around.
    fn next_word(&self, start: usize) -> Option<usize> {
        let start = start % WORDS;
        let first = self.words[start / 64] >> (start % 64);
        if first != 0 {
            return Some(start + first.trailing_zeros() as usize);
        }
        let groups = WORDS / 64;
        let group = (1..=groups)
            .map(|step| (start / 64 + step) % groups)
            .find(|&group| self.words[group] != 0)?;
        Some(group * 64 + self.words[group].trailing_zeros() as usize)
    }

    fn allocate(&mut self, event: E) -> u32 {
        let entry = Entry { event, next: NONE };
        if self.free == NONE {
            self.entries.push(entry);
            return u32::try_from(self.entries.len() - 1).unwrap_or(NONE);
        }
        let index = self.free;
        self.free = self.entries[index as usize].next;
        self.entries[index as usize] = entry;
        index
    }
}

#[cfg(test)]
mod tests;

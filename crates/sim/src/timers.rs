//! One replica's timers. At most one event waits for each, however often it is moved to a later time.

/// A timer's place and generation: what its event carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Alarm {
    pub(crate) slot: u16,
    pub(crate) generation: u32,
}

#[derive(Debug)]
struct Slot<T> {
    name: T,
    /// When to go off; `None` where it was cancelled.
    deadline_us: Option<u64>,
    /// When its event comes, which is no later than the deadline.
    event_us: u64,
    generation: u32,
    used: bool,
}

#[derive(Debug)]
pub(crate) struct Timers<T> {
    slots: Vec<Slot<T>>,
}

/// What an event that comes finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fired<T> {
    /// A cancelled or replaced timer.
    Nothing,
    /// The timer was moved: look again then.
    Later(u64),
    /// It goes off.
    Now(T),
}

impl<T: Copy + Eq> Timers<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Sets or moves a timer; an alarm to be scheduled at that time, where none waits that comes before it.
    pub(crate) fn set(&mut self, name: T, at_us: u64) -> Option<Alarm> {
        let known = self.slots.iter().position(|slot| slot.used && slot.name == name);
        let index = match known {
            Some(index) => {
                let slot = &mut self.slots[index];
                slot.deadline_us = Some(at_us);
                if slot.event_us <= at_us {
                    return None;
                }
                index
            }
            None => self.allocate(name),
        };
        let slot = &mut self.slots[index];
        slot.deadline_us = Some(at_us);
        slot.event_us = at_us;
        slot.generation = slot.generation.wrapping_add(1);
        Some(Alarm { slot: u16::try_from(index).unwrap_or(u16::MAX), generation: slot.generation })
    }

    pub(crate) fn cancel(&mut self, name: T) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.used && slot.name == name) {
            slot.deadline_us = None;
        }
    }

    /// All timers die with the process.
    pub(crate) fn clear(&mut self) {
        for slot in &mut self.slots {
            slot.used = false;
            slot.generation = slot.generation.wrapping_add(1);
        }
    }

    pub(crate) fn fire(&mut self, alarm: Alarm, now_us: u64) -> Fired<T> {
        let slot = self.slots.get_mut(usize::from(alarm.slot));
        let Some(slot) = slot.filter(|slot| slot.used && slot.generation == alarm.generation)
        else {
            return Fired::Nothing;
        };
        match slot.deadline_us {
            Some(deadline_us) if deadline_us > now_us => {
                slot.event_us = deadline_us;
                Fired::Later(deadline_us)
            }
            Some(_) => {
                slot.used = false;
                Fired::Now(slot.name)
            }
            None => {
                slot.used = false;
                Fired::Nothing
            }
        }
    }

    fn allocate(&mut self, name: T) -> usize {
        if let Some(index) = self.slots.iter().position(|slot| !slot.used) {
            self.slots[index].name = name;
            self.slots[index].used = true;
            return index;
        }
        let slot = Slot { name, deadline_us: None, event_us: 0, generation: 0, used: true };
        self.slots.push(slot);
        self.slots.len() - 1
    }
}

#[cfg(test)]
mod tests;

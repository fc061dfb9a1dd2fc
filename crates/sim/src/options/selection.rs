//! Some of a run's faults or messages, by their numbers.

use std::fmt;

/// Numbers, ascending, as ranges.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Selection {
    /// First and last of each range, without overlaps.
    ranges: Vec<(u64, u64)>,
}

impl Selection {
    /// The selection of these numbers, which ascend.
    #[must_use]
    pub fn of(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for number in numbers {
            match ranges.last_mut() {
                Some((_, last)) if number <= *last => {}
                Some((_, last)) if number == *last + 1 => *last = number,
                Some(_) | None => ranges.push((number, number)),
            }
        }
        Self { ranges }
    }

    /// Whether it holds no number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether it holds a number.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        let at = self.ranges.partition_point(|(_, last)| *last < number);
        self.ranges.get(at).is_some_and(|(first, _)| *first <= number)
    }

    /// Reads `3,17-20`, or `none`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::default());
        }
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            let ascends = ranges.last().is_none_or(|(_, before)| *before < first);
            if first > last || !ascends {
                return None;
            }
            ranges.push((first, last));
        }
        Some(Self { ranges })
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ranges.is_empty() {
            return f.write_str("none");
        }
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

/// Counts what strikes by chance, and holds back what is not selected.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    count: u64,
    only: Option<Selection>,
}

impl Strike {
    /// Lets all strike, or only those selected.
    #[must_use]
    pub(crate) const fn new(only: Option<Selection>) -> Self {
        Self { count: 0, only }
    }
    /// Something strikes by chance; whether it does.
    pub(crate) fn strikes(&mut self) -> bool {
        self.count += 1;
        self.only.as_ref().is_none_or(|only| only.contains(self.count - 1))
    }
    /// How many there were.
    #[must_use]
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }
}

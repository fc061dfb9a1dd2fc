use crate::{Event, Trace};

/// Where two traces part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// How many events they share from the beginning.
    pub common: u64,
    /// What stands next in the first; `None` where it ends.
    pub first: Option<Event>,
    /// What stands next in the second; `None` where it ends.
    pub second: Option<Event>,
}

/// The first event in which two traces differ; `None` where they hold the same ones.
#[must_use]
pub fn diff(first: &Trace, second: &Trace) -> Option<Difference> {
    let pairs = first.events.iter().zip(&second.events);
    let common = pairs.take_while(|(a, b)| a == b).count();
    let (a, b) = (first.events.get(common), second.events.get(common));
    (a.is_some() || b.is_some()).then(|| Difference {
        common: common as u64,
        first: a.cloned(),
        second: b.cloned(),
    })
}

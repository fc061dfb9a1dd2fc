//! What the gates will ask, in order, and what must come of it: known before anything is sent.

use app::tickets::Verb;
use types::Prng;

use super::flights::Flight;

/// Of a thousand boardings, so many are presented again a while later.
const PRESENTED_TWICE_PER_MILLE: u64 = 30;
/// Of a thousand boardings, so many are presented at two validators at once.
const AT_TWO_GATES_PER_MILLE: u64 = 30;
/// A boarding is presented again after so many other boardings.
const AGAIN_AFTER: usize = 40;
/// The stream of the generator that decides it.
const PRNG_STREAM: u64 = 0x6761_7465;

/// One request of a gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    /// Which flight's ticket.
    pub(crate) flight: usize,
    /// What is asked.
    pub(crate) verb: Verb,
    /// Which validator the gate speaks to, modulo their number.
    pub(crate) gate: usize,
    /// Whether the same boarding was, or is being, presented elsewhere: one of all of them may succeed.
    pub(crate) contested: bool,
}

/// The main job, whole.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Requests that may be under way together, stage after stage: a ticket's steps lie in different stages.
    pub(crate) stages: Vec<Stage>,
    /// What must come of it.
    pub(crate) expected: Expected,
}

/// One kind of request for all flights.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) requests: Vec<Request>,
}

/// The sums that the data dictates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Expected {
    pub(crate) issued: u64,
    pub(crate) validated: u64,
    pub(crate) consumed: u64,
    pub(crate) duplicates_refused: u64,
}

impl Plan {
    /// Plans the life of all flights' tickets.
    pub(crate) fn new(flights: &[Flight], seed: u64) -> Self {
        let all = |verb| {
            let request = move |flight| Request { flight, verb, gate: flight, contested: false };
            (0..flights.len()).map(request).collect::<Vec<_>>()
        };
        let (boarding, duplicates) = boardings(flights, &mut Prng::new(seed, PRNG_STREAM));
        let departed = flights.iter().filter(|flight| flight.departed_min.is_some()).count() as u64;
        let count = flights.len() as u64;
        Self {
            stages: vec![
                Stage { name: "issue", requests: all(Verb::Issue) },
                Stage { name: "validate", requests: all(Verb::Validate) },
                Stage { name: "board", requests: boarding },
            ],
            expected: Expected {
                issued: count,
                validated: count,
                consumed: departed,
                duplicates_refused: duplicates,
            },
        }
    }

    /// How many requests there are.
    pub(crate) fn len(&self) -> usize {
        self.stages.iter().map(|stage| stage.requests.len()).sum()
    }
}

/// Departures in the order of time; some presented at two gates at once, some again later. Returns them and the
/// number of those that must be refused.
fn boardings(flights: &[Flight], prng: &mut Prng) -> (Vec<Request>, u64) {
    let mut order: Vec<(i64, usize)> = Vec::with_capacity(flights.len());
    order.extend(
        flights.iter().enumerate().filter_map(|(at, flight)| Some((flight.departed_min?, at))),
    );
    order.sort_unstable();
    let mut requests = Vec::with_capacity(order.len() + order.len() / 8);
    let mut again: std::collections::VecDeque<(usize, Request)> = std::collections::VecDeque::new();
    let mut duplicates = 0;
    for (position, &(_, flight)) in order.iter().enumerate() {
        while let Some((_, request)) = again.pop_front_if(|(due, _)| *due <= position) {
            requests.push(request);
        }
        let draw = prng.below(1_000);
        let twice = draw < PRESENTED_TWICE_PER_MILLE;
        let at_once = !twice && draw < PRESENTED_TWICE_PER_MILLE + AT_TWO_GATES_PER_MILLE;
        let request =
            Request { flight, verb: Verb::Consume, gate: flight, contested: twice || at_once };
        requests.push(request);
        if at_once {
            requests.push(Request { gate: flight + 1, ..request });
        }
        if twice {
            again.push_back((position + AGAIN_AFTER, Request { gate: flight + 2, ..request }));
        }
        duplicates += u64::from(twice || at_once);
    }
    requests.extend(again.into_iter().map(|(_, request)| request));
    (requests, duplicates)
}

#[cfg(test)]
mod tests;

//! Who plays which part: protocols differ in what they stand, and in what can be proven under them.

/// Which validator leads at first where a leader stays, and is killed.
const PRIMARY: usize = 0;
/// Who is killed where nothing goes on without the first.
const FOLLOWER: usize = 1;
/// Which of them lies: neither the first primary nor the one after it.
const LIAR: usize = 3;

/// Who is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Victim {
    /// This validator.
    Node(usize),
    /// Whoever leads at that moment.
    Leader,
}

/// The parts of a demonstration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cast {
    /// Who signs contradictory statements throughout; `None` where the protocol does not stand that, or signs nothing.
    pub(crate) liar: Option<usize>,
    /// Who is killed half way.
    pub(crate) victim: Victim,
    /// Whether a view must end before its time for it: where leaders come by turn, by lot or by work, it may be over
    /// before the next turn of whoever is missing.
    pub(crate) must_end_view: bool,
}

impl Cast {
    /// The parts under a protocol.
    pub(crate) fn of(protocol: &str) -> Self {
        let stands_lies = protocols::fault_model(protocol) == types::FaultModel::Byzantine;
        Self {
            // A proof of work signs nothing: there is nothing to contradict.
            liar: (stands_lies && protocol != "pow").then_some(LIAR),
            victim: match protocol {
                "raft" => Victim::Leader,
                "central" => Victim::Node(FOLLOWER),
                _ => Victim::Node(PRIMARY),
            },
            must_end_view: matches!(protocol, "pbft" | "raft"),
        }
    }
    /// Why nobody lies.
    pub(crate) fn why_nobody_lies(protocol: &str) -> String {
        match protocols::properties(protocol) {
            Some(known) if protocol != "pow" => format!("{protocol} stands {}", known.faults),
            Some(_) | None => format!("{protocol} signs nothing"),
        }
    }
}

#[cfg(test)]
mod tests;

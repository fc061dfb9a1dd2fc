//! One slot: who said what about it, and how far this replica has come.

use crypto::{Signed, Verified};
use protocol::Payload;
use types::{Digest, NodeId, Seq};

use crate::message::{Message, Value};
use crate::nodes::Nodes;
use crate::pledge::{Ballot, Balloting, Nomination, Pledge};
use crate::sets::ALONE;

/// The paper's phi.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Phase {
    Prepare,
    Confirm,
    Externalize,
}

/// What the application says of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Unasked,
    Asked,
    Valid,
    Invalid,
}

/// A value at hand.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) value: Value,
    pub(crate) verdict: Verdict,
    /// Whether it is in the log.
    pub(crate) is_kept: bool,
}

/// One slot.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) seq: Seq,
    /// Whether anybody said anything about it.
    pub(crate) is_touched: bool,
    pub(crate) values: Vec<Held>,
    /// Values that are needed and not at hand, each with somebody who named it.
    pub(crate) wanted: Vec<(Digest, NodeId)>,

    /// Everybody's newest NOMINATE, and the quorum set it names.
    pub(crate) nominations: Vec<Option<Verified<Message>>>,
    pub(crate) nomination_sets: Vec<u16>,
    pub(crate) votes: Vec<Digest>,
    pub(crate) accepted: Vec<Digest>,
    pub(crate) candidates: Vec<Digest>,
    pub(crate) said_nomination: Option<Signed<Nomination>>,
    /// The present round of nomination; zero before the first.
    pub(crate) round: u64,
    pub(crate) attempts: u64,
    /// Whether the timer of the round runs.
    pub(crate) is_timing: bool,
    pub(crate) leaders: Nodes,
    pub(crate) last_leader: Option<NodeId>,
    /// The leaders one of whose values has been voted for in this round.
    pub(crate) followed: Nodes,
    pub(crate) is_building: bool,

    /// Everybody's newest pledge, and the quorum set it names.
    pub(crate) pledges: Vec<Option<Signed<Balloting>>>,
    pub(crate) pledge_sets: Vec<u16>,
    pub(crate) phase: Phase,
    /// b.
    pub(crate) ballot: Option<Ballot>,
    /// p.
    pub(crate) prepared: Option<Ballot>,
    /// p'.
    pub(crate) prepared_prime: Option<Ballot>,
    /// c.
    pub(crate) commit: Option<Ballot>,
    /// h.
    pub(crate) high: Option<Ballot>,
    pub(crate) said: Option<Signed<Balloting>>,
    /// The ballot to which a quorum has come.
    pub(crate) heard: u64,
    /// Whether the ballot timer has run out, and the next ballot waits for its value.
    pub(crate) is_due: bool,
    pub(crate) timeouts: u64,
}

impl Slot {
    pub(crate) fn new(seq: Seq, n: usize) -> Self {
        Self {
            seq,
            is_touched: false,
            values: Vec::new(),
            wanted: Vec::new(),
            nominations: vec![None; n],
            nomination_sets: vec![ALONE; n],
            votes: Vec::new(),
            accepted: Vec::new(),
            candidates: Vec::new(),
            said_nomination: None,
            round: 0,
            attempts: 0,
            is_timing: false,
            leaders: Nodes::NONE,
            last_leader: None,
            followed: Nodes::NONE,
            is_building: false,
            pledges: vec![None; n],
            pledge_sets: vec![ALONE; n],
            phase: Phase::Prepare,
            ballot: None,
            prepared: None,
            prepared_prime: None,
            commit: None,
            high: None,
            said: None,
            heard: 0,
            is_due: false,
            timeouts: 0,
        }
    }

    /// What one replica nominates.
    pub(crate) fn nomination(&self, node: NodeId) -> Option<&Signed<Nomination>> {
        nomination_of(self.nominations.get(node.index())?.as_ref()?)
    }
    /// Everybody whose nomination has a property.
    pub(crate) fn nominating(&self, has: impl Fn(&Nomination) -> bool) -> Nodes {
        let mut nodes = Nodes::NONE;
        for (message, node) in self.nominations.iter().zip(NodeId::all(self.nominations.len())) {
            let said = message.as_ref().and_then(nomination_of);
            if said.is_some_and(|said| has(&said.statement)) {
                nodes.insert(node);
            }
        }
        nodes
    }
    /// What one replica pledges.
    pub(crate) fn pledge(&self, node: NodeId) -> Option<&Pledge> {
        Some(&self.pledges.get(node.index())?.as_ref()?.statement.pledge)
    }
    /// Everybody whose pledge has a property.
    pub(crate) fn pledging(&self, has: impl Fn(&Pledge) -> bool) -> Nodes {
        let mut nodes = Nodes::NONE;
        for (said, node) in self.pledges.iter().zip(NodeId::all(self.pledges.len())) {
            if said.as_ref().is_some_and(|said| has(&said.statement.pledge)) {
                nodes.insert(node);
            }
        }
        nodes
    }

    pub(crate) fn held(&self, digest: &Digest) -> Option<&Held> {
        self.values.iter().find(|held| held.value.digest() == *digest)
    }
    pub(crate) fn held_mut(&mut self, digest: &Digest) -> Option<&mut Held> {
        self.values.iter_mut().find(|held| held.value.digest() == *digest)
    }
    /// Whether the application calls a value valid.
    pub(crate) fn is_valid(&self, digest: &Digest) -> bool {
        self.held(digest).is_some_and(|held| held.verdict == Verdict::Valid)
    }
    pub(crate) fn is_invalid(&self, digest: &Digest) -> bool {
        self.held(digest).is_some_and(|held| held.verdict == Verdict::Invalid)
    }
    /// Whether the application is being asked about a payload.
    pub(crate) fn is_asking(&self, payload: &Payload) -> bool {
        let mut values = self.values.iter();
        values.any(|held| {
            held.verdict == Verdict::Asked && held.value.payload().digest() == payload.digest()
        })
    }
    /// The decided value's digest.
    pub(crate) fn outcome(&self) -> Option<Digest> {
        self.commit.filter(|_| self.phase == Phase::Externalize).map(|commit| commit.value)
    }
    /// The counter of the present ballot, zero before the first.
    pub(crate) fn counter(&self) -> u64 {
        self.ballot.map_or(0, |ballot| ballot.counter)
    }
}

pub(crate) fn nomination_of(message: &Verified<Message>) -> Option<&Signed<Nomination>> {
    match &**message {
        Message::Nominate(nominate) => Some(&nominate.said),
        Message::Ballot(_)
        | Message::Want(_)
        | Message::Values(_)
        | Message::WantQuorumSet(_)
        | Message::QuorumSet(_)
        | Message::Status(_) => None,
    }
}

/// Puts a digest into an ascending list; false where it was there.
pub(crate) fn put(list: &mut Vec<Digest>, digest: Digest) -> bool {
    match list.binary_search(&digest) {
        Ok(_) => false,
        Err(at) => {
            list.insert(at, digest);
            true
        }
    }
}
/// Whether an ascending list has a digest.
pub(crate) fn has(list: &[Digest], digest: &Digest) -> bool {
    list.binary_search(digest).is_ok()
}

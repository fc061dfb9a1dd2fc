//! What replicas put their names to: nominations, and pledges about ballots.

use crypto::Statement;
use types::{Digest, Seq};

use codec::{Decode, DecodeError, Encode, Reader};

/// Most values in each list of a nomination.
pub(crate) const NOMINATED_MAX: usize = 64;

/// A value and the attempt to agree on it; ordered by counter, then value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ballot {
    /// The attempt, from 1.
    pub counter: u64,
    /// The value.
    pub value: Digest,
}
codec::record!(Ballot { counter: u64, value: Digest });

impl Ballot {
    /// A ballot.
    #[must_use]
    pub const fn new(counter: u64, value: Digest) -> Self {
        Self { counter, value }
    }
    /// Whether it is not above the other, and for the same value.
    pub(crate) fn is_below_same(&self, other: &Self) -> bool {
        self.counter <= other.counter && self.value == other.value
    }
    /// Whether it is below the other, and for another value: preparing that one aborts this one.
    pub(crate) fn is_below_other(&self, other: &Self) -> bool {
        self <= other && self.value != other.value
    }
}

/// NOMINATE: the values that its maker votes for, and those that it accepts as nominated; both ascending, and both
/// only ever grow.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Nomination {
    /// The slot.
    pub seq: Seq,
    /// The digest of the maker's quorum set.
    pub quorum_set: Digest,
    /// Voted for.
    pub votes: Vec<Digest>,
    /// Accepted.
    pub accepted: Vec<Digest>,
}
impl Statement for Nomination {
    const KIND: u8 = 1;
}
impl Encode for Nomination {
    fn encode(&self, out: &mut Vec<u8>) {
        self.seq.encode(out);
        self.quorum_set.encode(out);
        self.votes.encode(out);
        self.accepted.encode(out);
    }
}
impl Decode for Nomination {
    const BYTES_MIN: usize = 8 + 32 + 4 + 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            seq: Seq::decode(reader)?,
            quorum_set: Digest::decode(reader)?,
            votes: ascending(reader)?,
            accepted: ascending(reader)?,
        })
    }
}

fn ascending(reader: &mut Reader<'_>) -> Result<Vec<Digest>, DecodeError> {
    let list: Vec<Digest> = reader.list("nominated values", NOMINATED_MAX)?;
    if list.is_sorted_by(|a, b| a < b) {
        return Ok(list);
    }
    Err(DecodeError::NotCanonical { what: "nominated values ascend without repeats" })
}

/// PREPARE: votes to prepare `ballot`; accepts that `prepared` and `prepared_prime` are prepared; where `commit` is
/// not zero, votes to commit the ballots from `commit` to `high` for the ballot's value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Prepare {
    /// The paper's b.
    pub ballot: Ballot,
    /// The paper's p: the highest ballot accepted as prepared.
    pub prepared: Option<Ballot>,
    /// The paper's p': the highest one for another value than p's.
    pub prepared_prime: Option<Ballot>,
    /// The counter of the paper's c, or zero.
    pub commit: u64,
    /// The counter of the paper's h where its value is the ballot's, or zero.
    pub high: u64,
}
codec::record!(Prepare {
    ballot: Ballot, prepared: Option<Ballot>, prepared_prime: Option<Ballot>, commit: u64, high: u64
});

/// CONFIRM: accepts that the ballots from `commit` to `high` are committed, for the ballot's value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Confirm {
    /// The paper's b.
    pub ballot: Ballot,
    /// The counter of the highest ballot accepted as prepared.
    pub prepared: u64,
    /// The counter of the lowest ballot accepted as committed.
    pub commit: u64,
    /// The counter of the highest one.
    pub high: u64,
}
codec::record!(Confirm { ballot: Ballot, prepared: u64, commit: u64, high: u64 });

/// EXTERNALIZE: the value is decided.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Externalize {
    /// The lowest ballot confirmed as committed.
    pub commit: Ballot,
    /// The counter of the highest one.
    pub high: u64,
}
codec::record!(Externalize { commit: Ballot, high: u64 });

/// What is pledged about ballots. Later variants follow earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pledge {
    /// See [`Prepare`].
    Prepare(Prepare),
    /// See [`Confirm`].
    Confirm(Confirm),
    /// See [`Externalize`].
    Externalize(Externalize),
}
codec::tagged!(Pledge { 1 => Prepare, 2 => Confirm, 3 => Externalize });

/// A statement of the ballot protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Balloting {
    /// The slot.
    pub seq: Seq,
    /// The digest of the maker's quorum set.
    pub quorum_set: Digest,
    /// What it pledges.
    pub pledge: Pledge,
}
codec::record!(Balloting { seq: Seq, quorum_set: Digest, pledge: Pledge });
impl Statement for Balloting {
    const KIND: u8 = 2;
}

impl Pledge {
    /// The value that it is about.
    #[must_use]
    pub const fn value(&self) -> Digest {
        match self {
            Self::Prepare(said) => said.ballot.value,
            Self::Confirm(said) => said.ballot.value,
            Self::Externalize(said) => said.commit.value,
        }
    }
    /// The counter of its ballot.
    pub(crate) const fn counter(&self) -> u64 {
        match self {
            Self::Prepare(said) => said.ballot.counter,
            Self::Confirm(said) => said.ballot.counter,
            Self::Externalize(said) => said.high,
        }
    }
    /// Whether its maker has come to ballot `counter`, or needs no ballot any more.
    pub(crate) const fn is_at(&self, counter: u64) -> bool {
        match self {
            Self::Prepare(said) => said.ballot.counter >= counter,
            Self::Confirm(_) | Self::Externalize(_) => true,
        }
    }
    /// Whether it votes to prepare a ballot.
    pub(crate) fn votes_prepared(&self, ballot: &Ballot) -> bool {
        match self {
            Self::Prepare(said) => ballot.is_below_same(&said.ballot),
            Self::Confirm(_) | Self::Externalize(_) => ballot.value == self.value(),
        }
    }
    /// Whether it accepts that a ballot is prepared.
    pub(crate) fn accepts_prepared(&self, ballot: &Ballot) -> bool {
        match self {
            Self::Prepare(said) => {
                let covers =
                    |top: Option<Ballot>| top.is_some_and(|top| ballot.is_below_same(&top));
                covers(said.prepared) || covers(said.prepared_prime)
            }
            Self::Confirm(said) => {
                ballot.value == said.ballot.value && ballot.counter <= said.prepared
            }
            Self::Externalize(said) => ballot.value == said.commit.value,
        }
    }
    /// Whether it votes to commit the ballots from `low` to `high` for a value.
    pub(crate) fn votes_commit(&self, value: &Digest, low: u64, high: u64) -> bool {
        *value == self.value()
            && match self {
                Self::Prepare(said) => said.commit != 0 && said.commit <= low && high <= said.high,
                Self::Confirm(said) => said.commit <= low,
                Self::Externalize(said) => said.commit.counter <= low,
            }
    }
    /// Whether it accepts that the ballots from `low` to `high` are committed.
    pub(crate) fn accepts_commit(&self, value: &Digest, low: u64, high: u64) -> bool {
        *value == self.value()
            && match self {
                Self::Prepare(_) => false,
                Self::Confirm(said) => said.commit <= low && high <= said.high,
                Self::Externalize(said) => said.commit.counter <= low,
            }
    }
    /// The counters between which commits may change, where there are any.
    pub(crate) const fn commit_bounds(&self) -> Option<(u64, u64)> {
        match self {
            Self::Prepare(said) if said.commit == 0 => None,
            Self::Prepare(said) => Some((said.commit, said.high)),
            Self::Confirm(said) => Some((said.commit, said.high)),
            Self::Externalize(said) => Some((said.commit.counter, said.high)),
        }
    }
    /// The ballots that it names as voted for or accepted.
    pub(crate) fn ballots(&self) -> [Option<Ballot>; 3] {
        match self {
            Self::Prepare(said) => [Some(said.ballot), said.prepared, said.prepared_prime],
            Self::Confirm(said) => {
                let at = |counter| Some(Ballot::new(counter, said.ballot.value));
                [Some(said.ballot), at(said.prepared), at(said.high)]
            }
            Self::Externalize(said) => {
                [Some(said.commit), Some(Ballot::new(said.high, said.commit.value)), None]
            }
        }
    }
    /// Whether its parts fit together, as an honest replica's always do.
    pub(crate) fn is_sane(&self) -> bool {
        match self {
            Self::Prepare(said) => {
                let is_ordered = match (said.prepared, said.prepared_prime) {
                    (Some(prepared), Some(prime)) => prime.is_below_other(&prepared),
                    (None, Some(_)) => false,
                    (_, None) => true,
                };
                let highest = said.prepared.map_or(0, |prepared| prepared.counter);
                is_ordered
                    && said.ballot.counter > 0
                    && said.high <= highest
                    && said.high <= said.ballot.counter
                    && said.commit <= said.high
            }
            Self::Confirm(said) => {
                said.commit > 0 && said.commit <= said.high && said.high <= said.ballot.counter
            }
            Self::Externalize(said) => said.commit.counter > 0 && said.commit.counter <= said.high,
        }
    }
    /// Where it stands among its maker's pledges (F-8): a later one is greater.
    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Externalize(_), Self::Externalize(_)) => false,
            (Self::Prepare(a), Self::Prepare(b)) => {
                (a.ballot, a.prepared, a.prepared_prime, a.high)
                    > (b.ballot, b.prepared, b.prepared_prime, b.high)
            }
            (Self::Confirm(a), Self::Confirm(b)) => {
                (a.ballot, a.prepared, a.high) > (b.ballot, b.prepared, b.high)
            }
            (Self::Prepare(_) | Self::Confirm(_) | Self::Externalize(_), _) => self > other,
        }
    }
}

//! Counts one vote for each replica, by voting power.

use crypto::{Signature, Signatures};
use types::{Digest, NodeId};

use crate::Round;
use crate::validators::Validators;

/// What a vote names: a value with the valid round of its proposal, or nil.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Value {
    pub(crate) digest: Digest,
    pub(crate) valid_round: Option<Round>,
}

impl Value {
    /// The vote against everything.
    pub(crate) const NIL: Self = Self { digest: Digest::ZERO, valid_round: None };
    /// What a PRECOMMIT names.
    pub(crate) const fn of(digest: Digest) -> Self {
        Self { digest, valid_round: None }
    }
    pub(crate) fn is_nil(&self) -> bool {
        self.digest.is_zero()
    }
}

/// Votes of one kind in one round: at most one for each replica counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    voters: Voters,
    power: u128,
    /// One for each value named; honest votes name few.
    groups: Vec<Group>,
}

#[derive(Debug, Default)]
struct Group {
    value: Value,
    power: u128,
    votes: Vec<(NodeId, Signature)>,
}

/// What became of a vote.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Cast {
    /// It is the sender's first; the power behind its value now.
    Counted(u128),
    /// The sender has said so before.
    Repeated,
    /// The sender has said otherwise before.
    Conflicting(Value, Signature),
}

impl Tally {
    /// Takes a member's vote.
    pub(crate) fn cast(
        &mut self,
        set: &Validators,
        signer: NodeId,
        value: Value,
        signature: Signature,
    ) -> Cast {
        if !self.voters.insert(signer) {
            return match self.of(signer) {
                Some((earlier, signature)) if earlier != value => {
                    Cast::Conflicting(earlier, signature)
                }
                Some(_) | None => Cast::Repeated,
            };
        }
        let power = set.power(signer);
        self.power += power;
        let group = self.group(value);
        group.power += power;
        group.votes.push((signer, signature));
        Cast::Counted(group.power)
    }

    /// Counts a vote that has been counted before; the power behind its value now.
    #[cfg(any(test, feature = "mutants"))]
    pub(crate) fn cast_again(&mut self, set: &Validators, signer: NodeId, value: Value) -> u128 {
        self.power += set.power(signer);
        let group = self.group(value);
        group.power += set.power(signer);
        group.power
    }
    #[cfg(not(any(test, feature = "mutants")))]
    pub(crate) fn cast_again(&mut self, _: &Validators, _: NodeId, value: Value) -> u128 {
        self.power_of(value)
    }

    fn group(&mut self, value: Value) -> &mut Group {
        let is_it = |group: &Group| group.value == value || group.votes.is_empty();
        let at = self.groups.iter().position(is_it).unwrap_or_else(|| {
            self.groups.push(Group::default());
            self.groups.len() - 1
        });
        let group = &mut self.groups[at];
        group.value = value;
        group
    }

    /// What a replica has voted for.
    pub(crate) fn of(&self, signer: NodeId) -> Option<(Value, Signature)> {
        self.groups.iter().find_map(|group| {
            let (_, signature) = group.votes.iter().find(|vote| vote.0 == signer)?;
            Some((group.value, *signature))
        })
    }
    /// The power of all that voted, whatever for.
    pub(crate) const fn power(&self) -> u128 {
        self.power
    }
    /// The value with most power behind it.
    pub(crate) fn leading(&self) -> Option<Value> {
        self.groups.iter().max_by_key(|group| group.power).map(|group| group.value)
    }
    /// The power behind a value.
    pub(crate) fn power_of(&self, value: Value) -> u128 {
        let group = self.groups.iter().find(|group| group.value == value);
        group.map_or(0, |group| group.power)
    }
    /// The signatures of the votes for a value.
    pub(crate) fn signatures(&self, value: Value) -> Signatures {
        let group = self.groups.iter().find(|group| group.value == value);
        group.map(|group| group.votes.iter().copied().collect()).unwrap_or_default()
    }
    /// Who voted, ascending.
    pub(crate) fn voters(&self) -> Vec<NodeId> {
        let votes = self.groups.iter().flat_map(|group| &group.votes);
        let mut voters: Vec<NodeId> = votes.map(|vote| vote.0).collect();
        voters.sort_unstable();
        voters
    }
    /// Who voted for another value than this, nil aside.
    pub(crate) fn others_than(&self, digest: Digest) -> Vec<NodeId> {
        let others = self.groups.iter().filter(|g| !g.value.is_nil() && g.value.digest != digest);
        others.flat_map(|group| &group.votes).map(|vote| vote.0).collect()
    }

    /// Empties it, keeping its room.
    pub(crate) fn clear(&mut self) {
        self.voters.clear();
        self.power = 0;
        self.groups.truncate(1);
        for group in &mut self.groups {
            group.power = 0;
            group.votes.clear();
        }
    }
}

/// A set of replicas as bits; small sets need no allocation.
#[derive(Debug, Default)]
struct Voters {
    first: u64,
    rest: Vec<u64>,
}

impl Voters {
    /// Adds a replica; false where it is in already.
    fn insert(&mut self, node: NodeId) -> bool {
        let (word, bit) = (node.index() / 64, 1_u64 << (node.index() % 64));
        let word = match word.checked_sub(1) {
            None => &mut self.first,
            Some(index) => {
                if self.rest.len() <= index {
                    self.rest.resize(index + 1, 0);
                }
                &mut self.rest[index]
            }
        };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
    fn clear(&mut self) {
        self.first = 0;
        self.rest.fill(0);
    }
}

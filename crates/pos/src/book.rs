//! The attestations that have come: who links what, who sees which head, and who contradicts himself.

use std::collections::{BTreeMap, VecDeque};

use crypto::Signed;
use types::{Digest, NodeId};

use crate::Config;
use crate::message::{Attestation, Checkpoint, Link, Vote};
use crate::stakes::Stakes;

/// Most attestations kept for one validator: older ones no longer convict it here.
pub(crate) const ATTESTATIONS_MAX: usize = 64;
/// Most target epochs whose links are counted at once.
pub(crate) const EPOCHS_MAX: usize = 8;

/// What became of an attestation.
#[derive(Debug)]
pub(crate) enum Added {
    /// It counts, and completes a link where there is one.
    New(Option<Link>),
    /// It had come before, or is too old to be counted.
    Known,
    /// It contradicts an earlier one.
    Offence(&'static str, Box<Signed<Attestation>>),
}

/// The votes for one link.
#[derive(Debug)]
struct Tally {
    source: Checkpoint,
    target: Checkpoint,
    /// By the weights of the source's epoch, and of the target's.
    weights: (u128, u128),
    is_complete: bool,
}

#[derive(Debug)]
pub(crate) struct Book {
    /// By validator, by ascending target epoch.
    kept: Vec<VecDeque<Signed<Attestation>>>,
    tallies: BTreeMap<u64, Vec<Tally>>,
}

impl Book {
    pub(crate) fn new(n: usize) -> Self {
        Self { kept: (0..n).map(|_| VecDeque::new()).collect(), tallies: BTreeMap::new() }
    }

    /// Takes an attestation in (L11, L12).
    pub(crate) fn add(
        &mut self,
        vote: &Signed<Attestation>,
        stakes: &Stakes,
        config: &Config,
    ) -> Added {
        let said = &vote.statement;
        let Some(kept) = self.kept.get_mut(vote.signer.index()) else { return Added::Known };
        for earlier in kept.iter() {
            let is_same_epoch = earlier.statement.target.epoch == said.target.epoch;
            if is_same_epoch && earlier.statement == *said {
                if broken!(config, RepeatedVotesCount) {
                    return Added::New(self.count(vote, stakes));
                }
                return Added::Known;
            }
            if let Some(kind) = contradiction(&earlier.statement, said, config) {
                return Added::Offence(kind, Box::new(earlier.clone()));
            }
        }
        let target = |kept: &Signed<Attestation>| kept.statement.target.epoch;
        let at = kept.partition_point(|earlier| target(earlier) < said.target.epoch);
        if kept.len() >= ATTESTATIONS_MAX {
            if at == 0 {
                return Added::Known;
            }
            kept.pop_front();
            kept.insert(at - 1, vote.clone());
        } else {
            kept.insert(at, vote.clone());
        }
        Added::New(self.count(vote, stakes))
    }

    fn count(&mut self, vote: &Signed<Attestation>, stakes: &Stakes) -> Option<Link> {
        let Attestation { source, target, .. } = vote.statement;
        if self.tallies.len() >= EPOCHS_MAX && !self.tallies.contains_key(&target.epoch) {
            let (&oldest, _) = self.tallies.first_key_value()?;
            if target.epoch < oldest {
                return None;
            }
            self.tallies.remove(&oldest);
        }
        let tallies = self.tallies.entry(target.epoch).or_default();
        let known =
            tallies.iter().position(|tally| tally.source == source && tally.target == target);
        let at = known.unwrap_or(tallies.len());
        if known.is_none() {
            tallies.push(Tally { source, target, weights: (0, 0), is_complete: false });
        }
        let tally = tallies.get_mut(at)?;
        tally.weights.0 += stakes.weight(source.epoch, vote.signer);
        tally.weights.1 += stakes.weight(target.epoch, vote.signer);
        let is_enough = stakes.is_supermajority(source.epoch, tally.weights.0)
            && stakes.is_supermajority(target.epoch, tally.weights.1);
        if tally.is_complete || !is_enough {
            return None;
        }
        tally.is_complete = true;
        Some(self.link(source, target))
    }

    fn link(&self, source: Checkpoint, target: Checkpoint) -> Link {
        let matching = |kept: &VecDeque<Signed<Attestation>>| {
            let vote = kept
                .iter()
                .rev()
                .find(|vote| vote.statement.source == source && vote.statement.target == target)?;
            let (signer, signature) = (vote.signer, vote.signature);
            Some(Vote { signer, head: vote.statement.head, signature })
        };
        Link { source, target, votes: self.kept.iter().filter_map(matching).collect() }
    }

    /// Each validator's newest attestation.
    pub(crate) fn latest(&self) -> impl Iterator<Item = &Signed<Attestation>> {
        self.kept.iter().filter_map(VecDeque::back)
    }
    /// All attestations with a target in one of two epochs, and the newest of `of`.
    pub(crate) fn recent(&self, epoch: u64, of: NodeId) -> Vec<Signed<Attestation>> {
        let is_recent = |vote: &&Signed<Attestation>| vote.statement.target.epoch + 1 >= epoch;
        let newest = self.kept.get(of.index()).and_then(VecDeque::back);
        let old = newest.filter(|vote| !is_recent(vote));
        let tails = self.kept.iter().flat_map(|kept| kept.iter().rev().take(2));
        tails.filter(is_recent).chain(old).cloned().collect()
    }
    /// Who has attested in an epoch.
    pub(crate) fn voters(&self, epoch: u64) -> Vec<NodeId> {
        let has_voted = |kept: &VecDeque<Signed<Attestation>>| {
            kept.iter().rev().any(|vote| vote.statement.target.epoch == epoch)
        };
        let voters = NodeId::all(self.kept.len()).zip(&self.kept);
        voters.filter(|(_, kept)| has_voted(kept)).map(|(id, _)| id).collect()
    }
    /// How many attestations are kept.
    pub(crate) fn len(&self) -> usize {
        self.kept.iter().map(VecDeque::len).sum()
    }
}

/// Whether an honest validator makes at most one of two different attestations, and what that is called.
pub(crate) fn contradiction(
    first: &Attestation,
    second: &Attestation,
    config: &Config,
) -> Option<&'static str> {
    let kind = offence_kind(first, second)?;
    let unseen = [
        (DOUBLE_VOTE, broken!(config, DoubleVoteUnseen)),
        (SURROUND_VOTE, broken!(config, SurroundUnseen)),
    ];
    (!unseen.contains(&(kind, true))).then_some(kind)
}

pub(crate) const DOUBLE_VOTE: &str = "double-vote";
pub(crate) const SURROUND_VOTE: &str = "surround-vote";
pub(crate) const DOUBLE_PROPOSAL: &str = "double-proposal";

/// The commandments of Casper: no two votes with one target, none within the span of another.
pub(crate) fn offence_kind(first: &Attestation, second: &Attestation) -> Option<&'static str> {
    let around = |outer: &Attestation, inner: &Attestation| {
        outer.source.epoch < inner.source.epoch && inner.target.epoch < outer.target.epoch
    };
    if first.target.epoch == second.target.epoch {
        (first != second).then_some(DOUBLE_VOTE)
    } else if around(first, second) || around(second, first) {
        Some(SURROUND_VOTE)
    } else {
        None
    }
}

/// The head that each validator's newest attestation names, with its weight.
pub(crate) fn weigh(
    book: &Book,
    stakes: &Stakes,
    epoch: u64,
    is_counted: impl Fn(NodeId) -> bool,
) -> Vec<(Digest, u128)> {
    book.latest()
        .filter(|vote| is_counted(vote.signer))
        .map(|vote| (vote.statement.head, stakes.weight(epoch, vote.signer)))
        .collect()
}

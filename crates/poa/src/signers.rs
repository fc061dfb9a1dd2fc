//! Who may seal, and the votes that change it (EIP-225).

use codec::{Decode, DecodeError, Encode, Reader};
use types::NodeId;
use types::limits::NODES_MAX;

use crate::Config;
use crate::message::Vote;

/// A vote that counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cast {
    /// Whose.
    pub voter: NodeId,
    /// For what.
    pub vote: Vote,
}
codec::record!(Cast { voter: NodeId, vote: Vote });

/// The signers after a block, and the votes that are open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signers {
    /// Ascending.
    members: Vec<NodeId>,
    votes: Vec<Cast>,
}

impl Signers {
    pub(crate) fn new(members: &[NodeId]) -> Self {
        let mut members = members.to_vec();
        members.sort_unstable();
        members.dedup();
        Self { members, votes: Vec::new() }
    }
    /// The signers, ascending.
    #[must_use]
    pub fn members(&self) -> &[NodeId] {
        &self.members
    }
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }
    /// The place of a signer in line.
    pub(crate) fn position(&self, node: NodeId) -> Option<usize> {
        // Where everybody may seal, the place is the name.
        if self.members.get(node.index()) == Some(&node) {
            return Some(node.index());
        }
        self.members.binary_search(&node).ok()
    }
    /// A signer seals at most one of this many consecutive blocks (L13).
    pub(crate) fn limit(&self) -> usize {
        self.members.len() / 2 + 1
    }
    /// Whether a vote would change anything, and its voter has not cast it yet.
    pub(crate) fn is_open(&self, voter: NodeId, vote: Vote) -> bool {
        self.position(vote.target).is_some() != vote.admit
            && !self.votes.contains(&Cast { voter, vote })
    }
    /// Whether a block leaves everything as it is.
    pub(crate) fn is_kept_by(&self, height: u64, vote: Option<Vote>, epoch: u64) -> bool {
        vote.is_none() && (self.votes.is_empty() || !is_checkpoint(height, epoch))
    }

    /// The signers after a block of `voter` at a height (L15, L16).
    pub(crate) fn after(
        &self,
        height: u64,
        voter: NodeId,
        vote: Option<Vote>,
        config: &Config,
    ) -> Self {
        let mut next = self.clone();
        if is_checkpoint(height, config.epoch) && !broken!(config, EpochKeepsVotes) {
            next.votes.clear();
        }
        let Some(vote) = vote else { return next };
        if !broken!(config, VotesRepeated) {
            next.votes.retain(|cast| cast.voter != voter || cast.vote.target != vote.target);
        }
        if next.position(vote.target).is_some() != vote.admit {
            next.votes.push(Cast { voter, vote });
        }
        next.execute(vote.target);
        if broken!(config, VotesCascade) {
            let targets: Vec<NodeId> = next.votes.iter().map(|cast| cast.vote.target).collect();
            targets.into_iter().for_each(|target| next.execute(target));
        }
        next
    }

    /// Changes the standing of a target that more than half of the signers vote on.
    fn execute(&mut self, target: NodeId) {
        let votes = self.votes.iter().filter(|cast| cast.vote.target == target).count();
        if votes <= self.members.len() / 2 || votes == 0 {
            return;
        }
        match self.members.binary_search(&target) {
            Ok(at) => {
                self.members.remove(at);
                self.votes.retain(|cast| cast.voter != target);
            }
            Err(at) => self.members.insert(at, target),
        }
        self.votes.retain(|cast| cast.vote.target != target);
    }
}

/// Whether a block of this height writes down the signers.
pub(crate) const fn is_checkpoint(height: u64, epoch: u64) -> bool {
    epoch > 0 && height.is_multiple_of(epoch)
}

impl Encode for Signers {
    fn encode(&self, out: &mut Vec<u8>) {
        self.members.encode(out);
        self.votes.encode(out);
    }
}
impl Decode for Signers {
    const BYTES_MIN: usize = 8;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let members: Vec<NodeId> = reader.list("signers", NODES_MAX)?;
        if !members.is_sorted_by(|a, b| a < b) {
            return Err(DecodeError::NotCanonical { what: "signers ascend without repeats" });
        }
        Ok(Self { members, votes: Vec::decode(reader)? })
    }
}

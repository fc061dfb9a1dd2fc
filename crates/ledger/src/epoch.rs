//! Who validates a chain, epoch by epoch.

use std::sync::Arc;

use codec::{Encode, record};
use crypto::{Domain, KeyRing, Verifier};
use types::{ChainId, Digest, FaultModel, Height, NodeId, Quorum};

use crate::{Genesis, Validator};

/// Most weight of all members together, so that no sum of theirs comes near to what a machine word holds.
pub const WEIGHT_TOTAL_MAX: u64 = 1 << 30;

/// A validator as a member of a set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its number in the whole chain: that of the genesis, or the next that nobody had when it joined. In its set it
    /// votes under another, its place among the members.
    pub id: NodeId,
    /// Its name and keys.
    pub validator: Validator,
    /// How much its vote weighs; 1 wherever votes are counted and not weighed.
    pub weight: u64,
}
record!(Member { id: NodeId, validator: Validator, weight: u64 });

/// A span of heights with one protocol and one set of validators. The first is the genesis's and has number 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Epoch {
    /// Its number.
    pub number: u64,
    /// Its first block.
    pub first: Height,
    /// The name of the protocol that orders its blocks.
    pub protocol: String,
    /// The number of the epoch in which this set took office: signatures of another set, or of the same in an earlier
    /// office, say nothing in it.
    pub since: u64,
    /// The members, by ascending id.
    pub members: Vec<Member>,
    /// The id of the next to join.
    pub next_id: u16,
}
record!(Epoch {
    number: u64, first: Height, protocol: String, since: u64, members: Vec<Member>, next_id: u16,
});

impl Epoch {
    /// The first epoch of a chain.
    #[must_use]
    pub fn first_of(genesis: &Genesis) -> Self {
        let ids = NodeId::all(genesis.validators.len());
        let members = ids.zip(&genesis.validators);
        Self {
            number: 0,
            first: Height::new(1),
            protocol: genesis.protocol.clone(),
            since: 0,
            members: members
                .map(|(id, validator)| Member { id, validator: validator.clone(), weight: 1 })
                .collect(),
            next_id: u16::try_from(genesis.validators.len()).unwrap_or(u16::MAX),
        }
    }
    /// Where the keys of epochs begin in the state.
    pub const PREFIX: &[u8] = b"epoch/";
    /// Under which key the epoch with a number stands in the state.
    #[must_use]
    pub fn key_of(number: u64) -> Vec<u8> {
        [Self::PREFIX, &number.to_be_bytes()].concat()
    }
    /// Under which key it stands in the state.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        Self::key_of(self.number)
    }
    /// The weights, by place.
    #[must_use]
    pub fn weights(&self) -> Vec<u64> {
        self.members.iter().map(|member| member.weight).collect()
    }
    /// The thresholds of the set: of its whole weight.
    #[must_use]
    pub fn quorum(&self, faults: FaultModel) -> Quorum {
        let total = self.members.iter().fold(0_u64, |sum, one| sum.saturating_add(one.weight));
        Quorum::under(faults, usize::try_from(total).unwrap_or(usize::MAX))
    }
    /// The place of a member.
    #[must_use]
    pub fn place_of(&self, id: NodeId) -> Option<NodeId> {
        let found = self.members.iter().position(|member| member.id == id)?;
        u16::try_from(found).ok().map(NodeId::new)
    }
    /// The digest of the set, bound into every vote.
    #[must_use]
    pub fn set_digest(&self) -> Digest {
        if self.since > 0 {
            return crypto::hash("unisono-members", &self.members.to_bytes());
        }
        let validators = self.members.iter().map(|member| member.validator.clone());
        crypto::hash("unisono-validators", &validators.collect::<Vec<_>>().to_bytes())
    }
    /// The domain of signatures of `protocol` under this set, before a core's own epoch is added to it.
    #[must_use]
    pub fn domain(&self, chain: ChainId, protocol: &str) -> Domain {
        Domain::new(chain, self.set_digest(), protocol)
    }
    /// The domain of attestations under this set.
    #[must_use]
    pub fn ledger_domain(&self, chain: ChainId) -> Domain {
        self.domain(chain, Genesis::LEDGER).of_epoch(self.since)
    }
    /// The members' keys.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing {
        KeyRing::ed25519(self.members.iter().map(|member| member.validator.key).collect())
    }
    /// Who attests its blocks.
    #[must_use]
    pub fn attesters(&self, chain: ChainId, faults: FaultModel) -> Attesters {
        let verifier = Verifier::new(self.ledger_domain(chain), self.key_ring());
        Attesters::new(verifier, self.weights(), self.quorum(faults))
    }
}

/// Who attests blocks: keys, weights, and how much weight certifies.
#[derive(Clone, Debug)]
pub struct Attesters {
    verifier: Verifier,
    weights: Arc<[u64]>,
    quorum: Quorum,
}

impl Attesters {
    /// Members whose keys `verifier` holds, each with its weight.
    #[must_use]
    pub fn new(verifier: Verifier, weights: Vec<u64>, quorum: Quorum) -> Self {
        Self { verifier, weights: weights.into(), quorum }
    }
    /// What checks their signatures.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }
    /// The thresholds, of their whole weight.
    #[must_use]
    pub const fn quorum(&self) -> Quorum {
        self.quorum
    }
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.weights.len()
    }
    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }
    /// How much the vote of the member at a place weighs; nothing for a stranger.
    #[must_use]
    pub fn weight_of(&self, place: NodeId) -> usize {
        let weight = self.weights.get(place.index()).copied().unwrap_or(0);
        usize::try_from(weight).unwrap_or(usize::MAX)
    }
    /// How much the votes of different members weigh together.
    #[must_use]
    pub fn weigh(&self, places: impl Iterator<Item = NodeId>) -> usize {
        places.fold(0, |sum, place| sum.saturating_add(self.weight_of(place)))
    }
}

#[cfg(test)]
mod tests;

//! Whom a replica trusts: a threshold over replicas and further quorum sets.

use std::fmt;

use codec::{Decode, DecodeError, Encode, Reader};
use types::{Digest, NodeId, Quorum};

use crate::nodes::Nodes;

/// Most quorum sets around another, the outermost not counted.
pub(crate) const NESTING_MAX: usize = 4;
/// Most replicas in one quorum set, its inner sets included.
pub(crate) const MEMBERS_MAX: usize = 1_000;

/// Satisfied by every set of replicas that holds or satisfies at least `threshold` of its members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuorumSet {
    /// How many of the members are needed.
    pub threshold: u32,
    /// The members that are replicas.
    pub validators: Vec<NodeId>,
    /// The members that are quorum sets.
    pub inner: Vec<Self>,
}

/// Why a quorum set cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuorumSetError {
    /// A threshold of zero, or of more members than there are.
    Threshold {
        /// The threshold.
        threshold: u32,
        /// The number of members.
        members: usize,
    },
    /// Sets in sets in sets.
    TooDeep,
    /// More than a thousand replicas.
    TooLarge,
    /// A replica stands in it twice.
    Repeated {
        /// Which one.
        node: NodeId,
    },
    /// A replica that the network does not have.
    Stranger {
        /// Which one.
        node: NodeId,
    },
}

impl QuorumSet {
    /// The first `n` replicas, any ceil((n+f+1)/2) of them: two such sets share an honest replica.
    #[must_use]
    pub fn flat(n: usize) -> Self {
        let threshold = u32::try_from(Quorum::of(n).size()).unwrap_or(u32::MAX);
        Self { threshold, validators: NodeId::all(n).collect(), inner: Vec::new() }
    }
    /// A threshold over replicas alone.
    #[must_use]
    pub fn of(threshold: u32, validators: &[u16]) -> Self {
        let validators = validators.iter().copied().map(NodeId::new).collect();
        Self { threshold, validators, inner: Vec::new() }
    }
    /// The name by which statements refer to it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        crypto::hash("unisono-fba-quorum-set", &self.to_bytes())
    }
    /// Whether it can be used in a network of `n` replicas.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self, n: usize) -> Result<(), QuorumSetError> {
        self.check_within(n, 0, &mut Nodes::NONE.clone())
    }

    fn check_within(&self, n: usize, depth: usize, seen: &mut Nodes) -> Result<(), QuorumSetError> {
        if depth > NESTING_MAX {
            return Err(QuorumSetError::TooDeep);
        }
        let members = self.validators.len().saturating_add(self.inner.len());
        let threshold = self.threshold;
        if threshold == 0 || threshold as usize > members {
            return Err(QuorumSetError::Threshold { threshold, members });
        }
        for &node in &self.validators {
            if node.index() >= n {
                return Err(QuorumSetError::Stranger { node });
            }
            if !seen.insert(node) {
                return Err(QuorumSetError::Repeated { node });
            }
        }
        if seen.len() > MEMBERS_MAX {
            return Err(QuorumSetError::TooLarge);
        }
        self.inner.iter().try_for_each(|inner| inner.check_within(n, depth + 1, seen))
    }

    fn decode_within(reader: &mut Reader<'_>, depth: usize) -> Result<Self, DecodeError> {
        if depth > NESTING_MAX {
            let (length, max) = (depth, NESTING_MAX);
            return Err(DecodeError::TooLong { of: "nested quorum sets", length, max });
        }
        let threshold = u32::decode(reader)?;
        let validators = reader.list("validators", MEMBERS_MAX)?;
        let length = reader.length::<Self>("inner quorum sets", MEMBERS_MAX)?;
        let inner = (0..length).map(|_| Self::decode_within(reader, depth + 1));
        Ok(Self { threshold, validators, inner: inner.collect::<Result<_, _>>()? })
    }
}

impl Encode for QuorumSet {
    fn encode(&self, out: &mut Vec<u8>) {
        self.threshold.encode(out);
        self.validators.encode(out);
        self.inner.encode(out);
    }
}
impl Decode for QuorumSet {
    const BYTES_MIN: usize = 12;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::decode_within(reader, 0)
    }
}

impl fmt::Display for QuorumSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold { threshold, members } => {
                write!(f, "a threshold of {threshold} over {members} members")
            }
            Self::TooDeep => write!(f, "quorum sets nested more than {NESTING_MAX} deep"),
            Self::TooLarge => write!(f, "more than {MEMBERS_MAX} replicas in one quorum set"),
            Self::Repeated { node } => write!(f, "{node} stands in it twice"),
            Self::Stranger { node } => write!(f, "{node} is not in the network"),
        }
    }
}
impl std::error::Error for QuorumSetError {}

/// A quorum set made ready for questions.
#[derive(Clone, Debug)]
pub(crate) struct Slices {
    threshold: u32,
    members: Nodes,
    size: u32,
    inner: Vec<Self>,
}

impl Slices {
    pub(crate) fn new(set: &QuorumSet) -> Self {
        let inner: Vec<Self> = set.inner.iter().map(Self::new).collect();
        let members: Nodes = set.validators.iter().copied().collect();
        let size = u32::try_from(members.len() + inner.len()).unwrap_or(u32::MAX);
        Self { threshold: set.threshold, members, size, inner }
    }
    /// Whether `nodes` holds a slice.
    pub(crate) fn satisfied_by(&self, nodes: &Nodes) -> bool {
        let direct = self.members.shared(nodes);
        direct >= self.threshold || {
            let inner = self.inner.iter().filter(|inner| inner.satisfied_by(nodes)).count();
            direct + u32::try_from(inner).unwrap_or(0) >= self.threshold
        }
    }
    /// Whether `nodes` meets every slice.
    pub(crate) fn blocked_by(&self, nodes: &Nodes) -> bool {
        let spare = self.size.saturating_sub(self.threshold);
        let direct = self.members.shared(nodes);
        direct > spare || {
            let inner = self.inner.iter().filter(|inner| inner.blocked_by(nodes)).count();
            direct + u32::try_from(inner).unwrap_or(0) > spare
        }
    }
    /// Whether the threshold of the outermost set can be met at all.
    pub(crate) const fn threshold(&self) -> u32 {
        self.threshold
    }
    /// Everybody in it, however deep.
    pub(crate) fn everybody(&self) -> Nodes {
        self.inner.iter().fold(self.members, |all, inner| all.or(&inner.everybody()))
    }
    /// The share of slices that hold a replica, in units of 2^-32.
    pub(crate) fn weight(&self, node: NodeId) -> u64 {
        let own = (u64::from(self.threshold) << 32) / u64::from(self.size.max(1));
        let own = own.min(1 << 32);
        if self.members.contains(node) {
            return own;
        }
        let mut inner = self.inner.iter().map(|inner| inner.weight(node));
        inner.find(|&weight| weight > 0).map_or(0, |weight| (own * (weight >> 1)) >> 31)
    }
    /// Its inner sets' members: the organisations it names.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Nodes> + '_ {
        self.inner.iter().map(Self::everybody)
    }
    /// This set as it is for those who take `gone` for liars that agree to everything.
    pub(crate) fn deleting(&self, gone: &Nodes) -> Self {
        let inner: Vec<Self> = self.inner.iter().map(|inner| inner.deleting(gone)).collect();
        let threshold = self.threshold.saturating_sub(self.members.shared(gone));
        let members = self.members.without(gone);
        let size = u32::try_from(members.len() + inner.len()).unwrap_or(u32::MAX);
        Self { threshold, members, size, inner }
    }
}

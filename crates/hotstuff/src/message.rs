//! What replicas say to each other.

use std::sync::Arc;

use crypto::{Authentic, Check, Signed};
use types::{NodeId, Seq};

use crate::block::{Link, Proposal};
use crate::certificate::{Expire, Qc, Tc, Vote};

/// TIMEOUT: the sender gives up a view; what it shows besides lets others follow into the view and past it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timeout {
    /// What the sender signed.
    pub expire: Signed<Expire>,
    /// The highest certificate that it knows.
    pub high_qc: Arc<Qc>,
    /// Shows that the view has begun, where `high_qc` does not.
    pub tc: Option<Arc<Tc>>,
    /// Its last vote, which the leader it was sent to may never have seen (H-10).
    pub vote: Option<Signed<Vote>>,
}
codec::record!(Timeout {
    expire: Signed<Expire>, high_qc: Arc<Qc>, tc: Option<Arc<Tc>>, vote: Option<Signed<Vote>>
});

/// FETCH: asks for a block and its ancestors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fetch {
    /// The block.
    pub block: Link,
    /// The sender's last decision: what is ordered up to here is of no use to it.
    pub above: Seq,
}
codec::record!(Fetch { block: Link, above: Seq });

/// A message of the protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// See [`Proposal`].
    Proposal(Arc<Proposal>),
    /// See [`Vote`]; goes to the next leader.
    Vote(Signed<Vote>),
    /// See [`Timeout`].
    Timeout(Arc<Timeout>),
    /// A quorum certificate that no proposal carries; anybody may pass it on.
    Certified(Arc<Qc>),
    /// A timeout certificate for somebody behind; anybody may pass it on.
    Expired(Arc<Tc>),
    /// See [`Fetch`].
    Fetch(Fetch),
    /// Answers [`Fetch`]: the block, its parent, and so on.
    Blocks(Vec<Arc<Proposal>>),
}
codec::tagged!(Message {
    1 => Proposal, 2 => Vote, 3 => Timeout, 4 => Certified, 5 => Expired, 6 => Fetch, 7 => Blocks
});

impl Proposal {
    fn check(&self, check: Check<'_>) -> bool {
        self.signed().check(check)
            && self.block.justify.check(check)
            && self.tc.as_ref().is_none_or(|tc| tc.check(check))
    }
}

impl Timeout {
    fn check(&self, check: Check<'_>) -> bool {
        self.expire.check(check)
            && self.high_qc.check(check)
            && self.tc.as_ref().is_none_or(|tc| tc.check(check))
            && self.vote.as_ref().is_none_or(|vote| vote.check(check))
    }
}

impl Authentic for Message {
    fn author(&self) -> Option<NodeId> {
        match self {
            Self::Proposal(proposal) => Some(proposal.block.proposer),
            Self::Vote(vote) => Some(vote.signer),
            Self::Timeout(timeout) => Some(timeout.expire.signer),
            Self::Certified(_) | Self::Expired(_) | Self::Fetch(_) | Self::Blocks(_) => None,
        }
    }

    fn check_signatures(&self, check: Check<'_>) -> bool {
        match self {
            Self::Proposal(proposal) => proposal.check(check),
            Self::Vote(vote) => vote.check(check),
            Self::Timeout(timeout) => timeout.check(check),
            Self::Certified(qc) => qc.check(check),
            Self::Expired(tc) => tc.check(check),
            Self::Fetch(_) => true,
            Self::Blocks(blocks) => blocks.iter().all(|proposal| proposal.check(check)),
        }
    }
}

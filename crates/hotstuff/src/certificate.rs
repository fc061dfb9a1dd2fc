//! Statements that replicas sign, and the certificates that quorums of them make.

use std::sync::Arc;

use crypto::{Certificate, Check, Signatures, Statement};
use types::{Digest, NodeId, View};

use crate::block::Link;
use crate::{Config, safety};

/// A block's proposer signs this.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Propose {
    /// The block's view.
    pub view: View,
    /// Its digest.
    pub block: Digest,
}
codec::record!(Propose { view: View, block: Digest });
impl Statement for Propose {
    const KIND: u8 = 1;
}

/// VOTE for a block. The last two say in views what the block commits its voters to, so that two votes alone show a
/// lie.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Vote {
    /// The block's view.
    pub view: View,
    /// Its digest.
    pub block: Digest,
    /// The view of the certificate it carries.
    pub justify: View,
    /// Three phases: the view of the certificate that its parent carries, on which its voters are locked. Two
    /// phases: zero.
    pub lock: View,
}
codec::record!(Vote { view: View, block: Digest, justify: View, lock: View });
impl Statement for Vote {
    const KIND: u8 = 2;
}
impl Vote {
    pub(crate) const fn link(&self) -> Link {
        Link { view: self.view, block: self.block }
    }
}

/// The signed part of a TIMEOUT.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Expire {
    /// The view that the signer gives up: it votes in it no more.
    pub view: View,
    /// The view of the highest certificate that the signer knows.
    pub high: View,
}
codec::record!(Expire { view: View, high: View });
impl Statement for Expire {
    const KIND: u8 = 3;
}

/// A quorum certificate: a quorum voted for one block. The default is the genesis', which needs no votes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Qc {
    /// What each of them signed.
    pub vote: Vote,
    /// Their signatures; `None` for the genesis alone.
    pub votes: Option<Certificate>,
}
codec::record!(Qc { vote: Vote, votes: Option<Certificate> });

impl Qc {
    /// The certified block.
    #[must_use]
    pub const fn link(&self) -> Link {
        self.vote.link()
    }
    /// The certified block's view.
    #[must_use]
    pub const fn view(&self) -> View {
        self.vote.view
    }
    /// Who voted.
    pub fn signers(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.votes.iter().flat_map(Certificate::signers)
    }
    /// The signatures one by one, where they are not folded into one.
    pub(crate) fn list(&self) -> Signatures {
        match &self.votes {
            Some(Certificate::List(list)) => list.clone(),
            Some(Certificate::Aggregate(_)) | None => Signatures::new(),
        }
    }
    pub(crate) fn check(&self, check: Check<'_>) -> bool {
        self.votes.as_ref().is_none_or(|votes| votes.check(&self.vote, check))
    }
    /// Whether enough members signed it; that the signatures hold has been checked outside (H-5).
    pub(crate) fn is_valid(&self, config: &Config) -> bool {
        if self.vote.view == View::ZERO {
            return *self == Self::default();
        }
        let is_ordered = self.vote.justify < self.vote.view && self.vote.lock <= self.vote.justify;
        let is_quorum = self
            .votes
            .as_ref()
            .is_some_and(|votes| is_quorum(config, votes.len(), votes.signers()));
        is_ordered && (is_quorum || broken!(config, CertificateUncounted))
    }
}

/// Those who gave up a view with the same highest certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpireGroup {
    /// The view of that certificate.
    pub high: View,
    /// Their signatures.
    pub votes: Certificate,
}
codec::record!(ExpireGroup { high: View, votes: Certificate });

/// A timeout certificate: a quorum gave up a view; with the highest certificate that any of them knew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tc {
    /// The view that they gave up.
    pub view: View,
    /// Their signatures, by ascending highest certificate.
    pub groups: Vec<ExpireGroup>,
    /// The highest certificate among theirs.
    pub high_qc: Arc<Qc>,
}
codec::record!(Tc { view: View, groups: Vec<ExpireGroup>, high_qc: Arc<Qc> });

impl Tc {
    /// Who gave up the view.
    pub fn signers(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.groups.iter().flat_map(|group| group.votes.signers())
    }
    pub(crate) fn check(&self, check: Check<'_>) -> bool {
        let Self { view, groups, high_qc } = self;
        groups
            .iter()
            .all(|group| group.votes.check(&Expire { view: *view, high: group.high }, check))
            && high_qc.check(check)
    }
    /// Whether enough members signed it, each once, and its certificate is the highest that they name.
    pub(crate) fn is_valid(&self, config: &Config) -> bool {
        let mut seen = vec![false; config.n];
        let is_distinct = self.signers().all(|signer| {
            seen.get_mut(signer.index()).is_some_and(|seen| !std::mem::replace(seen, true))
        });
        is_distinct
            && is_quorum(config, self.signers().count(), self.signers())
            && self.groups.is_sorted_by(|a, b| a.high < b.high)
            && self.groups.last().map(|group| group.high) == Some(self.high_qc.view())
            && self.high_qc.view() < self.view
            && self.high_qc.is_valid(config)
    }
}

fn is_quorum(config: &Config, count: usize, mut signers: impl Iterator<Item = NodeId>) -> bool {
    count >= safety::quorum_size(config) && signers.all(|signer| signer.index() < config.n)
}

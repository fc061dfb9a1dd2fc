//! Counts one vote for each replica.

use crypto::{Signature, Signatures};
use types::{Digest, NodeId};

/// Votes about one place (of one view): at most one for each replica counts, for whatever digest it named first.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    /// What the first vote named; honest votes all name the same.
    digest: Digest,
    voters: Voters,
    signatures: Vec<(NodeId, Signature)>,
    /// Votes for anything else.
    others: Vec<(NodeId, Digest, Signature)>,
}

/// What became of a vote.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Cast {
    /// It is the sender's first.
    Counted,
    /// The sender has said so before.
    Repeated,
    /// The sender has said otherwise before.
    Conflicting(Digest, Signature),
}

impl Votes {
    /// Takes a vote of a member of a set of `n`.
    pub(crate) fn cast(
        &mut self,
        n: usize,
        signer: NodeId,
        digest: Digest,
        signature: Signature,
    ) -> Cast {
        if !self.voters.insert(signer) {
            return self.compare(signer, digest);
        }
        if self.signatures.is_empty() && self.others.is_empty() {
            self.digest = digest;
            self.signatures.reserve_exact(n);
        }
        if self.digest == digest {
            self.signatures.push((signer, signature));
        } else {
            self.others.push((signer, digest, signature));
        }
        Cast::Counted
    }

    /// Counts a vote that has been counted before.
    #[cfg(any(test, feature = "mutants"))]
    pub(crate) fn cast_again(&mut self, signature: Signature, n: usize) {
        let ghost = NodeId::new(u16::try_from(n + self.signatures.len()).unwrap_or(u16::MAX));
        self.signatures.push((ghost, signature));
    }
    #[cfg(not(any(test, feature = "mutants")))]
    pub(crate) const fn cast_again(&mut self, _: Signature, _: usize) {}

    fn compare(&self, signer: NodeId, digest: Digest) -> Cast {
        match self.of(signer) {
            Some((earlier, signature)) if earlier != digest => {
                Cast::Conflicting(earlier, signature)
            }
            Some(_) | None => Cast::Repeated,
        }
    }

    /// What a replica has voted for.
    pub(crate) fn of(&self, signer: NodeId) -> Option<(Digest, Signature)> {
        if let Some(&(_, digest, signature)) = self.others.iter().find(|vote| vote.0 == signer) {
            return Some((digest, signature));
        }
        let &(_, signature) = self.signatures.iter().find(|vote| vote.0 == signer)?;
        Some((self.digest, signature))
    }

    /// How many replicas voted for `digest`.
    pub(crate) fn count(&self, digest: Digest) -> usize {
        if self.digest == digest {
            return self.signatures.len();
        }
        self.others.iter().filter(|vote| vote.1 == digest).count()
    }

    /// How many replicas voted, whatever for.
    pub(crate) const fn count_all(&self) -> usize {
        self.signatures.len() + self.others.len()
    }

    /// Who voted for anything but `digest`.
    pub(crate) fn others_than(&self, digest: Digest) -> Vec<NodeId> {
        let first = self.signatures.iter().filter(|_| self.digest != digest).map(|vote| vote.0);
        let others = self.others.iter().filter(|vote| vote.1 != digest).map(|vote| vote.0);
        first.chain(others).collect()
    }

    /// A digest with at least `count` votes.
    pub(crate) fn agreed(&self, count: usize) -> Option<Digest> {
        if self.signatures.len() >= count {
            return Some(self.digest);
        }
        self.others.iter().map(|vote| vote.1).find(|&digest| self.count(digest) >= count)
    }

    /// The signatures of the votes for `digest`.
    pub(crate) fn signatures(&self, digest: Digest) -> Signatures {
        if self.digest == digest {
            return self.signatures.iter().copied().collect();
        }
        let others = self.others.iter().filter(|vote| vote.1 == digest);
        others.map(|&(signer, _, signature)| (signer, signature)).collect()
    }

    /// Who voted for `digest`.
    pub(crate) fn voters(&self, digest: Digest) -> Vec<NodeId> {
        self.signatures(digest).keys().copied().collect()
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
}

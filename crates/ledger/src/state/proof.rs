//! What one entry of a state is, provable to whoever knows the state's root.

use codec::{Bytes, record};
use types::{ChainId, Digest};

use super::trie::{leaf_hash, node_hash, path_of};
use crate::{
    AppId, Attesters, BlockCertificate, CertificateError, Genesis, Header, Lineage, ReceiptError,
};

/// Deepest way from a root to a leaf: a bit of the key's hash each.
const DEPTH_MAX: usize = 256;

/// The way from a state's root to the place of a key.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct StatePath {
    /// The hashes beside the way, from the root down.
    pub siblings: Vec<Digest>,
    /// Another key's hash and value, where those stand in the place of a key that is absent.
    pub neighbour: Option<(Digest, Bytes)>,
}
record!(StatePath { siblings: Vec<Digest>, neighbour: Option<(Digest, Bytes)> });

impl StatePath {
    /// The root of the states in which `key` has `value`, or none, and that this path fits. `None` where it can fit
    /// no state.
    #[must_use]
    pub fn root(&self, key: &[u8], value: Option<&[u8]>) -> Option<Digest> {
        let path = path_of(key);
        let depth = self.siblings.len();
        let mut hash = match (value, &self.neighbour) {
            (Some(value), None) => leaf_hash(&path, value),
            (None, None) => Digest::ZERO,
            (None, Some((other, value))) if *other != path => leaf_hash(other, &value.0),
            (None | Some(_), Some(_)) => return None,
        };
        if depth > DEPTH_MAX {
            return None;
        }
        for (level, sibling) in self.siblings.iter().enumerate().rev() {
            hash = match path.as_bytes()[level / 8] >> (7 - level % 8) & 1 {
                0 => node_hash(&hash, sibling),
                _ => node_hash(sibling, &hash),
            };
        }
        Some(hash)
    }
}

/// A proof that after some block, which a quorum attests, an application's state held a value under a key, or none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryProof {
    /// Whose state.
    pub app: AppId,
    /// The key.
    pub key: Bytes,
    /// What stood there.
    pub value: Option<Bytes>,
    /// The way from the state's root.
    pub path: StatePath,
    /// The block's header.
    pub header: Header,
    /// A quorum's attestations of the header.
    pub certificate: BlockCertificate,
    /// How that quorum's set follows from the genesis.
    pub lineage: Lineage,
}
record!(EntryProof {
    app: AppId, key: Bytes, value: Option<Bytes>, path: StatePath, header: Header, certificate: BlockCertificate,
    lineage: Lineage,
});

impl EntryProof {
    /// Checks the proof against the genesis, with nothing else.
    ///
    /// # Errors
    /// Where it does not prove what it claims.
    pub fn verify(&self, genesis: &Genesis) -> Result<(), ReceiptError> {
        self.check_entry(genesis.chain_id())?;
        let attesters = self.lineage.attesters(genesis, self.header.height);
        self.check_certificate(&attesters.map_err(ReceiptError::Lineage)?)
    }

    /// Checks the proof for whoever knows already who attests the chain's blocks at its height; the lineage is passed
    /// over.
    ///
    /// # Errors
    /// Where it does not prove what it claims.
    pub fn verify_by(&self, chain: ChainId, attesters: &Attesters) -> Result<(), ReceiptError> {
        self.check_entry(chain)?;
        self.check_certificate(attesters)
    }

    /// That the header says what the proof claims; signatures come last, for they cost most.
    fn check_entry(&self, chain: ChainId) -> Result<(), ReceiptError> {
        if self.header.chain != chain {
            return Err(ReceiptError::WrongChain);
        }
        let root = self.header.state_roots.iter().find(|(app, _)| *app == self.app);
        let value = self.value.as_ref().map(|value| value.0.as_slice());
        let found = self.path.root(&self.key.0, value);
        if found.is_none() || found != root.map(|&(_, root)| root) {
            return Err(ReceiptError::NotIncluded);
        }
        Ok(())
    }

    fn check_certificate(&self, attesters: &Attesters) -> Result<(), ReceiptError> {
        let certificate = &self.certificate;
        if (certificate.height, certificate.block) != (self.header.height, self.header.hash()) {
            return Err(ReceiptError::Certificate(CertificateError::OtherBlock));
        }
        certificate.verify(attesters).map_err(ReceiptError::Certificate)
    }
}

#[cfg(test)]
mod tests;

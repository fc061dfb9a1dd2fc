//! The signatures of a certificate: built once, cloned often.

use std::ops::Index;
use std::slice;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use types::NodeId;

use crate::Signature;

/// Signatures by signer, one each, in ascending order of the signers; cloning shares them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub struct Signatures(Arc<Vec<(NodeId, Signature)>>);

type Entry = (NodeId, Signature);
type Pairs<'a> =
    std::iter::Map<slice::Iter<'a, Entry>, fn(&'a Entry) -> (&'a NodeId, &'a Signature)>;

impl Signatures {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// All of them, by ascending signer.
    pub fn iter(&self) -> Pairs<'_> {
        self.0.iter().map(|(signer, signature)| (signer, signature))
    }
    /// The signers, ascending.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &NodeId> + ExactSizeIterator + Clone {
        self.0.iter().map(|(signer, _)| signer)
    }
    /// Whether a replica has signed.
    #[must_use]
    pub fn contains_key(&self, signer: &NodeId) -> bool {
        self.get(signer).is_some()
    }
    /// One replica's signature.
    #[must_use]
    pub fn get(&self, signer: &NodeId) -> Option<&Signature> {
        let at = self.place(signer).ok()?;
        self.0.get(at).map(|(_, signature)| signature)
    }
    /// Puts one in; the one that stood there before.
    pub fn insert(&mut self, signer: NodeId, signature: Signature) -> Option<Signature> {
        match self.place(&signer) {
            Ok(at) => {
                let entry = Arc::make_mut(&mut self.0).get_mut(at)?;
                Some(std::mem::replace(&mut entry.1, signature))
            }
            Err(at) => {
                Arc::make_mut(&mut self.0).insert(at, (signer, signature));
                None
            }
        }
    }
    /// Takes the first one out.
    pub fn pop_first(&mut self) -> Option<(NodeId, Signature)> {
        let entries = Arc::make_mut(&mut self.0);
        (!entries.is_empty()).then(|| entries.remove(0))
    }

    fn place(&self, signer: &NodeId) -> Result<usize, usize> {
        self.0.binary_search_by_key(signer, |(signer, _)| *signer)
    }
}

/// Of several signatures by one replica, the last is kept.
impl FromIterator<(NodeId, Signature)> for Signatures {
    fn from_iter<I: IntoIterator<Item = (NodeId, Signature)>>(signatures: I) -> Self {
        let mut entries: Vec<(NodeId, Signature)> = signatures.into_iter().collect();
        entries.sort_by_key(|(signer, _)| *signer);
        entries.reverse();
        entries.dedup_by_key(|(signer, _)| *signer);
        entries.reverse();
        Self(Arc::new(entries))
    }
}
impl<const N: usize> From<[(NodeId, Signature); N]> for Signatures {
    fn from(signatures: [(NodeId, Signature); N]) -> Self {
        signatures.into_iter().collect()
    }
}
impl<'a> IntoIterator for &'a Signatures {
    type Item = (&'a NodeId, &'a Signature);
    type IntoIter = Pairs<'a>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
impl Index<&NodeId> for Signatures {
    type Output = Signature;
    fn index(&self, signer: &NodeId) -> &Signature {
        match self.get(signer) {
            Some(signature) => signature,
            None => panic!("{signer} has not signed"),
        }
    }
}

/// The bytes of a map: a count, then the pairs by ascending signer.
impl Encode for Signatures {
    fn encode(&self, out: &mut Vec<u8>) {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).encode(out);
        for (signer, signature) in self {
            signer.encode(out);
            signature.encode(out);
        }
    }
}
impl Decode for Signatures {
    const BYTES_MIN: usize = 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let map = std::collections::BTreeMap::decode(reader)?;
        Ok(Self(Arc::new(map.into_iter().collect())))
    }
}

#[cfg(test)]
mod tests;

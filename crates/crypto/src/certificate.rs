//! A quorum's signatures under one statement: one by one, or folded into one.

use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use types::NodeId;
use types::limits::NODES_MAX;

use crate::signed::{Check, SignedBy};
use crate::{Signatures, SignedBytes, Statement};

/// The signatures of several replicas under one statement, which stands elsewhere.
///
/// It names no statement of its own: whoever holds a certificate says what it is for, and
/// [`Certificate::check`] shows it to a message's check under exactly that statement.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certificate {
    /// One signature by each.
    List(Signatures),
    /// One signature by all, under [`crate::Scheme::Bls`].
    Aggregate(Aggregate),
}

/// One BLS signature by several replicas; cloning shares it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Aggregate(Arc<Folded>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Folded {
    signers: SignerSet,
    signature: [u8; AGGREGATE_BYTES],
}

/// Bytes of an aggregate's signature: a compressed point of G1.
const AGGREGATE_BYTES: usize = 48;

/// Replicas as bits, byte by byte from replica 0; the last byte is not zero.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct SignerSet(Vec<u8>);

impl Certificate {
    /// How many replicas have signed.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Aggregate(aggregate) => aggregate.0.signers.len(),
        }
    }
    /// Whether nobody has; such a certificate holds for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Who has signed, ascending, each once.
    pub fn signers(&self) -> impl Iterator<Item = NodeId> + Clone + '_ {
        let (list, aggregate) = match self {
            Self::List(list) => (Some(list), None),
            Self::Aggregate(aggregate) => (None, Some(aggregate)),
        };
        let one_by_one = list.into_iter().flat_map(Signatures::keys).copied();
        one_by_one.chain(aggregate.into_iter().flat_map(Aggregate::signers))
    }
    /// Whether a replica has signed.
    #[must_use]
    pub fn contains(&self, signer: NodeId) -> bool {
        match self {
            Self::List(list) => list.contains_key(&signer),
            Self::Aggregate(aggregate) => aggregate.0.signers.contains(signer),
        }
    }
    /// Shows the signatures under `statement` to a message's check; false for a certificate by nobody.
    pub fn check<S: Statement>(&self, statement: &S, check: Check<'_>) -> bool {
        let by = match self {
            Self::List(list) => SignedBy::Each(list),
            Self::Aggregate(aggregate) => SignedBy::Together(aggregate),
        };
        !self.is_empty() && check(&SignedBytes::new(by, statement))
    }
}

impl Aggregate {
    /// Names the claimed makers of one signature; a check tells whether it holds.
    #[must_use]
    pub fn new(signers: impl Iterator<Item = NodeId>, signature: [u8; AGGREGATE_BYTES]) -> Self {
        Self(Arc::new(Folded { signers: signers.collect(), signature }))
    }
    /// Who has signed, ascending.
    pub fn signers(&self) -> impl Iterator<Item = NodeId> + Clone + '_ {
        self.0.signers.iter()
    }
    /// The one signature.
    #[must_use]
    pub fn signature(&self) -> &[u8; AGGREGATE_BYTES] {
        &self.0.signature
    }
}

impl SignerSet {
    fn len(&self) -> usize {
        self.0.iter().map(|byte| byte.count_ones() as usize).sum()
    }
    fn iter(&self) -> impl Iterator<Item = NodeId> + Clone + '_ {
        NodeId::all(self.0.len() * 8).filter(|&signer| self.contains(signer))
    }
    fn contains(&self, signer: NodeId) -> bool {
        let byte = self.0.get(signer.index() / 8);
        byte.is_some_and(|byte| byte >> (signer.index() % 8) & 1 == 1)
    }
}
impl FromIterator<NodeId> for SignerSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(signers: I) -> Self {
        let mut bytes = Vec::new();
        for signer in signers {
            let at = signer.index() / 8;
            if bytes.len() <= at {
                bytes.resize(at + 1, 0_u8);
            }
            if let Some(byte) = bytes.get_mut(at) {
                *byte |= 1 << (signer.index() % 8);
            }
        }
        Self(bytes)
    }
}

const LIST: u8 = 0;
const AGGREGATE: u8 = 1;

impl Encode for Certificate {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::List(list) => {
                out.push(LIST);
                list.encode(out);
            }
            Self::Aggregate(aggregate) => {
                out.push(AGGREGATE);
                aggregate.encode(out);
            }
        }
    }
}
impl Decode for Certificate {
    const BYTES_MIN: usize = 1 + 4;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.byte()? {
            LIST => decode_list(reader).map(Self::List),
            AGGREGATE => Aggregate::decode(reader).map(Self::Aggregate),
            tag => Err(DecodeError::UnknownTag { of: "Certificate", tag }),
        }
    }
}

/// At least one signature, and no signer that no set has.
fn decode_list(reader: &mut Reader<'_>) -> Result<Signatures, DecodeError> {
    let list = Signatures::decode(reader)?;
    let last = list.keys().next_back().copied();
    let last = last.ok_or(DecodeError::NotCanonical { what: "a certificate has a signer" })?;
    if last.index() >= NODES_MAX {
        let length = last.index() + 1;
        return Err(DecodeError::TooLong { of: "signers", length, max: NODES_MAX });
    }
    Ok(list)
}

impl Encode for Aggregate {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.signers.0.encode(out);
        self.0.signature.encode(out);
    }
}
impl Decode for Aggregate {
    const BYTES_MIN: usize = 4 + 1 + AGGREGATE_BYTES;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes: Vec<u8> = reader.list("bytes of signers", NODES_MAX / 8)?;
        if bytes.last().is_none_or(|&last| last == 0) {
            return Err(DecodeError::NotCanonical { what: "the last byte of signers has one" });
        }
        let signature = reader.array()?;
        Ok(Self(Arc::new(Folded { signers: SignerSet(bytes), signature })))
    }
}

#[cfg(test)]
mod tests;

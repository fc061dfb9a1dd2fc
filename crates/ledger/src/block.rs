//! Blocks: what a core decided, what execution made of it, and who attests that.

use codec::{Decode, Encode, record};
use crypto::{Authentic, Signatures, Signed, SignedBytes, Statement, merkle};
use types::limits::{BLOCK_BATCHES_MAX, NODES_MAX};
use types::{ChainId, Digest, Height, NodeId, Time, View};

use crate::{AppId, Attesters, Batch, Change, Outcome, VectorClock};

/// What a primary proposes: batches by name. Its canonical bytes are the payload that a core orders.
///
/// It names the view and proposer of its first proposal, so that a re-proposal in a later view is the same payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The view in which it was first proposed.
    pub view: View,
    /// Who first proposed it.
    pub proposer: NodeId,
    /// The proposer's time; the block's time is the later of this and its parent's.
    pub time: Time,
    /// The batches to execute, in this order, at most [`BLOCK_BATCHES_MAX`].
    pub batches: Vec<Digest>,
}
record!(Proposal { view: View, proposer: NodeId, time: Time, batches: Vec<Digest> });

impl Proposal {
    /// Reads a payload's bytes.
    #[must_use]
    pub fn from_payload(bytes: &[u8]) -> Option<Self> {
        Self::from_bytes(bytes).ok().filter(|proposal| proposal.batches.len() <= BLOCK_BATCHES_MAX)
    }
}

/// A block's header; its hash covers every field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The chain.
    pub chain: ChainId,
    /// The height: the sequence number that the core decided.
    pub height: Height,
    /// The hash of the block before; zero before the first.
    pub parent: Digest,
    /// The view in which the payload was first proposed; zero for a null request.
    pub view: View,
    /// Who first proposed it; `None` for a null request.
    pub proposer: Option<NodeId>,
    /// The agreed time: never before the parent's.
    pub time: Time,
    /// The payload's digest; zero for a null request.
    pub payload: Digest,
    /// How many transactions it executed.
    pub tx_count: u32,
    /// The RFC 6962 root over the [`TxRecord`]s.
    pub tx_root: Digest,
    /// One root per application, after the block, by ascending id.
    pub state_roots: Vec<(AppId, Digest)>,
    /// How many blocks of each proposer the chain holds, this one included.
    pub clock: VectorClock,
}
record!(Header {
    chain: ChainId, height: Height, parent: Digest, view: View, proposer: Option<NodeId>, time: Time,
    payload: Digest, tx_count: u32, tx_root: Digest, state_roots: Vec<(AppId, Digest)>, clock: VectorClock,
});

impl Header {
    /// The block's name.
    #[must_use]
    pub fn hash(&self) -> Digest {
        crypto::hash("unisono-block", &self.to_bytes())
    }
}

/// A leaf of the transaction tree: a transaction and what became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TxRecord {
    /// The transaction.
    pub id: Digest,
    /// What became of it.
    pub outcome: Outcome,
}
record!(TxRecord { id: Digest, outcome: Outcome });

impl TxRecord {
    /// The leaf's hash.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        let mut bytes = [0; 34];
        bytes[..32].copy_from_slice(self.id.as_bytes());
        bytes[32..].copy_from_slice(&self.outcome.code().to_le_bytes());
        merkle::leaf(&bytes)
    }
}

/// What a validator signs after it has executed a block: "this is the block at this height".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Attestation {
    /// The height.
    pub height: Height,
    /// The block's hash.
    pub block: Digest,
}
record!(Attestation { height: Height, block: Digest });

impl Statement for Attestation {
    const KIND: u8 = 1;
}

/// A quorum's attestations of one block: proof of it and of all its ancestors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockCertificate {
    /// The height.
    pub height: Height,
    /// The block's hash.
    pub block: Digest,
    /// The attesting validators and their signatures.
    pub signatures: Signatures,
}
record!(BlockCertificate { height: Height, block: Digest, signatures: Signatures });

/// Why a certificate proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateError {
    /// Less of the validators' weight than a quorum: fewer of them, where each weighs 1.
    TooFew {
        /// How much signed.
        have: usize,
        /// How much must.
        need: usize,
    },
    /// More signers than there are validators.
    TooMany,
    /// A signature does not hold, or its signer is no validator.
    BadSignature,
    /// It certifies another block.
    OtherBlock,
}

impl BlockCertificate {
    /// Checks that members of a set with a quorum of its weight attest this block.
    ///
    /// # Errors
    /// Where they do not.
    pub fn verify(&self, set: &Attesters) -> Result<(), CertificateError> {
        if self.signatures.len() > set.len().min(NODES_MAX) {
            return Err(CertificateError::TooMany);
        }
        if self.signatures.keys().any(|signer| signer.index() >= set.len()) {
            return Err(CertificateError::BadSignature);
        }
        let (have, quorum) = (set.weigh(self.signatures.keys().copied()), set.quorum());
        if !quorum.is_met(have) {
            return Err(CertificateError::TooFew { have, need: quorum.size() });
        }
        set.verifier().holds(&Signers(self)).then_some(()).ok_or(CertificateError::BadSignature)
    }

    fn attestations(&self) -> impl Iterator<Item = Signed<Attestation>> + '_ {
        let statement = Attestation { height: self.height, block: self.block };
        self.signatures.iter().map(move |(&signer, &signature)| Signed {
            statement,
            signer,
            signature,
        })
    }
}

struct Signers<'a>(&'a BlockCertificate);

impl Authentic for Signers<'_> {
    fn author(&self) -> Option<NodeId> {
        None
    }
    fn check_signatures(&self, check: &mut dyn FnMut(&SignedBytes<'_>) -> bool) -> bool {
        self.0.attestations().all(|signed| signed.check(check))
    }
}

/// A block as it is kept: all that is needed to serve it, to prove it and to bring the state up to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredBlock {
    /// The header.
    pub header: Header,
    /// What was decided; `None` for a null request.
    pub proposal: Option<Proposal>,
    /// The batches that were executed: those of the proposal that no recent block had executed already.
    pub executed: Vec<Digest>,
    /// The leaves of the transaction tree, in order.
    pub records: Vec<TxRecord>,
    /// Which keys of which application changed to what.
    pub changes: Vec<Change>,
}
record!(StoredBlock {
    header: Header, proposal: Option<Proposal>, executed: Vec<Digest>, records: Vec<TxRecord>, changes: Vec<Change>,
});

/// A block as it travels to who must catch up: decided payload, batches, certificate; the header is recomputed
/// and compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertifiedBlock {
    /// The claimed header.
    pub header: Header,
    /// What was decided; `None` for a null request.
    pub proposal: Option<Proposal>,
    /// The batches it executes, in order.
    pub batches: Vec<std::sync::Arc<Batch>>,
    /// The proof that a quorum executed it to this header.
    pub certificate: BlockCertificate,
}
record!(CertifiedBlock {
    header: Header, proposal: Option<Proposal>, batches: Vec<std::sync::Arc<Batch>>, certificate: BlockCertificate,
});

impl std::fmt::Display for CertificateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooFew { have, need } => write!(f, "{have} validators signed, {need} must"),
            Self::TooMany => f.write_str("more signers than validators"),
            Self::BadSignature => {
                f.write_str("a signature does not hold, or its signer is no validator")
            }
            Self::OtherBlock => f.write_str("the certificate is for another block"),
        }
    }
}
impl std::error::Error for CertificateError {}

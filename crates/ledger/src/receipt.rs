//! Receipts: what anybody can check offline, knowing nothing but the genesis.

use codec::record;
use crypto::merkle;
use types::Digest;

use crate::{BlockCertificate, CertificateError, Genesis, Header, Lineage, LineageError, TxRecord};

/// A proof that a transaction was executed with an outcome, in a block that a quorum attests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The transaction and what became of it.
    pub record: TxRecord,
    /// Its place in the block.
    pub index: u32,
    /// The Merkle path from it to the header's root.
    pub path: Vec<Digest>,
    /// The block's header.
    pub header: Header,
    /// A quorum's attestations of the header.
    pub certificate: BlockCertificate,
    /// How that quorum's set follows from the genesis.
    pub lineage: Lineage,
}
record!(Receipt { record: TxRecord, index: u32, path: Vec<Digest>, header: Header, certificate: BlockCertificate, lineage: Lineage });

/// Why a receipt proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReceiptError {
    /// It is from another chain.
    WrongChain,
    /// The path does not lead to the header's root.
    NotIncluded,
    /// The certificate is not for this header, or does not hold.
    Certificate(CertificateError),
    /// It does not show who validated the chain at its height.
    Lineage(LineageError),
}

impl Receipt {
    /// Makes a receipt for the transaction at `index` of a block's records.
    #[must_use]
    pub fn new(
        header: Header,
        records: &[TxRecord],
        index: usize,
        certificate: BlockCertificate,
        lineage: Lineage,
    ) -> Option<Self> {
        let record = *records.get(index)?;
        let leaves: Vec<Digest> = records.iter().map(TxRecord::leaf).collect();
        let path = merkle::inclusion_path(&leaves, index);
        Some(Self { record, index: u32::try_from(index).ok()?, path, header, certificate, lineage })
    }

    /// Checks the receipt against the genesis, with nothing else.
    ///
    /// # Errors
    /// Where it does not prove what it claims.
    pub fn verify(&self, genesis: &Genesis) -> Result<(), ReceiptError> {
        if self.header.chain != genesis.chain_id() {
            return Err(ReceiptError::WrongChain);
        }
        let size = u64::from(self.header.tx_count);
        let root =
            merkle::root_of_inclusion(self.record.leaf(), self.index.into(), size, &self.path);
        if root != Some(self.header.tx_root) {
            return Err(ReceiptError::NotIncluded);
        }
        if self.certificate.height != self.header.height
            || self.certificate.block != self.header.hash()
        {
            return Err(ReceiptError::Certificate(CertificateError::OtherBlock));
        }
        let attesters = self.lineage.attesters(genesis, self.header.height);
        let attesters = attesters.map_err(ReceiptError::Lineage)?;
        self.certificate.verify(&attesters).map_err(ReceiptError::Certificate)
    }
}

impl std::fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::WrongChain => f.write_str("the receipt is from another chain than the genesis"),
            Self::NotIncluded => {
                f.write_str("the transaction is not in the block: the Merkle path leads elsewhere")
            }
            Self::Certificate(error) => write!(f, "the block's certificate does not hold: {error}"),
            Self::Lineage(error) => {
                write!(f, "the validators of its height do not follow from the genesis: {error}")
            }
        }
    }
}
impl std::error::Error for ReceiptError {}

#[cfg(test)]
mod tests;

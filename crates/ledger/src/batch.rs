//! Many transactions under one digest: what validators disseminate, and what a core orders by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use codec::{Decode, DecodeError, Encode, Reader};
use crypto::{Hasher, PreparedKey, Signature, verify_batch};
use types::limits::{BATCH_BYTES_MAX, BATCH_TXS_MAX};
use types::{Digest, NodeId};

use crate::transaction::{read_checked, tx_id};
use crate::{Account, SealedTransaction, TxView, tx_signing_bytes};

/// A validator's batch of client transactions, known to be well-formed and within limits.
///
/// Its bytes are: origin, number, count, then the transactions' encodings end to end. Its digest covers origin,
/// number and every transaction's id.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    origin: NodeId,
    number: u64,
    digest: Digest,
    ids: Vec<Digest>,
    /// Where each transaction begins in `bytes`; the last entry is the end.
    starts: Vec<u32>,
    bytes: Arc<[u8]>,
}

/// Why bytes are no batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchError {
    /// They do not decode.
    Malformed(DecodeError),
    /// They are more than [`BATCH_BYTES_MAX`].
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// No transaction at all: nobody needs that agreed.
    Empty,
    /// The client's signature on a transaction does not hold.
    BadClientSignature {
        /// Its place in the batch.
        index: usize,
    },
}

impl Batch {
    /// Seals transactions under `origin`'s running number.
    ///
    /// # Errors
    /// Where there are none, or too many.
    pub fn seal(
        origin: NodeId,
        number: u64,
        transactions: &[SealedTransaction],
    ) -> Result<Self, BatchError> {
        let length: usize = transactions.iter().map(|tx| tx.bytes().len()).sum();
        let mut bytes = Vec::with_capacity(14 + length);
        origin.encode(&mut bytes);
        number.encode(&mut bytes);
        u32::try_from(transactions.len()).unwrap_or(u32::MAX).encode(&mut bytes);
        transactions.iter().for_each(|tx| bytes.extend_from_slice(tx.bytes()));
        let ids = transactions.iter().map(SealedTransaction::id).collect();
        Self::build(bytes.into(), Some(ids))
    }

    /// Takes bytes from a peer.
    ///
    /// # Errors
    /// Where they are no batch; client signatures are a separate matter ([`check_client_signatures`]).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BatchError> {
        Self::build(bytes.into(), None)
    }

    fn build(bytes: Arc<[u8]>, ids: Option<Vec<Digest>>) -> Result<Self, BatchError> {
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(BatchError::TooLarge { bytes: bytes.len() });
        }
        let mut reader = Reader::new(&bytes);
        let origin = NodeId::decode(&mut reader)?;
        let number = u64::decode(&mut reader)?;
        let count = reader.length::<u8>("transactions", BATCH_TXS_MAX)?;
        if count == 0 {
            return Err(BatchError::Empty);
        }
        let mut starts = Vec::with_capacity(count + 1);
        let at =
            |reader: &Reader<'_>| u32::try_from(bytes.len() - reader.left()).unwrap_or(u32::MAX);
        for _ in 0..count {
            starts.push(at(&reader));
            TxView::read(&mut reader)?;
        }
        starts.push(at(&reader));
        reader.finish()?;
        let ids = ids.unwrap_or_else(|| {
            starts.windows(2).map(|range| tx_id(slice(&bytes, range))).collect()
        });
        let mut hasher = Hasher::new("unisono-batch");
        hasher.update(&bytes[..10]);
        ids.iter().for_each(|id| hasher.update(id.as_bytes()));
        Ok(Self { origin, number, digest: hasher.finish(), ids, starts, bytes })
    }

    /// Who sealed it.
    #[must_use]
    pub const fn origin(&self) -> NodeId {
        self.origin
    }
    /// Its origin's running number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
    /// The name that proposals use.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
    /// Its canonical bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// How many transactions it holds; never zero.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }
    /// Always false: an empty batch cannot be made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
    /// The transactions' ids, in order.
    #[must_use]
    pub fn ids(&self) -> &[Digest] {
        &self.ids
    }
    /// The transaction at a place, with its id.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<(Digest, TxView<'_>)> {
        let range = self.starts.get(index..index.checked_add(2)?)?;
        Some((*self.ids.get(index)?, read_checked(slice(&self.bytes, range))))
    }
    /// The transactions with their ids.
    pub fn transactions(&self) -> impl Iterator<Item = (Digest, TxView<'_>)> {
        self.ids.iter().copied().zip(self.encodings().map(read_checked))
    }
    /// The transactions' encodings.
    pub fn encodings(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.starts.windows(2).map(|range| slice(&self.bytes, range))
    }
}

fn slice<'a>(bytes: &'a [u8], range: &[u32]) -> &'a [u8] {
    &bytes[range[0] as usize..range[1] as usize]
}

/// Checks every client signature at once; `keys` remembers the senders' checked keys.
///
/// # Errors
/// The first transaction whose signature does not hold under the rule of [`crypto::verify_batch`].
pub fn check_client_signatures(
    batch: &Batch,
    keys: &mut BTreeMap<Account, PreparedKey>,
) -> Result<(), BatchError> {
    let mut items: Vec<(PreparedKey, Vec<u8>, Signature)> = Vec::with_capacity(batch.len());
    for (index, encoded) in batch.encodings().enumerate() {
        let view = read_checked(encoded);
        let key = match keys.get(&view.sender) {
            Some(key) => *key,
            None => {
                let key = PreparedKey::new(view.sender.0);
                let key = key.map_err(|_| BatchError::BadClientSignature { index })?;
                if keys.len() >= SENDER_KEYS_KEPT_MAX {
                    keys.pop_first();
                }
                keys.insert(view.sender, key);
                key
            }
        };
        items.push((key, tx_signing_bytes(encoded), view.signature));
    }
    if verify_batch(items.iter().map(|(key, bytes, signature)| (key, bytes.as_slice(), signature)))
    {
        return Ok(());
    }
    let bad =
        items.iter().position(|(key, bytes, signature)| key.verify(bytes, signature).is_err());
    Err(BatchError::BadClientSignature { index: bad.unwrap_or(0) })
}

/// Most sender keys that a signature check remembers.
const SENDER_KEYS_KEPT_MAX: usize = 65_536;

impl From<DecodeError> for BatchError {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}
impl Encode for Batch {
    fn encode(&self, out: &mut Vec<u8>) {
        // As one block: a list of bytes would be written byte by byte.
        out.reserve(4 + self.bytes.len());
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX).encode(out);
        out.extend_from_slice(&self.bytes);
    }
}
impl Decode for Batch {
    const BYTES_MIN: usize = 4 + 14;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = reader.length::<u8>("batch bytes", BATCH_BYTES_MAX)?;
        match Self::from_bytes(reader.take(length)?) {
            Ok(batch) => Ok(batch),
            Err(BatchError::Malformed(error)) => Err(error),
            Err(
                BatchError::Empty
                | BatchError::TooLarge { .. }
                | BatchError::BadClientSignature { .. },
            ) => Err(DecodeError::NotCanonical {
                what: "a batch holds 1 to its limit of transactions",
            }),
        }
    }
}
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}#{}({} txs)", self.origin, self.number, self.ids.len())
    }
}
impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "the batch does not decode: {error}"),
            Self::TooLarge { bytes } => {
                write!(f, "the batch has {bytes} bytes, at most {BATCH_BYTES_MAX} allowed")
            }
            Self::Empty => f.write_str("the batch is empty"),
            Self::BadClientSignature { index } => {
                write!(
                    f,
                    "the client's signature on transaction {index} of the batch does not hold"
                )
            }
        }
    }
}
impl std::error::Error for BatchError {}

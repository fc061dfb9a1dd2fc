//! What a client asks for: signed once, carried as bytes, read in place.

use std::fmt;
use std::sync::Arc;

use codec::{Bytes, Decode, DecodeError, Encode, Reader, record};
use crypto::{Sign, Signature};
use types::limits::TX_PAYLOAD_BYTES_MAX;
use types::{ChainId, Digest, Time};

/// A client: the 32 bytes of its public key. Whether they are a key is found out where a signature is checked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Account(pub [u8; 32]);

/// An application of the ledger, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct AppId(pub u16);

/// What is asked of which application.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Operation {
    /// The application.
    pub app: AppId,
    /// Its verb, by the application's own numbering.
    pub verb: u16,
}

/// A transaction with its parts in hand, for building and showing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// The chain it is for; refused on any other.
    pub chain: ChainId,
    /// Who asks.
    pub sender: Account,
    /// Tells the sender's transactions apart; each is executed once. A counter or a timestamp.
    pub nonce: u64,
    /// What is asked.
    pub operation: Operation,
    /// The operation's argument, at most [`TX_PAYLOAD_BYTES_MAX`] bytes.
    pub payload: Bytes,
    /// What the sender offers for being served early.
    pub fee: u64,
    /// The agreed time from which on it is refused, in microseconds.
    pub expires: Time,
    /// The sender's signature over all fields before it.
    pub signature: Signature,
}

record!(Transaction {
    chain: ChainId,
    sender: Account,
    nonce: u64,
    operation: Operation,
    payload: Bytes,
    fee: u64,
    expires: Time,
    signature: Signature
});
record!(Operation { app: AppId, verb: u16 });

/// A transaction read in place, without copying its payload.
#[derive(Clone, Copy, Debug)]
pub struct TxView<'a> {
    /// See [`Transaction::chain`].
    pub chain: ChainId,
    /// See [`Transaction::sender`].
    pub sender: Account,
    /// See [`Transaction::nonce`].
    pub nonce: u64,
    /// See [`Transaction::operation`].
    pub operation: Operation,
    /// See [`Transaction::payload`].
    pub payload: &'a [u8],
    /// See [`Transaction::fee`].
    pub fee: u64,
    /// See [`Transaction::expires`].
    pub expires: Time,
    /// See [`Transaction::signature`].
    pub signature: Signature,
}

impl<'a> TxView<'a> {
    /// Reads one transaction and moves `reader` behind it.
    ///
    /// # Errors
    /// Where the bytes are no transaction, or its payload is too long.
    pub fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            chain: ChainId::decode(reader)?,
            sender: Account::decode(reader)?,
            nonce: u64::decode(reader)?,
            operation: Operation::decode(reader)?,
            payload: {
                let length = reader.length::<u8>("payload bytes", TX_PAYLOAD_BYTES_MAX)?;
                reader.take(length)?
            },
            fee: u64::decode(reader)?,
            expires: Time::decode(reader)?,
            signature: Signature::decode(reader)?,
        })
    }

    /// A copy with its own payload.
    #[must_use]
    pub fn to_owned(&self) -> Transaction {
        Transaction {
            chain: self.chain,
            sender: self.sender,
            nonce: self.nonce,
            operation: self.operation,
            payload: Bytes(self.payload.to_vec()),
            fee: self.fee,
            expires: self.expires,
            signature: self.signature,
        }
    }
}

/// What stands before a transaction under its signature.
const SIGNING_DOMAIN: &[u8] = b"unisono-tx/1\0";

/// The bytes that a sender signs: a domain, then the transaction's encoding up to its signature.
#[must_use]
pub fn tx_signing_bytes(encoded: &[u8]) -> Vec<u8> {
    let body = &encoded[..encoded.len().saturating_sub(Signature::BYTES_MIN)];
    [SIGNING_DOMAIN, body].concat()
}

/// Signs a transaction in place and names its sender after the key.
pub fn sign_transaction(transaction: &mut Transaction, key: &dyn Sign) {
    transaction.sender = Account(key.public().to_bytes());
    let length = Transaction::BYTES_MIN + transaction.payload.0.len();
    let mut bytes = Vec::with_capacity(SIGNING_DOMAIN.len() + length);
    bytes.extend_from_slice(SIGNING_DOMAIN);
    transaction.encode(&mut bytes);
    bytes.truncate(bytes.len() - Signature::BYTES_MIN);
    transaction.signature = key.sign(&bytes);
}

/// A transaction as the bytes that travel, known to be well-formed, with its identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedTransaction {
    id: Digest,
    bytes: Arc<[u8]>,
}

impl SealedTransaction {
    /// Takes bytes from outside.
    ///
    /// # Errors
    /// Where they are not one whole transaction.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        TxView::read(&mut reader)?;
        reader.finish()?;
        Ok(Self { id: tx_id(bytes), bytes: bytes.into() })
    }
    /// Seals a transaction of one's own.
    ///
    /// # Errors
    /// Where its payload is too long.
    pub fn new(transaction: &Transaction) -> Result<Self, DecodeError> {
        let length = transaction.payload.0.len();
        if length > TX_PAYLOAD_BYTES_MAX {
            let (of, max) = ("payload bytes", TX_PAYLOAD_BYTES_MAX);
            return Err(DecodeError::TooLong { of, length, max });
        }
        let mut bytes = Vec::with_capacity(Transaction::BYTES_MIN + length);
        transaction.encode(&mut bytes);
        Ok(Self { id: tx_id(&bytes), bytes: bytes.into() })
    }
    /// The digest of all its bytes.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }
    /// Its canonical bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// Its parts.
    #[must_use]
    pub fn view(&self) -> TxView<'_> {
        read_checked(&self.bytes)
    }
}

/// The identity of a transaction: the digest of all its bytes, signature included.
pub(crate) fn tx_id(bytes: &[u8]) -> Digest {
    crypto::hash("unisono-tx", bytes)
}

/// Reads bytes that were read before.
pub(crate) fn read_checked(bytes: &[u8]) -> TxView<'_> {
    match TxView::read(&mut Reader::new(bytes)) {
        Ok(view) => view,
        Err(error) => unreachable!("these bytes were a transaction when they were sealed: {error}"),
    }
}

impl Account {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        Digest::from_hex(text).map(|digest| Self(*digest.as_bytes()))
    }
}
impl Encode for Account {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for Account {
    const BYTES_MIN: usize = 32;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}
impl Encode for AppId {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for AppId {
    const BYTES_MIN: usize = 2;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        u16::decode(reader).map(Self)
    }
}
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Digest::new(self.0))
    }
}
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", Digest::new(self.0))
    }
}

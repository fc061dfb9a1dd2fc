//! Ed25519 under one acceptance rule, the same alone and in a batch.
//!
//! The rule: ZIP-215 (canonical `s`, cofactored equation), and no public key of small order. ZIP-215 makes a
//! batch accept exactly what single verification accepts; refusing small-order keys is a property of the key
//! alone, so it keeps that equality and closes the door to signatures that fit every message.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use codec::{Decode, DecodeError, Encode, Reader};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use ed25519_zebra::{SigningKey, VerificationKeyBytes};
use sha2::{Digest as _, Sha512};

mod batch;

pub(crate) use batch::Batch;
pub use batch::{BatchKey, verify_batch};

/// A public key: 32 bytes that do not encode a point of small order.
///
/// [`PublicKey::new`] also checks that they encode a point at all. Decoding does not, because finding the point
/// costs microseconds and a transaction's sender is decoded far more often than checked; a key that is no point
/// verifies nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(VerificationKeyBytes);

/// A public key with its point at hand, for a key that checks many signatures.
#[derive(Clone, Copy, Debug)]
pub struct PreparedKey {
    key: PublicKey,
    /// The point, negated, as both equations want it.
    minus_a: Option<EdwardsPoint>,
}

/// Sixty-four bytes that claim to be a signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 64]);

/// A private key. Its bytes come from the operating system's randomness, in the node, never from a name.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

/// Whatever signs with one Ed25519 key: the key in memory, or something that keeps it to itself.
pub trait Sign: fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    /// The key that others know.
    fn public(&self) -> PublicKey;
    /// Signs (RFC 8032): the signature holds, or the call does not return.
    fn sign(&self, message: &[u8]) -> Signature;
}

/// Why a key or a signature is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureError {
    /// The public key is not a point of the curve.
    NotAPoint,
    /// The public key is of small order: some signature would fit every message.
    SmallOrder,
    /// The signature does not fit the key and the message.
    Mismatch,
}

impl PublicKey {
    /// Checks a public key's bytes.
    ///
    /// # Errors
    /// Where they are not a point, or one of small order.
    pub fn new(bytes: [u8; 32]) -> Result<Self, SignatureError> {
        PreparedKey::new(bytes).map(|prepared| prepared.key)
    }

    fn of_large_order(bytes: [u8; 32]) -> Result<Self, SignatureError> {
        if is_small_order(bytes) {
            return Err(SignatureError::SmallOrder);
        }
        Ok(Self(VerificationKeyBytes::from(bytes)))
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.into()
    }

    /// Checks one signature.
    ///
    /// # Errors
    /// Where it does not fit.
    pub fn verify(self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        self.prepare().verify(message, signature)
    }

    /// Finds the point once, for many signatures.
    #[must_use]
    pub fn prepare(self) -> PreparedKey {
        let point = CompressedEdwardsY(self.0.into()).decompress();
        PreparedKey { key: self, minus_a: point.map(|point| -point) }
    }
}

impl PreparedKey {
    /// As [`PublicKey::new`], and keeps the point that was found.
    ///
    /// # Errors
    /// Where the bytes are not a point, or one of small order.
    pub fn new(bytes: [u8; 32]) -> Result<Self, SignatureError> {
        let point = CompressedEdwardsY(bytes).decompress().ok_or(SignatureError::NotAPoint)?;
        Ok(Self { key: PublicKey::of_large_order(bytes)?, minus_a: Some(-point) })
    }
    /// The key without its point.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }
    /// As [`PublicKey::verify`]: `8 (sB - R - kA) = 0`.
    ///
    /// # Errors
    /// Where the signature does not fit.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        let minus_a = self.minus_a.ok_or(SignatureError::NotAPoint)?;
        let (s, r) = signature.parts().ok_or(SignatureError::Mismatch)?;
        let k = challenge(self.key, message, signature);
        let sum = EdwardsPoint::vartime_double_scalar_mul_basepoint(&k, &minus_a, &s) - r;
        sum.mul_by_cofactor().is_identity().then_some(()).ok_or(SignatureError::Mismatch)
    }
}

/// `k`: SHA-512 of `R`, the key and the message.
fn challenge(key: PublicKey, message: &[u8], signature: &Signature) -> Scalar {
    let hash = Sha512::new_with_prefix(&signature.0[..32]);
    Scalar::from_hash(hash.chain_update(key.0).chain_update(message))
}

/// The `y` of every encoding of a point of small order: 0, 1 and -1, each once more unreduced where it still fits
/// 255 bits, and the two of order eight.
const SMALL_ORDER: [[u8; 32]; 7] = [
    small(0x00, 0x00, 0x00),
    small(0x01, 0x00, 0x00),
    small(0xec, 0xff, 0x7f),
    small(0xed, 0xff, 0x7f),
    small(0xee, 0xff, 0x7f),
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
];

const fn small(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Whether the bytes encode a point of small order; the sign bit makes no difference to that.
fn is_small_order(mut bytes: [u8; 32]) -> bool {
    bytes[31] &= 0x7f;
    SMALL_ORDER.contains(&bytes)
}

impl SecretKey {
    /// Makes a key from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from(seed))
    }
    /// The 32 bytes to keep secret.
    #[must_use]
    pub fn to_seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }
    /// The key that others know.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(VerificationKeyBytes::from(&self.0))
    }
    /// Signs (RFC 8032, deterministic: the same message gives the same bytes after a restart).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl Sign for SecretKey {
    fn public(&self) -> PublicKey {
        self.public()
    }
    fn sign(&self, message: &[u8]) -> Signature {
        self.sign(message)
    }
}

impl Signature {
    /// No signature: what an unsigned transaction carries.
    pub const NONE: Self = Self([0; 64]);

    /// `s`, which must be canonical, and `R`, which need not be; `None` where they are no number and no point.
    fn parts(&self) -> Option<(Scalar, EdwardsPoint)> {
        let (r, s) = self.0.split_first_chunk::<32>()?;
        let s = Scalar::from_canonical_bytes(*s.first_chunk()?);
        Option::from(s).zip(CompressedEdwardsY(*r).decompress())
    }
}

impl Encode for PublicKey {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_ref());
    }
}
impl Decode for PublicKey {
    const BYTES_MIN: usize = 32;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::of_large_order(reader.array()?)
            .map_err(|_| DecodeError::NotCanonical { what: "a public key is not of small order" })
    }
}
impl Encode for Signature {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for Signature {
    const BYTES_MIN: usize = 64;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(reader.array()?))
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, self.0.as_ref())
    }
}
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0.as_ref()[..4])
    }
}
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0[..4])
    }
}
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAPoint => "the public key is not a point of the curve",
            Self::SmallOrder => "the public key is of small order",
            Self::Mismatch => "the signature does not fit the key and the message",
        })
    }
}
impl std::error::Error for SignatureError {}

#[cfg(test)]
mod tests;

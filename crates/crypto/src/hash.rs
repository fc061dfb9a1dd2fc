//! SHA-256, with a domain before every input so that no two kinds of value share a digest.

use sha2::{Digest as _, Sha256};
use types::Digest;

/// The digest of `bytes` as a value of the kind that `domain` names.
#[must_use]
pub fn hash(domain: &'static str, bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new(domain);
    hasher.update(bytes);
    hasher.finish()
}

/// What a proof of work compares with its target, as a big-endian number.
#[must_use]
pub fn work(work: &Digest, nonce: u64) -> Digest {
    sha256(&[work.as_bytes(), &nonce.to_le_bytes()])
}

/// Plain SHA-256, for formats that others define (RFC 6962).
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Digest::new(hasher.finalize().into())
}

/// A digest taken in several steps.
#[derive(Clone, Debug)]
pub struct Hasher(Sha256);

impl Hasher {
    /// Starts with the domain and its length, so that no domain is a prefix of another's input.
    #[must_use]
    pub fn new(domain: &'static str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update([u8::try_from(domain.len()).unwrap_or(u8::MAX)]);
        hasher.update(domain.as_bytes());
        Self(hasher)
    }
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    /// Ends the digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::new(self.0.finalize().into())
    }
}

//! Hash, sign, verify and prove: the only place that may call a message verified.
//!
//! - [`hash`]: SHA-256 with a domain before every input.
//! - [`SecretKey`], [`PublicKey`], [`verify_batch`]: Ed25519 under one acceptance rule (`docs/decisions/003`).
//! - [`Signer`], [`Verifier`], [`Signed`], [`Verified`]: statements bound to a chain, a validator set and a protocol.
//! - [`bls`]: signatures that fold into one, where the build has them.
//! - [`Certificate`], [`Epochs`]: a quorum's signatures under one statement, checked against the set of its time.
//! - [`merkle`]: RFC 6962 trees, inclusion and consistency proofs.

pub mod bls;
mod certificate;
mod cheap;
mod ed25519;
mod epochs;
mod hash;
mod keys;
mod known;
pub mod merkle;
mod signatures;
mod signed;
mod verifier;

pub use certificate::{Aggregate, Certificate};
pub use ed25519::{
    BatchKey, PreparedKey, PublicKey, SecretKey, Sign, Signature, SignatureError, verify_batch,
};
pub use epochs::{CertificateError, EPOCHS_KEPT_MAX, Epochs};
pub use hash::{Hasher, hash, sha256, work};
pub use keys::{KeyRing, Scheme, SimulatedKey};
pub use known::CERTIFICATES_KNOWN_MAX;
pub use signatures::Signatures;
pub use signed::{
    Authentic, Check, Domain, InEpoch, Signed, SignedBy, SignedBytes, Signer, Statement, Verified,
};
pub use verifier::{Verifier, VerifyError};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

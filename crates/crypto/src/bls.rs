//! BLS12-381 signatures that fold into one: signatures in G1 (48 bytes), keys in G2 (96 bytes).
//!
//! The ciphersuite is the proof-of-possession one of draft-irtf-cfrg-bls-signature. A key enters a
//! [`crate::KeyRing`] only with a [`Possession`], a signature under the key itself: without it, somebody could
//! choose a key as a function of others' keys and fold signatures in their names (a rogue key).
//!
//! The arithmetic is blst's, which needs a C compiler. A build for WebAssembly, or one without the feature `bls`,
//! has the types and no arithmetic: [`crate::Scheme::is_available`] says so.

use std::fmt;

use codec::{Decode, DecodeError, Encode, Reader};
use types::NodeId;

#[cfg(all(feature = "bls", not(target_family = "wasm")))]
#[path = "bls/present.rs"]
mod arithmetic;
#[cfg(not(all(feature = "bls", not(target_family = "wasm"))))]
#[path = "bls/absent.rs"]
mod arithmetic;

pub use arithmetic::SecretKey;
pub(crate) use arithmetic::{AVAILABLE, Batch, Keys, fold, simulated};

/// Ninety-six bytes that claim to be a public key: they are checked where they enter a key ring.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 96]);

/// Forty-eight bytes that claim to prove that somebody holds the secret half of a public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Possession(pub [u8; 48]);

/// Why a replica set has no key ring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyError {
    /// The key of this member is no point of the group, or the one that fits everything.
    NotAKey(NodeId),
    /// Nobody has shown to hold the secret half of this member's key.
    NotPossessed(NodeId),
    /// Another member has this member's key.
    Repeated(NodeId),
    /// This build has no BLS.
    Unavailable,
}

impl Encode for PublicKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for PublicKey {
    const BYTES_MIN: usize = 96;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}
impl Encode for Possession {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}
impl Decode for Possession {
    const BYTES_MIN: usize = 48;
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0)
    }
}
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0[..4])
    }
}
impl fmt::Debug for Possession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(f, &self.0[..4])
    }
}
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}
impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey(member) => write!(f, "the BLS key of {member} is no key"),
            Self::NotPossessed(member) => {
                write!(f, "nobody has shown to hold the secret half of {member}'s BLS key")
            }
            Self::Repeated(member) => write!(f, "{member} has another member's BLS key"),
            Self::Unavailable => f.write_str("this build has no BLS"),
        }
    }
}
impl std::error::Error for KeyError {}

#[cfg(all(test, feature = "bls", not(target_family = "wasm")))]
mod tests;

//! Keep secret keys in files, and say in signed statements whose keys they are.

mod attestation;
mod error;
mod file;
mod key;
mod passphrase;
mod pkcs8;
#[cfg(feature = "hsm")]
mod token;

use crypto::SecretKey;

pub use attestation::{Attestation, AttestationError, Purpose, Statement, Trust};
pub use error::KeyError;
pub use file::{Form, KeyFile, create, peek, read, replace};
pub use key::{Key, Lost, create_in_token, open};
pub use passphrase::{PASSPHRASE_VARIABLE, Passphrase, Source, Unlock};

#[cfg(feature = "hsm")]
pub use token::{Token, TokenError};

/// Makes a key from the operating system's randomness.
///
/// # Errors
/// Where there is none.
pub fn generate() -> Result<SecretKey, KeyError> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(KeyError::NoRandomness)?;
    Ok(SecretKey::from_seed(*seed))
}

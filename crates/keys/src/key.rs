//! A key that signs: in memory, or in a token that keeps it to itself.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use crypto::{PublicKey, SecretKey, Sign};

#[cfg(feature = "hsm")]
use crate::Token;
use crate::file::{self, Form};
use crate::{KeyError, Unlock};

/// A key that was opened.
#[derive(Debug)]
pub enum Key {
    /// It is here.
    Memory(Arc<SecretKey>),
    /// A token signs with it.
    #[cfg(feature = "hsm")]
    Token(Token),
}

/// What a program does where a token stops signing. There is no signature to go on with, so it never returns.
pub type Lost = fn(&dyn Error) -> !;

/// Opens a key for signing: that of the file, or the one in a token that the file names.
///
/// # Errors
/// As [`crate::read`], and where the token, its PIN or the key in it is not to be had.
pub fn open(path: &Path, unlock: &mut Unlock) -> Result<Key, KeyError> {
    let (public, form) = file::peek(path)?;
    let key = match form {
        Form::Token => in_token(path, unlock)?,
        Form::Plain | Form::Encrypted | Form::Hex => {
            Key::Memory(Arc::new(file::read(path, unlock)?.key))
        }
    };
    match public {
        Some(public) if public != key.public() => Err(file::holds_another(path, public)),
        Some(_) | None => Ok(key),
    }
}

#[cfg(feature = "hsm")]
fn in_token(path: &Path, unlock: &mut Unlock) -> Result<Key, KeyError> {
    let uri = file::read_reference(path)?;
    crate::token::open(path, &uri, unlock).map(Key::Token)
}
#[cfg(not(feature = "hsm"))]
fn in_token(path: &Path, _: &mut Unlock) -> Result<Key, KeyError> {
    Err(KeyError::NoTokens { path: path.to_owned() })
}

/// Makes a key in the token that a URI names (RFC 7512), and a file that names it. The file holds no secret.
///
/// # Errors
/// Where the file is there already, the program was built without tokens, or the token makes no such key.
#[cfg(feature = "hsm")]
pub fn create_in_token(path: &Path, uri: &str, unlock: &mut Unlock) -> Result<Key, KeyError> {
    if path.exists() {
        return Err(KeyError::Exists { path: path.to_owned() });
    }
    let token = crate::token::generate(path, uri, unlock)?;
    file::create_reference(path, token.public(), uri)?;
    Ok(Key::Token(token))
}
/// Makes no key: this program was built without tokens.
///
/// # Errors
/// Always.
#[cfg(not(feature = "hsm"))]
pub fn create_in_token(path: &Path, _: &str, _: &mut Unlock) -> Result<Key, KeyError> {
    Err(KeyError::NoTokens { path: path.to_owned() })
}

impl Key {
    /// The key that others know.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Memory(key) => key.public(),
            #[cfg(feature = "hsm")]
            Self::Token(token) => token.public(),
        }
    }
    /// As something that signs; `lost` is called where a token does not sign any more.
    #[must_use]
    pub fn into_signer(self, lost: Lost) -> Arc<dyn Sign> {
        match self {
            Self::Memory(key) => {
                let _ = lost;
                key
            }
            #[cfg(feature = "hsm")]
            Self::Token(token) => Arc::new(crate::token::Held { token, lost }),
        }
    }
}

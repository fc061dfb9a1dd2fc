//! Keys that never leave a token: PKCS#11, Ed25519 by `CKM_EDDSA` (feature `hsm`).

mod uri;

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crypto::{PublicKey, Sign, Signature, SignatureError};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use thiserror::Error;

use crate::key::Lost;
use crate::passphrase::Source;
use crate::{KeyError, Passphrase, Unlock};

use uri::Uri;

/// `edwards25519` as a printable string, which names the curve (PKCS#11 3.0, section 2.3.10).
const CURVE: [u8; 14] = *b"\x13\x0cedwards25519";
/// `OCTET STRING` of 32 bytes: what stands before a point in `CKA_EC_POINT`.
const POINT_PREFIX: [u8; 2] = [0x04, 0x20];

/// Why a token does not sign.
#[derive(Debug, Error)]
pub enum TokenError {
    /// The module or the token refuses.
    #[error("the token refuses: {0}")]
    Refused(#[from] Error),
    /// No slot holds a token of this label.
    #[error("no token is called `{0}`")]
    NoToken(String),
    /// The token holds no such key, or several.
    #[error("the token holds {count} keys that are called `{label}`, and one is needed")]
    NotOne {
        /// The key's label.
        label: String,
        /// How many there are.
        count: usize,
    },
    /// The URI names no key.
    #[error("`{uri}` names no key: {why}")]
    BadUri {
        /// The URI.
        uri: String,
        /// What is wrong with it.
        why: String,
    },
    /// What the token gives is no Ed25519 key.
    #[error("the token's key `{0}` is no Ed25519 key")]
    NotEd25519(String),
    /// The token's signature does not hold.
    #[error("the token has signed wrongly: {0}")]
    BadSignature(SignatureError),
}

/// A key in a token, ready to sign.
#[derive(Debug)]
pub struct Token {
    session: Mutex<Session>,
    private: ObjectHandle,
    public: PublicKey,
}

/// A token's key that is relied on: where it does not sign any more, `lost` is called.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) token: Token,
    pub(crate) lost: Lost,
}

impl Sign for Held {
    fn public(&self) -> PublicKey {
        self.token.public()
    }
    fn sign(&self, message: &[u8]) -> Signature {
        match self.token.sign(message) {
            Ok(signature) => signature,
            Err(error) => (self.lost)(&error),
        }
    }
}

/// Opens the key that a URI names.
pub(crate) fn open(path: &Path, uri: &str, unlock: &mut Unlock) -> Result<Token, KeyError> {
    by_uri(path, uri, unlock, Token::open)
}

/// Makes the key that a URI names.
pub(crate) fn generate(path: &Path, uri: &str, unlock: &mut Unlock) -> Result<Token, KeyError> {
    by_uri(path, uri, unlock, Token::generate)
}

/// The PIN is that of the URI's own source, else the passphrase of all keys.
fn by_uri(
    path: &Path,
    uri: &str,
    unlock: &mut Unlock,
    take: impl FnOnce(&Path, &str, &str, &Passphrase) -> Result<Token, TokenError>,
) -> Result<Token, KeyError> {
    let trouble = |error| KeyError::Token { path: path.to_owned(), error };
    let uri = Uri::read(uri).map_err(trouble)?;
    let mut own = uri.pin_source.map(|file| Unlock::new(Source::File(file)));
    let pin = own.as_mut().unwrap_or(unlock).passphrase(path)?;
    take(&uri.module, &uri.token, &uri.object, pin).map_err(trouble)
}

impl Token {
    /// Opens a key by its label, in the token of a label, through a module (a shared library). The PIN is the user's.
    ///
    /// # Errors
    /// Where the module, the token, the PIN or the key is not to be had.
    pub fn open(
        module: &Path,
        token: &str,
        key: &str,
        pin: &Passphrase,
    ) -> Result<Self, TokenError> {
        let session = login(module, token, pin)?;
        let find = |class: ObjectClass| -> Result<ObjectHandle, TokenError> {
            let found = session.find_objects(&[
                Attribute::Class(class),
                Attribute::KeyType(KeyType::EC_EDWARDS),
                Attribute::Label(key.as_bytes().to_vec()),
            ])?;
            match found[..] {
                [one] => Ok(one),
                _ => Err(TokenError::NotOne { label: key.to_owned(), count: found.len() }),
            }
        };
        let private = find(ObjectClass::PRIVATE_KEY)?;
        let public = public_half(&session, find(ObjectClass::PUBLIC_KEY)?, key)?;
        Ok(Self { session: Mutex::new(session), private, public })
    }

    /// Makes a key in the token, which never gives it away.
    ///
    /// # Errors
    /// As [`Self::open`], and where there is a key of this label.
    pub fn generate(
        module: &Path,
        token: &str,
        key: &str,
        pin: &Passphrase,
    ) -> Result<Self, TokenError> {
        let session = login(module, token, pin)?;
        let label = Attribute::Label(key.as_bytes().to_vec());
        let private = Attribute::Class(ObjectClass::PRIVATE_KEY);
        let there = session.find_objects(&[private, label.clone()])?.len();
        if there > 0 {
            return Err(TokenError::NotOne { label: key.to_owned(), count: there + 1 });
        }
        let (public, private) = session.generate_key_pair(
            &Mechanism::EccEdwardsKeyPairGen,
            &[
                Attribute::Token(true),
                Attribute::Private(false),
                Attribute::Verify(true),
                Attribute::EcParams(CURVE.to_vec()),
                label.clone(),
            ],
            &[
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
                label,
            ],
        )?;
        let public = public_half(&session, public, key)?;
        Ok(Self { session: Mutex::new(session), private, public })
    }

    /// The key that others know.
    #[must_use]
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs (RFC 8032), and checks what the token gives by the rule that everybody will check it by.
    ///
    /// # Errors
    /// Where the token is gone, or signs wrongly.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, TokenError> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = session.sign(&mechanism, self.private, message)?;
        let bytes = <[u8; 64]>::try_from(bytes);
        let signature =
            bytes.map(Signature).map_err(|_| TokenError::BadSignature(SignatureError::Mismatch))?;
        self.public.verify(message, &signature).map_err(TokenError::BadSignature)?;
        Ok(signature)
    }
}

fn login(module: &Path, token: &str, pin: &Passphrase) -> Result<Session, TokenError> {
    let client = Pkcs11::new(module)?;
    match client.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // One process may open several keys.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(error.into()),
    }
    for slot in client.get_slots_with_token()? {
        if client.get_token_info(slot)?.label().trim_end() == token {
            let session = client.open_rw_session(slot)?;
            let pin = AuthPin::new(pin.as_str().into());
            match session.login(UserType::User, Some(&pin)) {
                Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
                Err(error) => return Err(error.into()),
            }
            return Ok(session);
        }
    }
    Err(TokenError::NoToken(token.to_owned()))
}

fn public_half(session: &Session, key: ObjectHandle, label: &str) -> Result<PublicKey, TokenError> {
    let none = || TokenError::NotEd25519(label.to_owned());
    let attributes = session.get_attributes(key, &[AttributeType::EcPoint])?;
    let [Attribute::EcPoint(point)] = &attributes[..] else { return Err(none()) };
    // Some tokens wrap the point, some do not.
    let raw = match point.len() {
        34 => point.strip_prefix(&POINT_PREFIX).ok_or_else(none)?,
        _ => point,
    };
    let bytes = <[u8; 32]>::try_from(raw).map_err(|_| none())?;
    PublicKey::new(bytes).map_err(|_| none())
}

#[cfg(test)]
mod tests;

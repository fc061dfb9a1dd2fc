//! No arithmetic: nobody has a key, so nothing is signed and nothing holds.

use types::Prng;

use super::{KeyError, Possession, PublicKey};
use crate::keys::VerifyingKeys;
use crate::{Aggregate, Domain, Signature, Signatures, SignedBytes};

/// Whether this build can sign and check.
pub(crate) const AVAILABLE: bool = false;

/// A private key, which nobody has in this build.
#[derive(Clone)]
pub enum SecretKey {}

impl SecretKey {
    pub(crate) const fn sign(&self, _message: &[u8]) -> Signature {
        match *self {}
    }
}

/// The keys of a replica set, which no set has in this build.
#[derive(Debug)]
pub(crate) enum Keys {}

impl Keys {
    pub(crate) fn proven(_keys: &[(PublicKey, Possession)]) -> Result<Self, KeyError> {
        Err(KeyError::Unavailable)
    }
    pub(crate) const fn pick(&self, _places: &[usize]) -> VerifyingKeys {
        match *self {}
    }
    pub(crate) const fn len(&self) -> usize {
        match *self {}
    }
}

pub(crate) const fn simulated(_n: usize, _prng: &mut Prng) -> Option<(Keys, Vec<SecretKey>)> {
    None
}

pub(crate) const fn fold(_votes: &Signatures) -> Option<Aggregate> {
    None
}

pub(crate) struct Batch<'a>(&'a Keys);

impl<'a> Batch<'a> {
    pub(crate) const fn new(keys: &'a Keys) -> Self {
        Self(keys)
    }
}
impl crate::verifier::Batch for Batch<'_> {
    fn add(&mut self, _domain: Domain, _signed: &SignedBytes<'_>) -> bool {
        match *self.0 {}
    }
    fn holds(&self) -> bool {
        match *self.0 {}
    }
}

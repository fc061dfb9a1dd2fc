//! Certificates against the replica set of their own time.

use std::collections::VecDeque;
use std::fmt;

use types::{Height, NodeId, Quorum};

use crate::{Authentic, Certificate, Check, Statement, Verifier};

/// Most replica sets that are remembered; certificates of older ones are refused.
pub const EPOCHS_KEPT_MAX: usize = 64;

/// The replica sets of a chain, each from the height on at which it took effect.
///
/// Each has a verifier of its own, whose domain names the set: a signature made under another set holds in none
/// but that.
#[derive(Clone, Debug)]
pub struct Epochs(VecDeque<(Height, Verifier)>);

/// Why a certificate certifies nothing. All of these are counted drops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateError {
    /// Fewer have signed than a quorum.
    TooFew {
        /// How many have.
        have: usize,
        /// How many must.
        need: usize,
    },
    /// A signer is not of the set.
    Stranger(NodeId),
    /// The signatures do not hold for the statement under this set.
    BadSignature,
    /// The set of that height is not known, or not any more.
    UnknownEpoch,
}

impl Verifier {
    /// Checks that a quorum of this verifier's replica set has signed `statement`.
    ///
    /// # Errors
    /// Where it has not.
    pub fn certifies<S: Statement>(
        &self,
        statement: &S,
        certificate: &Certificate,
    ) -> Result<(), CertificateError> {
        let quorum = Quorum::of(self.len());
        if let Some(stranger) = certificate.signers().find(|signer| signer.index() >= self.len()) {
            return Err(CertificateError::Stranger(stranger));
        }
        let have = certificate.len();
        if !quorum.is_met(have) {
            return Err(CertificateError::TooFew { have, need: quorum.size() });
        }
        let shown = Shown { statement, certificate };
        self.holds(&shown).then_some(()).ok_or(CertificateError::BadSignature)
    }
}

impl Epochs {
    /// The first set, from the genesis on.
    #[must_use]
    pub fn new(first: Verifier) -> Self {
        Self(VecDeque::from([(Height::ZERO, first)]))
    }
    /// Another set takes effect; false, and nothing changes, where `from` is not above all heights before.
    pub fn begin(&mut self, from: Height, set: Verifier) -> bool {
        if self.0.back().is_some_and(|&(last, _)| from <= last) {
            return false;
        }
        if self.0.len() >= EPOCHS_KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back((from, set));
        true
    }
    /// The set in effect at a height, if it is remembered.
    #[must_use]
    pub fn at(&self, height: Height) -> Option<&Verifier> {
        let behind = self.0.partition_point(|&(from, _)| from <= height);
        self.0.get(behind.checked_sub(1)?).map(|(_, set)| set)
    }
    /// Checks a certificate for a statement about a height against the set of that height.
    ///
    /// # Errors
    /// As [`Verifier::certifies`], and where that set is not remembered.
    pub fn certifies<S: Statement>(
        &self,
        height: Height,
        statement: &S,
        certificate: &Certificate,
    ) -> Result<(), CertificateError> {
        let set = self.at(height).ok_or(CertificateError::UnknownEpoch)?;
        set.certifies(statement, certificate)
    }
}

/// A statement and the certificate for it, by themselves.
struct Shown<'a, S> {
    statement: &'a S,
    certificate: &'a Certificate,
}
impl<S: Statement> Authentic for Shown<'_, S> {
    fn author(&self) -> Option<NodeId> {
        None
    }
    fn check_signatures(&self, check: Check<'_>) -> bool {
        self.certificate.check(self.statement, check)
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { have, need } => write!(f, "{have} have signed, {need} must"),
            Self::Stranger(signer) => write!(f, "{signer} is not of the set"),
            Self::BadSignature => f.write_str("the signatures do not hold for the statement"),
            Self::UnknownEpoch => f.write_str("the replica set of that height is not known"),
        }
    }
}
impl std::error::Error for CertificateError {}

#[cfg(test)]
mod tests;

//! Remembers the last certified blocks, so that a late attestation of one of them costs no signature check.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use ledger::{Attestation, BlockCertificate};

/// Most certified blocks remembered: attestations come late by a few blocks, not by many.
const KEPT_MAX: usize = 64;

/// The last certified blocks.
#[derive(Debug, Default)]
pub(crate) struct Settled(Mutex<VecDeque<Attestation>>);

impl Settled {
    pub(crate) fn add(&self, certificate: &BlockCertificate) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(Attestation { height: certificate.height, block: certificate.block });
    }

    /// Whether an attestation says what a certificate says already. One that says otherwise is evidence, and is
    /// checked.
    pub(crate) fn has(&self, attestation: &Attestation) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().any(|settled| settled == attestation)
    }
}

#[cfg(test)]
mod tests;

//! Certificates that have been found to hold, so that the next copy costs a digest.

use std::collections::BTreeSet;

use types::Digest;

use crate::signed::SignedBy;
use crate::{Domain, Hasher, SignedBytes};

/// Most certificates that a verifier remembers.
pub const CERTIFICATES_KNOWN_MAX: usize = 1_024;

/// The names of certificates that hold, in two generations: the younger one fills up and replaces the older.
///
/// Only what has been checked enters, and a name covers every byte that the check reads, so nothing that a peer
/// sends can make a certificate pass that would fail.
#[derive(Debug, Default)]
pub(crate) struct Known {
    young: BTreeSet<Digest>,
    old: BTreeSet<Digest>,
}

impl Known {
    pub(crate) fn contains(&self, name: &Digest) -> bool {
        self.young.contains(name) || self.old.contains(name)
    }
    pub(crate) fn insert(&mut self, name: Digest) {
        if self.young.len() >= CERTIFICATES_KNOWN_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name);
    }
    pub(crate) fn len(&self) -> usize {
        self.young.union(&self.old).count()
    }
}

/// What a certificate is known by; `None` for a lone signature, which is not worth it.
pub(crate) fn name(domain: Domain, signed: &SignedBytes<'_>) -> Option<Digest> {
    let mut bytes = Vec::new();
    signed.write_in(domain, &mut bytes);
    let statement_bytes = bytes.len() as u64;
    match signed.by {
        SignedBy::One(..) => return None,
        SignedBy::Each(list) => codec::Encode::encode(list, &mut bytes),
        SignedBy::Together(aggregate) => codec::Encode::encode(aggregate, &mut bytes),
    }
    let folded = matches!(signed.by, SignedBy::Together(_));
    let mut hasher = Hasher::new("unisono-certificate");
    hasher.update(&[u8::from(folded)]);
    hasher.update(&statement_bytes.to_le_bytes());
    hasher.update(&bytes);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests;

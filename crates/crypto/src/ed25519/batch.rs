//! Many signatures at once: one random sum of their equations.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use curve25519_dalek::constants::ED25519_BASEPOINT_POINT;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use types::NodeId;

use super::{PreparedKey, PublicKey, Signature, challenge};
use crate::signed::SignedBy;
use crate::{Domain, Hasher, SignedBytes};

/// A key that a batch can use: found already, or to be found once for each batch.
pub trait BatchKey {
    /// The key.
    fn key(&self) -> PublicKey;
    /// The key with its point.
    fn prepared(&self) -> PreparedKey;
}
impl BatchKey for PublicKey {
    fn key(&self) -> PublicKey {
        *self
    }
    fn prepared(&self) -> PreparedKey {
        self.prepare()
    }
}
impl BatchKey for &PreparedKey {
    fn key(&self) -> PublicKey {
        self.key
    }
    fn prepared(&self) -> PreparedKey {
        **self
    }
}

/// Checks many signatures at once: `true` exactly where every one of them passes [`PublicKey::verify`].
///
/// The coefficients are drawn from a hash of everything in the batch, so that nobody can choose signatures
/// after them, and the check needs no randomness from outside.
#[must_use]
pub fn verify_batch<'a, K: BatchKey>(
    items: impl Iterator<Item = (K, &'a [u8], &'a Signature)>,
) -> bool {
    let mut sum = Sum::with_capacity(items.size_hint().0);
    let gathered =
        { items }.all(|(key, message, signature)| sum.add(&key, message, signature).is_some());
    gathered && sum.is_zero()
}

/// The equations of signatures, each `8 (sB - R - kA) = 0`, those of one key with one term for it.
pub(super) struct Sum {
    keys: BTreeMap<PublicKey, usize>,
    points: Vec<EdwardsPoint>,
    equations: Vec<Equation>,
    transcript: Hasher,
}

struct Equation {
    key: usize,
    challenge: Scalar,
    s: Scalar,
    r: EdwardsPoint,
}

impl Sum {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self {
            keys: BTreeMap::new(),
            points: Vec::with_capacity(count),
            equations: Vec::with_capacity(count),
            transcript: Hasher::new("ed25519-batch"),
        }
    }
    /// Adds a signature; `None` where it has no equation, because a part of it is no number or no point.
    pub(super) fn add<K: BatchKey>(
        &mut self,
        key: &K,
        message: &[u8],
        signature: &Signature,
    ) -> Option<()> {
        let public = key.key();
        let (s, r) = signature.parts()?;
        let key = match self.keys.entry(public) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.points.push(key.prepared().minus_a?);
                *new.insert(self.points.len() - 1)
            }
        };
        let challenge = challenge(public, message, signature);
        self.transcript.update(public.0.as_ref());
        self.transcript.update(&signature.0);
        self.transcript.update(challenge.as_bytes());
        self.equations.push(Equation { key, challenge, s, r });
        Some(())
    }
    /// Whether the equations, each times a random number, add up to zero.
    pub(super) fn is_zero(&self) -> bool {
        let mut base = Scalar::ZERO;
        let mut of_keys = vec![Scalar::ZERO; self.points.len()];
        let mut of_rs = Vec::with_capacity(self.equations.len());
        for (equation, random) in self.equations.iter().zip(self.coefficients()) {
            base += random * equation.s;
            if let Some(of_key) = of_keys.get_mut(equation.key) {
                *of_key += random * equation.challenge;
            }
            of_rs.push(random);
        }
        let minus_base = -base;
        let scalars = of_keys.iter().chain(&of_rs).chain([&minus_base]);
        // With the signs turned around: the points of the keys are kept negated.
        let rs = self.equations.iter().map(|equation| -equation.r);
        let points = self.points.iter().copied().chain(rs).chain([-ED25519_BASEPOINT_POINT]);
        EdwardsPoint::vartime_multiscalar_mul(scalars, points).mul_by_cofactor().is_identity()
    }
    /// Random numbers of 128 bits, two from each digest.
    pub(super) fn coefficients(&self) -> impl Iterator<Item = Scalar> + '_ {
        (0_u64..).flat_map(|index| {
            let mut hasher = self.transcript.clone();
            hasher.update(&index.to_le_bytes());
            let digest = hasher.finish();
            let (halves, _) = digest.as_bytes().as_chunks::<16>();
            [halves[0], halves[1]].map(|half| Scalar::from(u128::from_le_bytes(half)))
        })
    }
}

/// Signatures of a replica set's members gathered for one check.
pub(crate) struct Batch<'a> {
    keys: &'a [PreparedKey],
    bytes: Vec<u8>,
    items: Vec<(&'a PreparedKey, Range<usize>, Signature)>,
}

impl<'a> Batch<'a> {
    pub(crate) const fn new(keys: &'a [PreparedKey]) -> Self {
        Self { keys, bytes: Vec::new(), items: Vec::new() }
    }
    fn push(&mut self, signer: NodeId, range: Range<usize>, signature: &Signature) -> bool {
        let Some(key) = self.keys.get(signer.index()) else { return false };
        self.items.push((key, range, *signature));
        true
    }
}

impl crate::verifier::Batch for Batch<'_> {
    fn add(&mut self, domain: Domain, signed: &SignedBytes<'_>) -> bool {
        let start = self.bytes.len();
        signed.write_in(domain, &mut self.bytes);
        let range = start..self.bytes.len();
        match signed.by {
            SignedBy::One(signer, signature) => self.push(signer, range, signature),
            SignedBy::Each(list) => {
                list.iter().all(|(&signer, signature)| self.push(signer, range.clone(), signature))
            }
            SignedBy::Together(_) => false,
        }
    }
    /// A lone signature is checked by itself, several at once.
    fn holds(&self) -> bool {
        if let [(key, range, signature)] = self.items.as_slice() {
            return key.verify(&self.bytes[range.clone()], signature).is_ok();
        }
        let items = self.items.iter();
        verify_batch(items.map(|(key, range, sig)| (*key, &self.bytes[range.clone()], sig)))
    }
}

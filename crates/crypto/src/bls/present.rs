//! The arithmetic, by blst, on one thread.

use std::collections::BTreeSet;
use std::ops::Range;

use blst::min_sig::{
    AggregatePublicKey, AggregateSignature, PublicKey as Point, SecretKey as Scalar,
    Signature as Folding,
};
use blst::{BLST_ERROR, MultiPoint};
use types::{Digest, NodeId, Prng};

use super::{KeyError, Possession, PublicKey};
use crate::keys::VerifyingKeys;
use crate::signed::SignedBy;
use crate::{Aggregate, Domain, Hasher, Signature, Signatures, SignedBytes};

/// Whether this build can sign and check.
pub(crate) const AVAILABLE: bool = true;

/// What tells votes from everything else that these keys could sign.
const VOTES: &[u8] = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";
/// What tells a proof of possession from a vote.
const POSSESSIONS: &[u8] = b"BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_";

/// A private key. Its bytes come from the operating system's randomness, in the node, never from a name.
#[derive(Clone)]
pub struct SecretKey(Scalar);

impl SecretKey {
    /// Makes a key from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        match Scalar::key_gen(&seed, &[]) {
            Ok(scalar) => Self(scalar),
            Err(_) => unreachable!("32 bytes are enough for a key"),
        }
    }
    /// The key that others know.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.sk_to_pk().compress())
    }
    /// Shows that this key is held.
    #[must_use]
    pub fn possession(&self) -> Possession {
        let key = self.public();
        Possession(self.0.sign(&key.0, POSSESSIONS, &[]).compress())
    }
    /// Signs; a signature takes the first 48 of the 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        let mut bytes = [0; 64];
        bytes[..48].copy_from_slice(&self.0.sign(message, VOTES, &[]).compress());
        Signature(bytes)
    }
}

/// The keys of a replica set: points of the right group, each shown to be somebody's.
#[derive(Debug)]
pub(crate) struct Keys {
    points: Vec<Point>,
    sum: AggregatePublicKey,
    digest: Digest,
}

impl Keys {
    /// The keys of a set whose members have shown to hold them.
    pub(crate) fn proven(keys: &[(PublicKey, Possession)]) -> Result<Self, KeyError> {
        let mut seen = BTreeSet::new();
        let mut points = Vec::with_capacity(keys.len());
        for (member, (key, possession)) in NodeId::all(keys.len()).zip(keys) {
            if !seen.insert(key) {
                return Err(KeyError::Repeated(member));
            }
            let point = Point::uncompress(&key.0).map_err(|_| KeyError::NotAKey(member))?;
            point.validate().map_err(|_| KeyError::NotAKey(member))?;
            let proof = decode(&possession.0).ok_or(KeyError::NotPossessed(member))?;
            let result = proof.verify(false, &key.0, POSSESSIONS, &[], &point, false);
            if result != BLST_ERROR::BLST_SUCCESS {
                return Err(KeyError::NotPossessed(member));
            }
            points.push(point);
        }
        Ok(Self::of(points))
    }
    fn of(points: Vec<Point>) -> Self {
        let all: Vec<&Point> = points.iter().collect();
        let none = AggregatePublicKey::from_public_key(&Point::default());
        let sum = AggregatePublicKey::aggregate(&all, false).unwrap_or(none);
        let mut hasher = Hasher::new("bls-keys");
        points.iter().for_each(|point| hasher.update(&point.compress()));
        Self { points, sum, digest: hasher.finish() }
    }
    pub(crate) fn pick(&self, places: &[usize]) -> VerifyingKeys {
        let points = places.iter().map(|&place| self.points[place]).collect();
        VerifyingKeys::Bls(Box::new(Self::of(points)))
    }
    pub(crate) const fn len(&self) -> usize {
        self.points.len()
    }
    fn get(&self, signer: NodeId) -> Option<&Point> {
        self.points.get(signer.index())
    }
    /// The sum of some members' keys, by adding those or by taking the others away; `None` for a stranger's.
    fn sum(&self, signers: impl Iterator<Item = NodeId>) -> Option<Point> {
        let mut is_signer = vec![false; self.len()];
        let mut count = 0;
        for signer in signers {
            *is_signer.get_mut(signer.index())? = true;
            count += 1;
        }
        let adds = count * 2 <= self.len();
        let picked = self.points.iter().zip(&is_signer).filter(|&(_, &is)| is == adds);
        let picked: Vec<Point> = picked.map(|(point, _)| *point).collect();
        let mut sum = self.sum;
        match (adds, picked.is_empty()) {
            (true, false) => sum = picked.add(),
            (true, true) => return None,
            (false, false) => sum.sub_aggregate(&picked.add()),
            (false, true) => {}
        }
        Some(sum.to_public_key())
    }
}

/// Throw-away keys; nobody else can have chosen them, so nobody has to show anything.
pub(crate) fn simulated(n: usize, prng: &mut Prng) -> Option<(Keys, Vec<SecretKey>)> {
    let secrets = (0..n).map(|_| {
        let mut bytes = [0; 32];
        prng.fill(&mut bytes);
        SecretKey::from_seed(bytes)
    });
    let secrets: Vec<SecretKey> = secrets.collect();
    Some((Keys::of(secrets.iter().map(|key| key.0.sk_to_pk()).collect()), secrets))
}

/// Folds votes for one statement into one signature; `None` where one is no signature or there are none.
pub(crate) fn fold(votes: &Signatures) -> Option<Aggregate> {
    let points = votes.iter().map(|(_, vote)| decode_padded(vote));
    let points: Vec<Folding> = points.collect::<Option<_>>()?;
    let points: Vec<&Folding> = points.iter().collect();
    let folded = AggregateSignature::aggregate(&points, false).ok()?;
    Some(Aggregate::new(votes.keys().copied(), folded.to_signature().compress()))
}

/// A point of the group that is not zero.
fn decode(bytes: &[u8; 48]) -> Option<Folding> {
    let point = Folding::uncompress(bytes).ok()?;
    point.validate(true).ok()?;
    Some(point)
}

fn decode_padded(signature: &Signature) -> Option<Folding> {
    let (bytes, padding) = signature.0.split_first_chunk::<48>()?;
    if padding.iter().any(|&byte| byte != 0) {
        return None;
    }
    decode(bytes)
}

/// Signatures gathered for one check, and the bytes under them.
pub(crate) struct Batch<'a> {
    keys: &'a Keys,
    bytes: Vec<u8>,
    claims: Vec<Claim>,
    transcript: Hasher,
}

/// That a key, or a sum of keys, has signed some bytes.
struct Claim {
    bytes: Range<usize>,
    key: Point,
    signature: Folding,
}

/// Bytes of a random coefficient.
const COEFFICIENT_BYTES: usize = 16;

impl<'a> Batch<'a> {
    pub(crate) fn new(keys: &'a Keys) -> Self {
        let mut transcript = Hasher::new("bls-batch");
        transcript.update(keys.digest.as_bytes());
        Self { keys, bytes: Vec::new(), claims: Vec::new(), transcript }
    }
    fn push(&mut self, bytes: Range<usize>, signer: NodeId, vote: &Signature) -> bool {
        let Some(&key) = self.keys.get(signer) else { return false };
        let Some(signature) = decode_padded(vote) else { return false };
        self.transcript.update(&signer.get().to_le_bytes());
        self.transcript.update(&vote.0);
        self.claims.push(Claim { bytes, key, signature });
        true
    }
    fn push_folded(&mut self, bytes: Range<usize>, aggregate: &Aggregate) -> bool {
        let Some(key) = self.keys.sum(aggregate.signers()) else { return false };
        let Some(signature) = decode(aggregate.signature()) else { return false };
        for signer in aggregate.signers() {
            self.transcript.update(&signer.get().to_le_bytes());
        }
        self.transcript.update(aggregate.signature());
        self.claims.push(Claim { bytes, key, signature });
        true
    }

    /// Several are checked as one random sum of them. Wrong ones that cancel in a plain sum do not in this one:
    /// its coefficients come from a hash over everything in the batch, so nobody can choose signatures after them.
    fn hold_together(&self, claims: &[Claim]) -> bool {
        let mut by_bytes: Vec<&Claim> = claims.iter().collect();
        by_bytes.sort_by_key(|claim| &self.bytes[claim.bytes.clone()]);
        let coefficients = self.coefficients(claims.len());
        let signatures: Vec<Folding> = by_bytes.iter().map(|claim| claim.signature).collect();
        let signature = signatures.mult(&coefficients, COEFFICIENT_BYTES * 8).to_signature();
        let (mut messages, mut keys, mut done) = (Vec::new(), Vec::new(), 0);
        let same =
            |a: &&Claim, b: &&Claim| self.bytes[a.bytes.clone()] == self.bytes[b.bytes.clone()];
        for group in by_bytes.chunk_by(same) {
            let points: Vec<Point> = group.iter().map(|claim| claim.key).collect();
            let coefficients = &coefficients[done * COEFFICIENT_BYTES..];
            keys.push(points.mult(coefficients, COEFFICIENT_BYTES * 8).to_public_key());
            messages.extend(group.first().map(|claim| &self.bytes[claim.bytes.clone()]));
            done += group.len();
        }
        verify(&messages, &signature, &keys)
    }
    fn coefficients(&self, count: usize) -> Vec<u8> {
        let blocks = (0..count.div_ceil(2) as u64).flat_map(|index| {
            let mut hasher = self.transcript.clone();
            hasher.update(&index.to_le_bytes());
            *hasher.finish().as_bytes()
        });
        blocks.collect()
    }
}

impl crate::verifier::Batch for Batch<'_> {
    fn add(&mut self, domain: Domain, signed: &SignedBytes<'_>) -> bool {
        let start = self.bytes.len();
        signed.write_in(domain, &mut self.bytes);
        let range = start..self.bytes.len();
        self.transcript.update(&(range.len() as u64).to_le_bytes());
        self.transcript.update(&self.bytes[range.clone()]);
        match signed.by {
            SignedBy::One(signer, signature) => self.push(range, signer, signature),
            SignedBy::Each(list) => {
                list.iter().all(|(&signer, vote)| self.push(range.clone(), signer, vote))
            }
            SignedBy::Together(aggregate) => self.push_folded(range, aggregate),
        }
    }
    fn holds(&self) -> bool {
        match self.claims.as_slice() {
            [] => true,
            [claim] => verify(&[&self.bytes[claim.bytes.clone()]], &claim.signature, &[claim.key]),
            claims => self.hold_together(claims),
        }
    }
}

/// Whether one signature is the sum of each key's under its message; the points' groups are checked already.
fn verify(messages: &[&[u8]], signature: &Folding, keys: &[Point]) -> bool {
    let keys: Vec<&Point> = keys.iter().collect();
    let result = signature.aggregate_verify(false, messages, VOTES, &keys, false);
    result == BLST_ERROR::BLST_SUCCESS
}

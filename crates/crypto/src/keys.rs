//! Keys of a replica set, real or simulated.

use std::sync::Arc;

use crate::ed25519::PreparedKey;
use crate::{PublicKey, SecretKey};

/// How signatures are made; chosen at run time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Ed25519: for everything real.
    Ed25519,
    /// A keyed hash: for simulation only.
    Cheap,
}

#[derive(Clone, Debug)]
pub(crate) enum SigningKey {
    Ed25519(Arc<SecretKey>),
    Cheap(u64),
}

#[derive(Clone, Debug)]
pub(crate) enum VerifyingKeys {
    Ed25519(Vec<PreparedKey>),
    Cheap(Vec<u64>),
}

/// The public keys of a replica set, in the order of their [`NodeId`]s.
#[derive(Clone, Debug)]
pub struct KeyRing(pub(crate) Arc<VerifyingKeys>);

impl KeyRing {
    /// The Ed25519 keys of a real network.
    #[must_use]
    pub fn ed25519(keys: Vec<PublicKey>) -> Self {
        let keys = keys.into_iter().map(PublicKey::prepare).collect();
        Self(Arc::new(VerifyingKeys::Ed25519(keys)))
    }
    /// Throw-away keys of `n` simulated replicas, and their signing halves.
    #[must_use]
    pub fn simulated(scheme: Scheme, n: usize, seed: u64) -> (Self, Vec<SimulatedKey>) {
        let mut prng = types::Prng::new(seed, 0x6b65_7973);
        match scheme {
            Scheme::Cheap => {
                let seeds: Vec<u64> = (0..n).map(|_| prng.next_u64()).collect();
                let keys =
                    seeds.iter().map(|&seed| SimulatedKey(SigningKey::Cheap(seed))).collect();
                (Self(Arc::new(VerifyingKeys::Cheap(seeds))), keys)
            }
            Scheme::Ed25519 => {
                let secrets: Vec<SecretKey> = (0..n)
                    .map(|_| {
                        let mut bytes = [0; 32];
                        prng.fill(&mut bytes);
                        SecretKey::from_seed(bytes)
                    })
                    .collect();
                let ring = Self::ed25519(secrets.iter().map(SecretKey::public).collect());
                let keys = secrets.into_iter();
                (ring, keys.map(|key| SimulatedKey(SigningKey::Ed25519(Arc::new(key)))).collect())
            }
        }
    }
    /// How many replicas there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &*self.0 {
            VerifyingKeys::Ed25519(keys) => keys.len(),
            VerifyingKeys::Cheap(seeds) => seeds.len(),
        }
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The signing half of a simulated replica.
#[derive(Clone, Debug)]
pub struct SimulatedKey(pub(crate) SigningKey);

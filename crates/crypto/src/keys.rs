//! Keys of a replica set, real or simulated.

use std::sync::Arc;

use types::Prng;

use crate::bls::{self, KeyError, Possession};
use crate::ed25519::PreparedKey;
use crate::{PublicKey, SecretKey, Sign};

/// How signatures are made; chosen at run time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Ed25519: for everything real.
    Ed25519,
    /// BLS12-381, whose signatures under one statement fold into one: for large sets.
    Bls,
    /// A keyed hash: for simulation only.
    Cheap,
}

impl Scheme {
    /// Whether this build has it; see [`bls`].
    #[must_use]
    pub const fn is_available(self) -> bool {
        match self {
            Self::Ed25519 | Self::Cheap => true,
            Self::Bls => bls::AVAILABLE,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum SigningKey {
    Ed25519(Arc<dyn Sign>),
    Bls(Arc<bls::SecretKey>),
    Cheap(u64),
}

#[derive(Debug)]
pub(crate) enum VerifyingKeys {
    Ed25519(Vec<PreparedKey>),
    Bls(Box<bls::Keys>),
    Cheap(Vec<u64>),
}

/// The public keys of a replica set, in the order of their [`types::NodeId`]s.
#[derive(Clone, Debug)]
pub struct KeyRing(pub(crate) Arc<VerifyingKeys>);

impl KeyRing {
    /// The Ed25519 keys of a real network.
    #[must_use]
    pub fn ed25519(keys: Vec<PublicKey>) -> Self {
        let keys = keys.into_iter().map(PublicKey::prepare).collect();
        Self(Arc::new(VerifyingKeys::Ed25519(keys)))
    }
    /// The BLS keys of a real network, each with the proof that its member holds it.
    ///
    /// # Errors
    /// Where a key is none, is not shown to be held, or stands twice.
    pub fn bls(keys: &[(bls::PublicKey, Possession)]) -> Result<Self, KeyError> {
        bls::Keys::proven(keys).map(|keys| Self(Arc::new(VerifyingKeys::Bls(Box::new(keys)))))
    }
    /// Throw-away keys of `n` simulated replicas, and their signing halves.
    ///
    /// # Panics
    /// Where this build does not have the scheme ([`Scheme::is_available`]).
    #[must_use]
    pub fn simulated(scheme: Scheme, n: usize, seed: u64) -> (Self, Vec<SimulatedKey>) {
        let mut prng = Prng::new(seed, 0x6b65_7973);
        let (keys, halves): (_, Vec<SigningKey>) = match scheme {
            Scheme::Cheap => {
                let seeds: Vec<u64> = (0..n).map(|_| prng.next_u64()).collect();
                let halves = seeds.iter().map(|&seed| SigningKey::Cheap(seed)).collect();
                (VerifyingKeys::Cheap(seeds), halves)
            }
            Scheme::Ed25519 => simulated_ed25519(n, &mut prng),
            Scheme::Bls => match bls::simulated(n, &mut prng) {
                Some((keys, secrets)) => {
                    let halves = secrets.into_iter().map(|key| SigningKey::Bls(Arc::new(key)));
                    (VerifyingKeys::Bls(Box::new(keys)), halves.collect())
                }
                None => {
                    panic!("this build has no BLS: it was made for WebAssembly or without `bls`")
                }
            },
        };
        (Self(Arc::new(keys)), halves.into_iter().map(SimulatedKey).collect())
    }
    /// The keys at some of its places, in that order: another set of the same replicas.
    ///
    /// # Panics
    /// Where there is no such place.
    #[must_use]
    pub fn pick(&self, places: &[usize]) -> Self {
        Self(Arc::new(match &*self.0 {
            VerifyingKeys::Ed25519(keys) => {
                VerifyingKeys::Ed25519(places.iter().map(|&place| keys[place]).collect())
            }
            VerifyingKeys::Bls(keys) => keys.pick(places),
            VerifyingKeys::Cheap(seeds) => {
                VerifyingKeys::Cheap(places.iter().map(|&place| seeds[place]).collect())
            }
        }))
    }
    /// How many replicas there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &*self.0 {
            VerifyingKeys::Ed25519(keys) => keys.len(),
            VerifyingKeys::Bls(keys) => keys.len(),
            VerifyingKeys::Cheap(seeds) => seeds.len(),
        }
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn simulated_ed25519(n: usize, prng: &mut Prng) -> (VerifyingKeys, Vec<SigningKey>) {
    let secrets = (0..n).map(|_| {
        let mut bytes = [0; 32];
        prng.fill(&mut bytes);
        SecretKey::from_seed(bytes)
    });
    let secrets: Vec<SecretKey> = secrets.collect();
    let keys = secrets.iter().map(|key| key.public().prepare()).collect();
    let halves = secrets.into_iter().map(|key| SigningKey::Ed25519(Arc::new(key)));
    (VerifyingKeys::Ed25519(keys), halves.collect())
}

/// The signing half of a simulated replica.
#[derive(Clone, Debug)]
pub struct SimulatedKey(pub(crate) SigningKey);

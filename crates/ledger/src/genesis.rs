//! Where a chain begins: who validates it, by which protocol, under which rules.

use codec::{Encode, record};
use crypto::{Domain, KeyRing, PublicKey, Verifier};
use types::limits::NODES_MAX;
use types::{ChainId, Digest, FaultModel, Quorum};

use crate::{AppId, Attesters};

/// One validator of the genesis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Validator {
    /// Its name for people, unique in the set.
    pub name: String,
    /// The key that signs its votes.
    pub key: PublicKey,
    /// The key of its network identity (libp2p peer id), 32 bytes of Ed25519.
    pub network_key: PublicKey,
}
record!(Validator { name: String, key: PublicKey, network_key: PublicKey });

/// The agreed beginning of a chain. Its digest is the chain's id, so two networks with the same name but other
/// keys never mistake each other's messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Genesis {
    /// The network's name for people.
    pub network: String,
    /// The protocol that orders blocks.
    pub protocol: String,
    /// What the protocol stands: it decides how many attestations make a certificate.
    pub fault_model: FaultModel,
    /// The validators; their order gives the node ids.
    pub validators: Vec<Validator>,
    /// Whether every validator checks every client's signature. Off only in benchmarks.
    pub client_signatures: bool,
    /// The applications that the chain has, ascending; all that are built in where none is named.
    pub apps: Vec<AppId>,
}
record!(Genesis {
    network: String,
    protocol: String,
    fault_model: FaultModel,
    validators: Vec<Validator>,
    client_signatures: bool,
    apps: Vec<AppId>
});

/// Why a genesis cannot start a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GenesisError {
    /// No validators at all.
    NoValidators,
    /// More validators than [`NODES_MAX`].
    TooManyValidators {
        /// How many.
        count: usize,
    },
    /// Two validators share a name or a key.
    Duplicate {
        /// The later one's name.
        name: String,
    },
    /// The applications do not ascend, or one is named twice.
    AppsOutOfOrder,
}

impl Genesis {
    /// Checks that it can start a chain.
    ///
    /// # Errors
    /// Where it cannot.
    pub fn validate(&self) -> Result<(), GenesisError> {
        let count = self.validators.len();
        if !self.apps.is_sorted_by(|a, b| a < b) {
            return Err(GenesisError::AppsOutOfOrder);
        }
        if count == 0 {
            return Err(GenesisError::NoValidators);
        }
        if count > NODES_MAX {
            return Err(GenesisError::TooManyValidators { count });
        }
        for (index, validator) in self.validators.iter().enumerate() {
            let same = |other: &Validator| {
                other.name == validator.name
                    || other.key == validator.key
                    || other.network_key == validator.network_key
            };
            if self.validators[..index].iter().any(same) {
                return Err(GenesisError::Duplicate { name: validator.name.clone() });
            }
        }
        Ok(())
    }
    /// The chain's id: the digest of all of this.
    #[must_use]
    pub fn chain_id(&self) -> ChainId {
        ChainId(crypto::hash("unisono-genesis", &self.to_bytes()))
    }
    /// The digest of the validator set, bound into every vote.
    #[must_use]
    pub fn set_digest(&self) -> Digest {
        crypto::hash("unisono-validators", &self.validators.to_bytes())
    }
    /// The set's thresholds.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        Quorum::under(self.fault_model, self.validators.len())
    }
    /// The keys that sign votes.
    #[must_use]
    pub fn key_ring(&self) -> KeyRing {
        KeyRing::ed25519(self.validators.iter().map(|validator| validator.key).collect())
    }
    /// The domain of signatures of `protocol` (a core's name, or `ledger` for attestations).
    #[must_use]
    pub fn domain(&self, protocol: &str) -> Domain {
        Domain::new(self.chain_id(), self.set_digest(), protocol)
    }
    /// Checks attestations of this chain's first blocks.
    #[must_use]
    pub fn ledger_verifier(&self) -> Verifier {
        Verifier::new(self.domain(Self::LEDGER), self.key_ring())
    }
    /// Who attests them.
    #[must_use]
    pub fn attesters(&self) -> Attesters {
        let weights = vec![1; self.validators.len()];
        Attesters::new(self.ledger_verifier(), weights, self.quorum())
    }
    /// The name of the attestations' domain.
    pub const LEDGER: &'static str = "ledger";
}

impl std::fmt::Display for GenesisError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoValidators => f.write_str(
                "the genesis names no validators; at least one is needed, four to stand a liar",
            ),
            Self::TooManyValidators { count } => {
                write!(f, "the genesis names {count} validators, at most {NODES_MAX} are allowed")
            }
            Self::AppsOutOfOrder => {
                f.write_str("the genesis names its applications out of order, or one of them twice")
            }
            Self::Duplicate { name } => {
                write!(f, "the validator `{name}` shares its name or a key with an earlier one")
            }
        }
    }
}
impl std::error::Error for GenesisError {}

//! Where the chain begins.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The agreed beginning of the chain.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Genesis {
    /// The network's name.
    pub network: String,
    /// The chain's id: the digest of all of this.
    pub chain: String,
    /// The protocol that orders blocks.
    pub protocol: String,
    /// Whether every validator checks every client's signature.
    pub client_signatures: bool,
    /// The validators, in the order of their numbers.
    pub validators: Vec<GenesisValidator>,
    /// The canonical bytes as base64: what `unisono receipt verify` trusts.
    pub canonical: String,
}

/// A validator of the genesis.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct GenesisValidator {
    /// Its name.
    pub name: String,
    /// The public key that signs its votes, hexadecimal.
    pub key: String,
    /// The public key of its network identity, hexadecimal.
    pub network_key: String,
}

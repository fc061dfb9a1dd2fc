//! Validators' network identities.

use crypto::PublicKey;
use libp2p::PeerId;
use libp2p::identity::{self, ed25519};

use crate::failure::Failure;

/// The peer id of a network key.
///
/// # Errors
/// Where the key is not one that libp2p accepts.
pub(crate) fn peer_id_of(key: PublicKey) -> Result<PeerId, Failure> {
    let key = ed25519::PublicKey::try_from_bytes(&key.to_bytes()).map_err(|error| {
        Failure::usage(
            format!("the network key {key} is no good"),
            error,
            "check the genesis: it must be the public key of a network.key",
        )
    })?;
    Ok(identity::PublicKey::from(key).to_peer_id())
}

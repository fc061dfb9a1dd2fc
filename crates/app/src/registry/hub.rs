use std::collections::BTreeSet;

use codec::record;
use crypto::PublicKey;
use types::Height;

use crate::argument::is_name;

/// Longest name, role and address of a hub, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// Most capabilities of a hub.
pub const CAPABILITIES_MAX: usize = 16;
/// Longest name of a capability, in bytes.
pub const CAPABILITY_BYTES_MAX: usize = 32;

/// The keys with which a hub's node would validate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeKeys {
    /// The key that signs its votes.
    pub key: PublicKey,
    /// The key of its network identity.
    pub network_key: PublicKey,
}
record!(NodeKeys { key: PublicKey, network_key: PublicKey });

/// What a hub says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    /// Its name for people, unique among the hubs, 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// What it is, as in `hub` or `full_node`, 1 to [`NAME_BYTES_MAX`] bytes.
    pub role: String,
    /// Where it is reached, at most [`NAME_BYTES_MAX`] bytes; may be empty.
    pub address: String,
    /// What it can do, as in `routing` or `storage`; at most [`CAPABILITIES_MAX`].
    pub capabilities: BTreeSet<String>,
}
record!(Card { name: String, role: String, address: String, capabilities: BTreeSet<String> });

impl Card {
    pub(super) fn is_within_bounds(&self) -> bool {
        is_name(&self.name, NAME_BYTES_MAX)
            && is_name(&self.role, NAME_BYTES_MAX)
            && (self.address.is_empty() || is_name(&self.address, NAME_BYTES_MAX))
            && self.capabilities.len() <= CAPABILITIES_MAX
            && self.capabilities.iter().all(|name| is_name(name, CAPABILITY_BYTES_MAX))
    }
}

/// A hub of the registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hub {
    /// What it says of itself.
    pub card: Card,
    /// Its node's keys, where it has named them.
    pub keys: Option<NodeKeys>,
    /// The block in which it joined.
    pub joined: Height,
    /// The block in which it last said something new.
    pub updated: Height,
}
record!(Hub { card: Card, keys: Option<NodeKeys>, joined: Height, updated: Height });

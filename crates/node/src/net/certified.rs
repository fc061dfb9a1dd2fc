//! Nodes that are admitted by certificate: an attestation of their network key by a validator, or by an operator whom
//! the configuration names.

use crypto::PublicKey;
use keys::{Attestation, Purpose, Trust};
use ledger::Genesis;
use libp2p::PeerId;
use types::Height;

use super::peer_id_of;
use crate::config::NetworkSettings;
use crate::failure::Failure;

/// Most bytes of a certificate's file.
const FILE_BYTES_MAX: u64 = 4_096;

/// A peer that a certificate admits, from one block on until before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Certified {
    /// Whom.
    pub(crate) peer: PeerId,
    from: Height,
    until: Height,
}

impl Certified {
    /// Whether it holds at a height.
    pub(crate) fn holds_at(&self, height: Height) -> bool {
        (self.from..self.until).contains(&height)
    }
}

/// Reads the certificates that the configuration names; all must be believed, whatever the height.
pub(crate) fn read(
    settings: &NetworkSettings,
    genesis: &Genesis,
) -> Result<Vec<Certified>, Failure> {
    let validators = genesis.validators.iter().map(|validator| validator.key);
    let issuers: Vec<PublicKey> = validators.chain(settings.roots.iter().copied()).collect();
    let read = |path: &std::path::PathBuf| {
        let refused = |why: String| {
            Failure::usage(
                format!("the certificate {} admits nobody", path.display()),
                why,
                "`unisono keys attest --purpose network` makes one; network.roots says whose word counts",
            )
        };
        let length = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
        if length > FILE_BYTES_MAX {
            return Err(refused(format!("it has {length} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        certified(&text, genesis, &issuers).map_err(refused)
    };
    settings.certificates.iter().map(read).collect()
}

fn certified(text: &str, genesis: &Genesis, issuers: &[PublicKey]) -> Result<Certified, String> {
    let attestation = Attestation::from_text(text).map_err(|error| error.to_string())?;
    // Whether it holds now is asked again and again while the node runs.
    let at = attestation.statement.from;
    let trust = Trust { chain: genesis.chain_id(), issuers, at };
    let said = attestation.verify(trust).map_err(|error| error.to_string())?;
    if said.purpose != Purpose::Network {
        return Err(format!("it attests a key for `{}`, not for the network", said.purpose));
    }
    let peer = peer_id_of(said.key).map_err(|failure| failure.why)?;
    Ok(Certified { peer, from: said.from, until: said.until })
}

#[cfg(test)]
mod tests;

//! The same check for a caller that speaks JSON alone: a page in a browser.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use types::Digest;

use crate::read::{PROOF_BYTES_MAX, read_genesis};
use crate::step::{Code, Topic};
use crate::verdict::{Verdict, verify};

/// Longest request that is read, in bytes: a proof in base64, with room for the genesis.
pub const REQUEST_BYTES_MAX: u64 = 2 * PROOF_BYTES_MAX as u64;

/// What is to be checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The genesis, as `GET /api/v1/genesis` answers it.
    genesis: String,
    /// The proof's bytes, as base64.
    proof: String,
    /// The hash of the block that a block proof is about.
    #[serde(default)]
    block: Option<String>,
}

/// Answers a request in JSON by a verdict in JSON. A request that cannot be read is a verdict too: not valid.
#[must_use]
pub fn answer(request: &[u8]) -> Vec<u8> {
    let verdict = judge(request);
    // A verdict has nothing in it that JSON has not.
    serde_json::to_vec(&verdict).unwrap_or_default()
}

fn judge(request: &[u8]) -> Verdict {
    let unreadable = Verdict::unread;
    if u64::try_from(request.len()).is_ok_and(|bytes| bytes > REQUEST_BYTES_MAX) {
        return unreadable(format!("more than {REQUEST_BYTES_MAX} bytes; no proof is so long"));
    }
    let request: Request = match serde_json::from_slice(request) {
        Ok(request) => request,
        Err(error) => return unreadable(error.to_string()),
    };
    let genesis = match read_genesis(&request.genesis) {
        Ok(genesis) => genesis,
        Err(why) => return Verdict::stopped(Topic::Genesis, Code::GenesisUnreadable, why),
    };
    let block = match request.block.as_deref().map(Digest::from_hex) {
        None => None,
        Some(Some(block)) => Some(block),
        Some(None) => return unreadable("a block's hash has 64 hexadecimal digits".to_owned()),
    };
    match STANDARD.decode(request.proof) {
        Ok(proof) => verify(&genesis, &proof, block.as_ref()),
        Err(error) => unreadable(error.to_string()),
    }
}

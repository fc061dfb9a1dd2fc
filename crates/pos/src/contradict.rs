//! What a lying replica says besides the truth.

use std::sync::Arc;

use crypto::Signer;
use protocol::Payload;
use types::Digest;

use crate::message::{Attestation, Block, Header, Message};

/// A signed twin of one's own message that contradicts it; `None` for messages that cannot be contradicted.
pub(crate) fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
    match message {
        Message::Proposal(honest) if honest.header.signer == signer.me() => {
            let payload = other_payload(&honest.payload)?;
            let header =
                signer.sign(Header { payload: payload.digest(), ..honest.header.statement });
            Some(Message::Proposal(Arc::new(Block { header, payload })))
        }
        Message::Attestation(honest) if honest.signer == signer.me() => {
            let mut said: Attestation = honest.statement;
            said.target.block = other(&said.target.block);
            said.head = other(&said.head);
            Some(Message::Attestation(signer.sign(said)))
        }
        Message::Proposal(_)
        | Message::Attestation(_)
        | Message::Block(_)
        | Message::Link(_)
        | Message::Ask(_)
        | Message::Status(_)
        | Message::Evidence(_)
        | Message::Votes(_) => None,
    }
}

/// A signed twin of one's own attestation, `by` epochs further on.
pub(crate) fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
    match message {
        Message::Attestation(honest) => {
            let mut said: Attestation = honest.statement;
            said.target.epoch = said.target.epoch.saturating_add(by);
            Some(Message::Attestation(signer.sign(said)))
        }
        Message::Proposal(_)
        | Message::Block(_)
        | Message::Link(_)
        | Message::Ask(_)
        | Message::Status(_)
        | Message::Evidence(_)
        | Message::Votes(_) => None,
    }
}

/// A proposal's canonical bytes hold its time behind its view and proposer.
const PROPOSAL_TIME_AT: usize = 8 + 2;

/// Another payload, which others check and accept as they would the first: the same batches, a microsecond off.
fn other_payload(payload: &Payload) -> Option<Payload> {
    let mut bytes = payload.bytes().to_vec();
    *bytes.get_mut(PROPOSAL_TIME_AT)? ^= 1;
    Some(Payload::new(&bytes))
}

/// Another digest.
fn other(digest: &Digest) -> Digest {
    crypto::hash("unisono-lie", digest.as_bytes())
}

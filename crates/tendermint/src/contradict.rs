//! What a lying replica says besides the truth.

use std::sync::Arc;

use crypto::Signer;
use protocol::Payload;
use types::{Digest, NodeId, Seq};

use crate::message::{Message, Precommit, Prevote, Proposal, Propose, Round};

/// A signed twin of one's own message that contradicts it; `None` for messages that cannot be contradicted.
pub(crate) fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
    let mine = |author: NodeId| author == signer.me();
    match message {
        Message::Proposal(honest) if mine(honest.propose.signer) => {
            let payload = other_payload(&honest.payload)?;
            let said = honest.propose.statement;
            let propose = Propose { digest: payload.digest(), valid_round: None, ..said };
            let propose = signer.sign(propose);
            Some(Message::Proposal(Arc::new(Proposal { propose, payload, polka: None })))
        }
        Message::Prevote(honest) if mine(honest.signer) => {
            let said = honest.statement;
            Some(Message::Prevote(signer.sign(Prevote { digest: other(&said.digest), ..said })))
        }
        Message::Precommit(honest) if mine(honest.signer) => {
            let said = honest.statement;
            Some(Message::Precommit(signer.sign(Precommit { digest: other(&said.digest), ..said })))
        }
        Message::Proposal(_)
        | Message::Prevote(_)
        | Message::Precommit(_)
        | Message::Polka(_)
        | Message::Committed(_)
        | Message::Status(_)
        | Message::Exhibit(_) => None,
    }
}

/// A signed twin of one's own vote, `by` rounds or heights further on.
pub(crate) fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
    let rounds = u32::try_from(by).unwrap_or(u32::MAX);
    match message {
        Message::Prevote(honest) => {
            let round = Round::new(honest.statement.round.get().saturating_add(rounds));
            Some(Message::Prevote(signer.sign(Prevote { round, ..honest.statement })))
        }
        Message::Precommit(honest) => {
            let seq = Seq::new(honest.statement.seq.get().saturating_add(by));
            Some(Message::Precommit(signer.sign(Precommit { seq, ..honest.statement })))
        }
        Message::Proposal(_)
        | Message::Polka(_)
        | Message::Committed(_)
        | Message::Status(_)
        | Message::Exhibit(_) => None,
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

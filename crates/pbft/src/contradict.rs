//! What a lying replica says besides the truth.

use crypto::Signer;
use protocol::Payload;
use types::{Digest, NodeId, Seq, View};

use crate::message::{Checkpoint, Commit, Message, PrePrepare, Prepare, Propose};

/// A signed twin of one's own message that contradicts it; `None` for messages that cannot be contradicted.
pub(crate) fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
    let mine = |author: NodeId| author == signer.me();
    match message {
        Message::PrePrepare(honest) if mine(honest.propose.signer) => {
            let payload = other_payload(honest.payload.as_ref()?)?;
            let Propose { view, seq, .. } = honest.propose.statement;
            let propose = signer.sign(Propose { view, seq, digest: payload.digest() });
            Some(Message::PrePrepare(PrePrepare { propose, payload: Some(payload) }))
        }
        Message::Prepare(honest) if mine(honest.signer) => {
            let Prepare { view, seq, digest } = honest.statement;
            Some(Message::Prepare(signer.sign(Prepare { view, seq, digest: other(&digest) })))
        }
        Message::Commit(honest) if mine(honest.signer) => {
            let Commit { view, seq, digest } = honest.statement;
            Some(Message::Commit(signer.sign(Commit { view, seq, digest: other(&digest) })))
        }
        Message::Checkpoint(honest) if mine(honest.signer) => {
            let Checkpoint { seq, digest } = honest.statement;
            Some(Message::Checkpoint(signer.sign(Checkpoint { seq, digest: other(&digest) })))
        }
        Message::PrePrepare(_)
        | Message::Prepare(_)
        | Message::Commit(_)
        | Message::Checkpoint(_)
        | Message::ViewChange(_)
        | Message::NewView(_)
        | Message::Status(_)
        | Message::Stable(_)
        | Message::Committed(_)
        | Message::Exhibit(_) => None,
    }
}

/// A signed twin of one's own vote, `by` views and places further on.
pub(crate) fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
    let view_of = |view: View| View::new(view.get().saturating_add(by));
    let seq_of = |seq: Seq| Seq::new(seq.get().saturating_add(by));
    match message {
        Message::Prepare(honest) => {
            let Prepare { view, seq, digest } = honest.statement;
            let (view, seq) = (view_of(view), seq_of(seq));
            Some(Message::Prepare(signer.sign(Prepare { view, seq, digest })))
        }
        Message::Commit(honest) => {
            let Commit { view, seq, digest } = honest.statement;
            Some(Message::Commit(signer.sign(Commit { view, seq: seq_of(seq), digest })))
        }
        Message::Checkpoint(honest) => {
            let Checkpoint { seq, digest } = honest.statement;
            Some(Message::Checkpoint(signer.sign(Checkpoint { seq: seq_of(seq), digest })))
        }
        Message::PrePrepare(_)
        | Message::ViewChange(_)
        | Message::NewView(_)
        | Message::Status(_)
        | Message::Stable(_)
        | Message::Committed(_)
        | Message::Exhibit(_) => None,
    }
}

/// A proposal's canonical bytes hold its time behind its view and proposer.
const PROPOSAL_TIME_AT: usize = 8 + 2;

/// Another payload, which backups check and accept as they would the first: the same batches, a microsecond off.
fn other_payload(payload: &Payload) -> Option<Payload> {
    let mut bytes = payload.bytes().to_vec();
    *bytes.get_mut(PROPOSAL_TIME_AT)? ^= 1;
    Some(Payload::new(&bytes))
}

/// Another digest.
fn other(digest: &Digest) -> Digest {
    crypto::hash("unisono-lie", digest.as_bytes())
}

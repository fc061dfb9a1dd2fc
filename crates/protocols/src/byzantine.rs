//! What a lying replica says besides the truth; the same lies in the simulator and in drills on a network.

use crypto::Signer;
use pbft::{Checkpoint, Commit, PrePrepare, Prepare, Propose};
use types::{Digest, NodeId};

use crate::Message;

/// A signed twin of one's own message that contradicts it; `None` for messages that cannot be contradicted.
#[must_use]
pub fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
    let mine = |author: NodeId| author == signer.me();
    match message {
        // The null request is the one other payload that every backup can check and accept.
        Message::PrePrepare(honest) if mine(honest.propose.signer) && honest.payload.is_some() => {
            let Propose { view, seq, .. } = honest.propose.statement;
            let propose = signer.sign(Propose { view, seq, digest: Digest::ZERO });
            Some(Message::PrePrepare(PrePrepare { propose, payload: None }))
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

/// Another digest.
fn other(digest: &Digest) -> Digest {
    crypto::hash("unisono-lie", digest.as_bytes())
}

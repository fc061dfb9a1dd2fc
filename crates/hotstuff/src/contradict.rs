//! What a lying replica says besides the truth.

use std::sync::Arc;

use crypto::Signer;
use protocol::Payload;
use types::{Digest, View};

use crate::block::{Block, Header, Proposal};
use crate::certificate::{Expire, Propose, Vote};
use crate::message::{Message, Timeout};

/// A signed twin of one's own message that contradicts it; `None` for messages that cannot be contradicted.
pub(crate) fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
    let author = crypto::Authentic::author(message)?;
    if author != signer.me() {
        return None;
    }
    match message {
        Message::Proposal(honest) => {
            let block = other_block(&honest.block)?;
            let link = block.link();
            let signature = signer.sign(Propose { view: link.view, block: link.block }).signature;
            Some(Message::Proposal(Arc::new(Proposal { block, signature, tc: honest.tc.clone() })))
        }
        Message::Vote(honest) => {
            let block = other(&honest.statement.block);
            Some(Message::Vote(signer.sign(Vote { block, ..honest.statement })))
        }
        // An older certificate than the highest one known: what a liar would hide a decision with.
        Message::Timeout(honest) => {
            let tc = honest.tc.as_ref()?;
            let high_qc = Arc::clone(&tc.high_qc);
            let (view, high) = (honest.expire.statement.view, high_qc.view());
            let expire = signer.sign(Expire { view, high });
            let twin = Timeout { expire, high_qc, tc: Some(Arc::clone(tc)), vote: None };
            (twin.expire != honest.expire).then(|| Message::Timeout(Arc::new(twin)))
        }
        Message::Certified(_) | Message::Expired(_) | Message::Fetch(_) | Message::Blocks(_) => {
            None
        }
    }
}

/// A signed twin of one's own vote or timeout, `by` views further on.
pub(crate) fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
    let view_of = |view: View| View::new(view.get().saturating_add(by));
    match message {
        Message::Vote(honest) => {
            let view = view_of(honest.statement.view);
            Some(Message::Vote(signer.sign(Vote { view, ..honest.statement })))
        }
        Message::Timeout(honest) => {
            let said = honest.expire.statement;
            let expire = signer.sign(Expire { view: view_of(said.view), ..said });
            Some(Message::Timeout(Arc::new(Timeout { expire, ..(**honest).clone() })))
        }
        Message::Proposal(_)
        | Message::Certified(_)
        | Message::Expired(_)
        | Message::Fetch(_)
        | Message::Blocks(_) => None,
    }
}

/// A proposal's canonical bytes hold its time behind its view and proposer.
const PROPOSAL_TIME_AT: usize = 8 + 2;

/// The same block with another payload, which others check and accept as they would the first: the same batches, a
/// microsecond off. A block without one gets none.
fn other_block(block: &Block) -> Option<Block> {
    let mut bytes = block.payload.as_ref()?.bytes().to_vec();
    *bytes.get_mut(PROPOSAL_TIME_AT)? ^= 1;
    let header = Header {
        view: block.view,
        regime: block.regime,
        seq: block.seq,
        proposer: block.proposer,
        suspended: block.suspended.clone(),
    };
    Some(Block::new(header, Arc::clone(&block.justify), Some(Payload::new(&bytes))))
}

/// Another digest.
fn other(digest: &Digest) -> Digest {
    crypto::hash("unisono-lie", digest.as_bytes())
}

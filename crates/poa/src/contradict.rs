//! What a lying sealer says besides the truth.

use std::sync::Arc;

use crypto::Signer;
use types::{Digest, Height, View};

use crate::message::{Block, Header, Message};

/// A signed twin of one's own block that contradicts it: the same place, without the payload, or in the next view.
pub(crate) fn contradict(message: &Message, signer: &Signer) -> Option<Message> {
    match message {
        Message::Block(honest) if honest.header.signer == signer.me() => {
            let mut statement = honest.header.statement.clone();
            lie(&mut statement);
            let payload = honest.payload.clone().filter(|_| !statement.payload.is_zero());
            Some(Message::Block(Arc::new(Block { header: signer.sign(statement), payload })))
        }
        Message::Block(_)
        | Message::Want(_)
        | Message::Blocks(_)
        | Message::Head(_)
        | Message::Exhibit(_)
        | Message::Anchor(_) => None,
    }
}

/// A signed twin of one's own block, `by` heights further on.
pub(crate) fn ahead(message: &Message, signer: &Signer, by: u64) -> Option<Message> {
    match message {
        Message::Block(honest) => {
            let mut statement = honest.header.statement.clone();
            statement.height = Height::new(statement.height.get().saturating_add(by));
            statement.parent = crypto::hash("unisono-lie", statement.parent.as_bytes());
            let (header, payload) = (signer.sign(statement), honest.payload.clone());
            Some(Message::Block(Arc::new(Block { header, payload })))
        }
        Message::Want(_)
        | Message::Blocks(_)
        | Message::Head(_)
        | Message::Exhibit(_)
        | Message::Anchor(_) => None,
    }
}

/// A block without its payload; a block that has none raises the view for nothing.
fn lie(statement: &mut Header) {
    if statement.payload.is_zero() {
        statement.view = View::new(statement.view.get() ^ 1);
    } else {
        statement.payload = Digest::ZERO;
    }
}

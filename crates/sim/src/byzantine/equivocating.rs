use std::sync::Arc;

use crypto::InEpoch;
use ledger::Attestation;
use replica::Message;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Tells some peers one thing and the others another, both signed.
#[derive(Debug)]
pub(super) struct Equivocating;

impl<P: Inspect> Role<P> for Equivocating {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let twin = match message {
            Message::Core(said) => {
                let epoch = said.epoch;
                let twin = P::contradict(&said.message, &liar.core.in_epoch(epoch));
                twin.map(|twin| Message::Core(Arc::new(InEpoch { epoch, message: Arc::new(twin) })))
            }
            Message::Attestation(signed) => {
                let Attestation { height, block } = signed.statement;
                let block = crypto::hash("unisono-lie", block.as_bytes());
                Some(Message::Attestation(liar.ledger.sign(Attestation { height, block })))
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        };
        twin.map_or(Treatment::Honest, Treatment::Split)
    }
}

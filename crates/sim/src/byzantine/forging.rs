use std::sync::Arc;

use crypto::InEpoch;
use replica::{Incoming, Message};
use types::NodeId;

use super::{Liar, Role, Treatment, attest_another, contradict};
use protocol::Inspect;

/// Speaks in another's name, with a signature of its own: contradictions of what the other said, and attestations.
#[derive(Debug)]
pub(super) struct Forging<P: Inspect> {
    last: Option<(NodeId, Arc<InEpoch<P::Message>>)>,
}

impl<P: Inspect> Default for Forging<P> {
    fn default() -> Self {
        Self { last: None }
    }
}

impl<P: Inspect> Role<P> for Forging<P> {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let forged = match message {
            Message::Core(_) => self
                .last
                .take()
                .and_then(|(victim, said)| contradict(&said, &liar.forged.get(victim.index())?.0)),
            Message::Attestation { since, signed } => {
                let victim = liar.prng.below(liar.forged.len() as u64) as usize;
                let signer = liar.forged.get(victim).map(|(_, ledger)| ledger);
                signer.map(|signer| attest_another(*since, &signed.statement, signer))
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => None,
        };
        forged.map_or(Treatment::Honest, |forged| Treatment::Besides(vec![forged]))
    }

    fn hear(&mut self, from: NodeId, message: &Incoming<P>, _: &mut Liar) -> bool {
        if let Incoming::Core(message) = message {
            self.last = Some((from, Arc::clone(message.shared())));
        }
        true
    }
}

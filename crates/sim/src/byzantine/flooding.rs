use std::sync::Arc;

use crypto::InEpoch;
use ledger::Attestation;
use replica::Message;
use types::Height;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Speaks of views, places and heights that are far ahead, in the hope that others keep what it says until then.
#[derive(Default, Debug)]
pub(super) struct Flooding;

/// How far ahead, each time: from the next one to a million.
const FAR: [u64; 6] = [1, 2, 10, 100, 10_000, 1_000_000];

impl<P: Inspect> Role<P> for Flooding {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let flood: Vec<Message<P>> = match message {
            Message::Core(said) => {
                let epoch = said.epoch;
                let signers = liar.signers(epoch);
                let ahead = FAR
                    .iter()
                    .filter_map(|&by| P::ahead(&said.message, &signers.as_ref()?.core, by));
                let wrap = |ahead| InEpoch { epoch, message: Arc::new(ahead) };
                ahead.map(|ahead| Message::Core(Arc::new(wrap(ahead)))).collect()
            }
            Message::Attestation { since, signed } => {
                let Attestation { height, block } = signed.statement;
                let far = FAR.iter().map(|by| Height::new(height.get() + by));
                let signers = liar.signers(*since);
                let sign = |height| {
                    let signed = signers.as_ref()?.ledger.sign(Attestation { height, block });
                    Some(Message::Attestation { since: *since, signed })
                };
                far.filter_map(sign).collect()
            }
            Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_)
            | Message::Blocks(_)
            | Message::Tip(_) => Vec::new(),
        };
        if flood.is_empty() { Treatment::Honest } else { Treatment::Besides(flood) }
    }
}

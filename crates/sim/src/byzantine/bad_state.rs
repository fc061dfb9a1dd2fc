use std::sync::Arc;

use ledger::CertifiedBlock;
use replica::Message;
use types::{Height, Time};

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Serves those who lag: changed blocks, others' certificates, gaps, nothing; and boasts of a height that nobody has.
#[derive(Default, Debug)]
pub(super) struct BadState;

/// How far above its own height it claims to be.
const BOAST: u64 = 1_000;

impl<P: Inspect> Role<P> for BadState {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        match message {
            Message::Blocks(blocks) => {
                let spoilt = spoil((**blocks).clone(), liar.prng.below(4));
                Treatment::Instead(Message::Blocks(Arc::new(spoilt)))
            }
            Message::Tip(tip) => {
                let mut tip = (**tip).clone();
                tip.height = Height::new(tip.height.get() + BOAST);
                Treatment::Instead(Message::Tip(Arc::new(tip)))
            }
            Message::Core(_)
            | Message::Attestation { .. }
            | Message::Batch(_)
            | Message::BatchRequest(_)
            | Message::BlockRequest(_) => Treatment::Honest,
        }
    }
}

fn spoil(mut blocks: Vec<CertifiedBlock>, way: u64) -> Vec<CertifiedBlock> {
    match way {
        0 => blocks.clear(),
        1 if blocks.len() > 1 => {
            blocks.remove(0);
        }
        2 => {
            let last = blocks.last().map(|block| block.certificate.clone());
            if let (Some(first), Some(certificate)) = (blocks.first_mut(), last) {
                first.certificate = certificate;
                first.batches.clear();
            }
        }
        _ => {
            for block in &mut blocks {
                block.header.time = Time::from_us(block.header.time.us() ^ 1);
            }
        }
    }
    blocks
}

use replica::{Incoming, Message};
use types::NodeId;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Does not know the batches of one validator: it orders all others' work, and votes for no block with the victim's.
#[derive(Default, Debug)]
pub(super) struct Censor {
    victim: Option<NodeId>,
}

impl<P: Inspect> Role<P> for Censor {
    fn treat(&mut self, _: &Message<P>, _: &mut Liar) -> Treatment<P> {
        Treatment::Honest
    }

    fn hear(&mut self, _: NodeId, message: &Incoming<P>, liar: &mut Liar) -> bool {
        let Incoming::Batch(batch) = message else { return true };
        let censored = batch.origin() != liar.core.me()
            && *self.victim.get_or_insert_with(|| batch.origin()) == batch.origin();
        liar.attacks += u64::from(censored);
        !censored
    }
}
